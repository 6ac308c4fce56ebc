/** The main job on real input. Needs `../shared/data`. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { MINUTE_MS } from '../../domain/core/index.ts';
import { FEATURE_COUNT } from '../../domain/features/index.ts';
import { readBars } from '../../platform/storage/index.ts';
import { ingestL2, type IngestResult } from './ingest.ts';

const DATA = path.join('..', 'shared', 'data', 'l2');
const skip = existsSync(DATA) ? false : 'real data is not at ../shared/data';

describe('ingestL2 on real recordings', { skip }, () => {
  let dataDir = '';
  before(async () => {
    dataDir = await mkdtemp(path.join(tmpdir(), 'tidemark-real-'));
  });
  after(async () => {
    await rm(dataDir, { recursive: true });
  });
  const ingest = (venue: string, symbol: string, inputs: readonly string[]): Promise<IngestResult> =>
    ingestL2({
      venue,
      symbol,
      inputs: inputs.map((input) => path.join(DATA, input)),
      dataDir,
      codeVersion: '0.0.0-test',
      clock: () => performance.now(),
    });

  it('spot NEXOUSDT: 0 gaps, 0 crossed books, 2,053 contiguous minutes, every one but the last whole', async () => {
    const result = await ingest('binance-spot', 'NEXOUSDT', ['binance-spot-nexousdt']);
    assert.equal(result.messages, 99_030);
    assert.deepEqual([result.gaps, result.crossed, result.quarantined], [0, 0, 0]);
    assert.deepEqual([result.bars, result.incompleteBars], [2_053, 1]);
    assert.deepEqual(result.days, ['2024-07-23', '2024-07-24', '2024-07-25']);
    const { minuteMs, features, rows } = await readBars({
      dataDir,
      venue: 'binance-spot',
      symbol: 'NEXOUSDT',
    });
    assert.equal(rows, 2_053);
    for (let row = 1; row < rows; row++) assert.equal(minuteMs[row]! - minuteMs[row - 1]!, MINUTE_MS);
    assert.ok(features.subarray(FEATURE_COUNT, (rows - 1) * FEATURE_COUNT).every(Number.isFinite));
  });

  it('USD-M BTCUSDT: each session is whole, the time between them is not bridged', async () => {
    const result = await ingest('binance-usdm', 'BTCUSDT', ['binance-usdm-btcusdt']);
    assert.equal(result.messages, 25_127);
    assert.deepEqual([result.gaps, result.crossed, result.quarantined], [1, 0, 0]);
    assert.equal(result.bars, 18);
    assert.deepEqual(result.days, ['2023-04-04', '2023-04-05', '2024-07-18', '2024-07-19']);
  });

  it('Bybit XRPUSDT: five seconds of one minute', async () => {
    const result = await ingest('bybit-linear', 'XRPUSDT', ['bybit-linear-xrpusdt']);
    assert.deepEqual([result.messages, result.bars, result.incompleteBars, result.gaps], [50, 1, 1, 0]);
    assert.equal(result.tickSize, '0.0001');
  });
});
