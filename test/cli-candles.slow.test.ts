/** Candles at the command line: of the simulated market, and of a CSV file. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { assertRefused, type Ended, jsonOf, tidemark } from './fixtures/command-line.ts';
import { removeFolder, temporaryFolder } from './fixtures/road.ts';

const PLACE = ['--market', 'futures-um', '--interval', '5m'];

describe('tidemark ingest candles', () => {
  let folder = '';
  before(async () => {
    folder = await temporaryFolder();
    const simulated = await tidemark(folder, [
      'simulate',
      '--out',
      'sim',
      '--days',
      '1',
      '--rate',
      'light',
      '--json',
    ]);
    assert.equal(simulated.exitCode, 0, simulated.stderr);
  });
  after(async () => {
    await removeFolder(folder);
  });
  const candles = async (...args: string[]): Promise<Ended> =>
    await tidemark(folder, ['ingest', 'candles', ...PLACE, ...args]);

  it('reads what `simulate` has written, and marks it', async () => {
    const month = ['--from', '2025-01', '--base-url', 'sim/binance-vision'];
    const ended = await candles('--symbol', 'SIMUSDT', ...month, '--json');
    assert.equal(ended.exitCode, 0, ended.stderr);
    const result = jsonOf(ended) as Record<string, unknown>;
    const { symbol, interval, rows, gaps, repaired, refused, missingCandles, synthetic, out } = result;
    assert.deepEqual(
      { symbol, interval, rows, gaps, repaired, refused, missingCandles, synthetic },
      {
        symbol: 'SIMUSDT',
        interval: '5m',
        rows: 288,
        gaps: 1,
        repaired: 0,
        refused: 0,
        missingCandles: 30 * 288,
        synthetic: true,
      },
    );
    assert.match(
      await readFile(path.join(folder, String(out), 'SYNTHETIC.json'), 'utf8'),
      /"synthetic": true/,
    );
    const text = await candles('--symbol', 'SIMUSDT', ...month);
    assert.match(text.stdout, /SIMUSDT 5m SYNTHETIC\ncandles +288 in 1 months, of which 1 unchanged\n/);
    const list = jsonOf(await candles('--symbol', 'SIMUSDT,NOUSDT', ...month, '--json')) as {
      symbol: string;
    }[];
    assert.deepEqual(
      list.map((entry) => [entry.symbol, 'rows' in entry, 'errors' in entry]),
      [
        ['SIMUSDT', true, false],
        ['NOUSDT', false, true],
      ],
    );
  });

  it('imports a file whose columns are told, and says which rows it refuses', async () => {
    const lines = [
      'ts,o,h,l,c,v',
      '1735689600,10,12,9,11,5',
      '1735689900,10,9,12,11,5',
      '1735690200,10,12,9,11,5',
    ];
    await writeFile(path.join(folder, 'mine.csv'), lines.join('\n'));
    const columns = 'open_time=ts,open=o,high=h,low=l,close=c,volume=v';
    const ended = await candles(
      '--symbol',
      'MINE',
      '--csv',
      'mine.csv',
      '--columns',
      columns,
      '--time-unit',
      's',
    );
    assert.equal(ended.exitCode, 0, ended.stderr);
    assert.match(ended.stdout, /candles +2 in 1 months/);
    assert.match(ended.stdout, /refused +line 3: high 9 is below low 12/);
  });

  it('refuses flags that do not go together, months that are none, and symbols that are nowhere', async () => {
    assertRefused(await candles('--symbol', 'AAA', '--json'), 2, /--from: give the first month/);
    assertRefused(
      await candles('--symbol', 'AAA', '--csv', 'mine.csv', '--from', '2025-01', '--json'),
      2,
      /--from: is not for --csv/,
    );
    assertRefused(
      await candles('--symbol', 'AAA', '--from', '2025', '--json'),
      2,
      /--from: "2025" is not a month/,
    );
    const nowhere = ['--symbol', 'NOUSDT', '--from', '2025-01', '--base-url', 'sim/binance-vision', '--json'];
    assertRefused(await candles(...nowhere), 3, /NOUSDT 5m: the source has not one candle/);
  });
});
