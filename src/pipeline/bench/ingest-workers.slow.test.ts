/** Starts processes. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { measureIngest } from './ingest-effort.ts';
import { coreList, runIngest } from './ingest-workers.ts';
import { simulate, type SimulateResult } from '../simulate.ts';

describe('coreList', () => {
  it('reads single cores and ranges', () => {
    assert.deepEqual(coreList(' 0,1\n'), [0, 1]);
    assert.deepEqual(coreList('2-4,8,10-11'), [2, 3, 4, 8, 10, 11]);
    assert.deepEqual(coreList('7'), [7]);
  });
});

describe('the measuring of ingest', () => {
  let folder = '';
  let market: SimulateResult;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tidemark-bench-workers-'));
    market = await simulate({
      out: path.join(folder, 'archives'),
      startDate: '2025-01-01',
      days: 2,
      seed: 1,
      strength: 0.5,
      rate: 'light',
    });
  });
  after(() => rm(folder, { recursive: true }));

  it('inflates and ingests the same bytes in turn', async () => {
    const { archives, venue, symbol } = market;
    const measured = await measureIngest({
      file: archives[0]!,
      venue,
      symbol,
      codeVersion: '0.0.0-test',
      clock: () => performance.now(),
      rounds: 1,
    });
    assert.ok(measured.textBytes > 1e6 && measured.textBytes < market.bytes);
    const { ingest, inflate, wallRatio, cpuRatio } = measured;
    assert.equal(wallRatio, ingest.wallSeconds / inflate.wallSeconds);
    assert.equal(cpuRatio, ingest.cpuSeconds / inflate.cpuSeconds);
  });

  it('reads everything with one worker and with two, tells its memory, and leaves nothing', async () => {
    const { archives, venue, symbol, bytes } = market;
    const temporary = process.env['TMPDIR'];
    process.env['TMPDIR'] = folder;
    try {
      const messages: number[] = [];
      for (const workers of [1, 2]) {
        const run = await runIngest(
          { inputs: archives, venue, symbol, codeVersion: '0.0.0-test', workers },
          AbortSignal.timeout(60_000),
        );
        assert.equal(run.textBytes, bytes);
        assert.ok(run.seconds > 0 && run.peakRssBytes > 20e6 && run.peakRssBytes < 4e9);
        assert.ok(run.cores === null || run.cores === workers);
        messages.push(run.messages);
      }
      assert.equal(messages[0], messages[1]);
      assert.ok(messages[0]! > 40_000);
      assert.deepEqual(await readdir(folder), ['archives']);
    } finally {
      if (temporary === undefined) delete process.env['TMPDIR'];
      else process.env['TMPDIR'] = temporary;
    }
  });

  it('fails when the ingest fails', async () => {
    const { venue, symbol } = market;
    const inputs = [path.join(folder, 'absent.zip')];
    await assert.rejects(
      runIngest(
        { inputs, venue, symbol, codeVersion: '0.0.0-test', workers: 1 },
        AbortSignal.timeout(60_000),
      ),
      /absent\.zip does not exist/,
    );
  });
});
