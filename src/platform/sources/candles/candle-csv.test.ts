import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { MINUTE_MS } from '../../../domain/core/index.ts';
import { type CandleCsv, type CandleCsvOptions, readCandleCsv } from './candle-csv.ts';
import { timeIn, type TimeUnit } from './time-text.ts';

const START = Date.UTC(2025, 0, 1);
const HEADER =
  'open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore';
const ROW = `${START},10,12,9,11,5,${START + 5 * MINUTE_MS - 1},55,7,2,22,0`;
const CANDLE = {
  openTimeMs: START,
  open: 10,
  high: 12,
  low: 9,
  close: 11,
  volume: 5,
  quoteVolume: 55,
  trades: 7,
  takerBuyVolume: 2,
};

describe('times in files', () => {
  const same: readonly (readonly [string, TimeUnit])[] = [
    [String(START / 1_000), 's'],
    [String(START), 'ms'],
    [`${START}000`, 'us'],
    [`${START}000000`, 'ns'],
    [`${START}.0`, 'ms'],
    ['2025-01-01', 'iso'],
    ['2025-01-01 00:00', 'iso'],
    ['2025-01-01T00:00:00Z', 'iso'],
    ['2025-01-01 00:00:00.000', 'iso'],
    ['2025-01-01 03:00:00+03:00', 'iso'],
    ['2024-12-31T21:00:00-0300', 'iso'],
  ];
  for (const [text, unit] of same) {
    it(`reads ${text} as ${unit}, and by itself`, () => {
      assert.equal(timeIn(text, unit), START);
      assert.equal(timeIn(text, 'auto'), START);
    });
  }

  it('keeps a fraction of a millisecond, for the grid to refuse', () => {
    assert.equal(timeIn(`${START}500`, 'auto'), START + 0.5);
  });

  it('takes nothing for a time that is none, or is of another unit', () => {
    for (const text of [
      '',
      'now',
      '-5',
      '1e12',
      '12',
      '2025-02-30',
      '2025-13-01',
      '2025-01-01T25:00',
      '01/02/2025',
    ])
      assert.ok(Number.isNaN(timeIn(text, 'auto')), text);
    assert.ok(Number.isNaN(timeIn(String(START), 's')));
    assert.ok(Number.isNaN(timeIn(String(START), 'iso')));
    assert.ok(Number.isNaN(timeIn('2025-01-01', 'ms')));
  });
});

describe('readCandleCsv', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tidemark-candle-csv-'));
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });
  const read = async (
    content: string | Buffer,
    options: Partial<CandleCsvOptions> = {},
  ): Promise<CandleCsv> => {
    const file = path.join(folder, 'candles');
    await writeFile(file, content);
    return await readCandleCsv({ path: file, intervalMs: 5 * MINUTE_MS, ...options });
  };

  it('reads the archive’s rows with a header line and without, packed or not', async () => {
    assert.deepEqual((await read(`${HEADER}\n${ROW}\n`)).rows, [{ line: 2, candle: CANDLE, lacking: [] }]);
    assert.deepEqual((await read(ROW)).rows, [{ line: 1, candle: CANDLE, lacking: [] }]);
    assert.deepEqual((await read(gzipSync(`\uFEFF${HEADER}\r\n\r\n${ROW}\r\n`))).rows, [
      { line: 3, candle: CANDLE, lacking: [] },
    ]);
  });

  it('knows what others call the columns, in any order, and takes off quotes', async () => {
    const text =
      '"Close","Low","High","Open","Number of trades","Volume","Open time"\n"11","9","12","10",7,5,2025-01-01';
    const { rows, absentColumns } = await read(text);
    assert.deepEqual(absentColumns, ['close_time', 'quote_volume', 'taker_buy_volume']);
    assert.deepEqual(rows[0]!.lacking, []);
    assert.deepEqual(rows[0]!.candle, { ...CANDLE, quoteVolume: Number.NaN, takerBuyVolume: Number.NaN });
  });

  it('takes columns by the names that it is told', async () => {
    const columns = { open_time: 'ts', open: 'o', trades_count: 'n' };
    const { rows } = await read('n,ts,o,h,l,c,v\n7,2025-01-01,10,12,9,11,5\n', { columns, timeUnit: 'iso' });
    assert.equal(rows[0]!.candle.trades, 7);
    await assert.rejects(read('ts,o\n1,2\n', { columns: { open: 'opening' } }), {
      name: 'ConfigError',
      message: /--columns: open=opening: the header of .* has no such column \(ts, o\)/,
    });
  });

  it('says what of a row cannot be read, by its line, and goes on', async () => {
    const bad = [
      '1,2,3',
      ROW.replace(String(START), 'yesterday'),
      ROW.replace('10', 'ten'),
      ROW.replace('55', '1e999'),
      ROW.replace(String(START + 5 * MINUTE_MS - 1), String(START + 60 * MINUTE_MS - 1)),
    ];
    const { rows, unreadable } = await read([HEADER, ...bad, ROW].join('\n'));
    assert.deepEqual(rows, [{ line: 7, candle: CANDLE, lacking: [] }]);
    assert.deepEqual(
      unreadable.map(({ line, reason }) => `${line} ${reason}`),
      [
        '2 has 3 fields instead of 12',
        '3 open_time "yesterday" is not a time',
        '4 open "ten" is not a number',
        '5 quote_volume "1e999" is not a number',
        '6 is a candle of 3600 s, longer than the interval',
      ],
    );
  });

  it('takes an empty field and NaN for a number that is not there', async () => {
    const { rows } = await read(`${HEADER}\n${ROW.replace(',55,7,', ',,nan,')}\n`);
    assert.deepEqual(rows[0]!.candle, { ...CANDLE, quoteVolume: Number.NaN, trades: Number.NaN });
    assert.deepEqual(rows[0]!.lacking, ['quote_volume', 'trades_count']);
  });

  it('refuses a file that has no columns of candles', async () => {
    await assert.rejects(read('date,price\n2025-01-01,3\n'), {
      name: 'DataError',
      message:
        /candles:1: no column for open, high, low, close, volume among "date, price"; say with --columns/,
    });
    await assert.rejects(read(`${START},1,2,3\n`), {
      name: 'DataError',
      message: /no header line, and 4 fields/,
    });
  });
});
