/** The check on a real recording, ingested as usual. Needs `../shared/data`. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ingestL2 } from '../ingest/ingest.ts';
import { checkData } from './check-data.ts';

const DATA = path.join('..', 'shared', 'data', 'l2');
const skip = existsSync(DATA) ? false : 'real data is not at ../shared/data';

describe('check data on real recordings', { skip }, () => {
  let dataDir = '';
  before(async () => {
    dataDir = await mkdtemp(path.join(tmpdir(), 'tidemark-quality-real-'));
  });
  after(async () => {
    await rm(dataDir, { recursive: true });
  });
  const checked = async (venue: string, symbol: string, folder: string) => {
    await ingestL2({
      venue,
      symbol,
      inputs: [path.join(DATA, folder)],
      dataDir,
      codeVersion: '0.0.0-test',
      clock: () => performance.now(),
    });
    return await checkData({ dataDir, venue, symbol });
  };

  it('spot NEXOUSDT: every minute of 34 hours, both midnights joined, nothing to complain of', async () => {
    const { coverage, depth, errors, warnings, gaps } = await checked(
      'binance-spot',
      'NEXOUSDT',
      'binance-spot-nexousdt',
    );
    assert.deepEqual([errors, warnings], [0, 0]);
    const { minutes, present, complete, usable, seams, joinedSeams } = coverage;
    assert.deepEqual([minutes, present, complete, usable], [2_053, 2_053, 2_052, 2_051]);
    assert.deepEqual([seams, joinedSeams], [2, 2]);
    assert.deepEqual(depth?.bids, { least: 200, median: 200 });
    assert.deepEqual(
      gaps.map(({ cause, minutes }) => [cause, minutes]),
      [
        ['not-recorded', 939],
        ['stream-end', 1],
        ['not-recorded', 1_328],
      ],
    );
  });

  it('USD-M BTCUSDT: two sessions with 469 days without a file between them', async () => {
    const { coverage, errors, gaps } = await checked('binance-usdm', 'BTCUSDT', 'binance-usdm-btcusdt');
    assert.equal(errors, 0);
    assert.deepEqual([coverage.days, coverage.files, coverage.present], [473, 4, 18]);
    const absent = gaps.find(({ cause }) => cause === 'no-file');
    assert.equal(absent?.minutes, 469 * 1_440);
    assert.deepEqual(
      gaps.filter(({ kind }) => kind === 'incomplete').map(({ cause }) => cause),
      ['sequence-gap', 'sequence-gap', 'stream-end'],
    );
  });
});
