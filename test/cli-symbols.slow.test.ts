/** Several symbols by the command line: one list, one exit code, and the good beside what is refused. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Ended, jsonOf, tidemark } from './fixtures/command-line.ts';
import { GOOD_LINES } from './fixtures/good-stream.ts';
import { removeFolder, temporaryFolder } from './fixtures/road.ts';

describe('several symbols by the command line', () => {
  let folder = '';
  before(async () => {
    folder = await temporaryFolder();
    const lines = GOOD_LINES.flatMap((line) => [line, line.replaceAll('SIMUSDT', 'TWINUSDT')]);
    await writeFile(path.join(folder, 'shared'), lines.join('\n'));
  });
  after(async () => {
    await removeFolder(folder);
  });
  const ingest = async (...args: readonly string[]): Promise<Ended> =>
    await tidemark(folder, [
      'ingest',
      'l2',
      '--venue',
      'bybit-linear',
      '--in',
      'shared',
      '--data-dir',
      'data',
      '--json',
      ...args,
    ]);

  it('lists a result a symbol, with what is wrong in its place, and ends with 3', async () => {
    const done = await ingest('--symbol', 'simusdt,nonesuch', '--symbol', 'TWINUSDT');
    assert.equal(done.exitCode, 3);
    const [good, absent, twin] = jsonOf(done) as readonly Record<string, unknown>[];
    assert.deepEqual([good!['symbol'], good!['error'], twin!['symbol']], ['SIMUSDT', undefined, 'TWINUSDT']);
    assert.equal(good!['bars'], twin!['bars']);
    assert.deepEqual(absent, {
      venue: 'bybit-linear',
      symbol: 'NONESUCH',
      error: 'no order-book message of NONESUCH in the input; symbols seen: SIMUSDT, TWINUSDT',
      code: 'SYMBOL_MISSING',
    });
    assert.match(done.stderr, /NONESUCH refused:\n {2}no order-book message of NONESUCH/);
  });

  it('takes all there are, and finds them done', async () => {
    await ingest('--symbol', 'SIMUSDT,TWINUSDT');
    const done = await ingest('--symbol', 'all');
    assert.equal(done.exitCode, 0);
    const found = (jsonOf(done) as readonly Record<string, unknown>[]).map((result) => [
      result['symbol'],
      result['unchanged'],
    ]);
    assert.deepEqual(found, [['SIMUSDT', 1], ['TWINUSDT', 1]]); // prettier-ignore
  });

  it('refuses steps for several symbols, and a list of none', async () => {
    const steps = await ingest('--symbol', 'A,B', '--tick', '0.1', '--lot', '1');
    assert.equal(steps.exitCode, 2);
    assert.match(steps.stderr, /--tick: is one symbol’s[^]*--lot: is one symbol’s/);
    assert.equal((await ingest('--symbol', ' , ')).exitCode, 2);
  });
});
