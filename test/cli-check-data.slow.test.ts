/** `check data` as a stranger runs it: exit codes, the one JSON object, the page. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { z } from 'zod';
import { assertRefused, jsonOf, tidemark } from './fixtures/command-line.ts';
import { removeFolder, SYMBOL, temporaryFolder, VENUE } from './fixtures/road.ts';

const PLACE = ['--venue', VENUE, '--symbol', SYMBOL];
const ResultSchema = z.object({
  synthetic: z.boolean(),
  errors: z.int(),
  from: z.string(),
  to: z.string(),
  findings: z.array(z.object({ check: z.string(), severity: z.string(), count: z.int() })),
  html: z.string(),
});

describe('check data', () => {
  let folder = '';
  before(async () => {
    folder = await temporaryFolder();
    await tidemark(folder, ['simulate', '--out', 'archives', '--days', '2']);
    await tidemark(folder, ['ingest', 'l2', ...PLACE, '--in', path.join('archives', 'bybit', SYMBOL)]);
  });
  after(async () => {
    await removeFolder(folder);
  });

  it('passes simulated bars, labels them as such and writes a page', async () => {
    const ended = await tidemark(folder, ['check', 'data', ...PLACE, '--json']);
    assert.equal(ended.exitCode, 0, ended.stderr);
    const result = ResultSchema.parse(jsonOf(ended));
    assert.deepEqual([result.errors, result.synthetic], [0, true]);
    assert.match(result.html, /data[/\\]reports[/\\]check-data-[^/\\]+[/\\]quality\.html$/);
    assert.match(await readFile(path.join(folder, result.html), 'utf8'), /SYNTHETIC DATA/);
  });

  it('exits with 3 when there are errors, having said what, where and what to do', async () => {
    const file = path.join(
      folder,
      'data',
      'bars',
      `venue=${VENUE}`,
      `symbol=${SYMBOL}`,
      'date=2025-01-02.parquet',
    );
    const whole = await readFile(file);
    await writeFile(file, whole.subarray(0, whole.length / 2));
    const { exitCode, stdout } = await tidemark(folder, ['check', 'data', ...PLACE, '--html', 'q.html']);
    assert.equal(exitCode, 3);
    assert.match(stdout, /^SYNTHETIC DATA/);
    assert.match(stdout, /Not fit for use: 1 kind of error, in 1 of 2 day files/);
    assert.match(stdout, /date=2025-01-02\.parquet: .*\n +→ ingest the day again/);
    assert.ok(existsSync(path.join(folder, 'q.html')));
    await rm(file);
  });

  it('refuses a range that is none, and bars that are not there', async () => {
    const check = async (...args: string[]) => await tidemark(folder, ['check', 'data', ...args, '--json']);
    assertRefused(await check(...PLACE, '--from', '2025-02-30'), 2, /--from: "2025-02-30" is not a UTC day/);
    assertRefused(await check(...PLACE, '--from', '2025-01-02', '--to', '2025-01-01'), 2, /--to: .*before/);
    assertRefused(await check('--venue', VENUE, '--symbol', 'NONE'), 3, /no bars of bybit-linear NONE/);
  });
});
