import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { MINUTE_MS } from '../../domain/core/index.ts';
import { importCandles, type ImportCandlesOptions } from './import-candles.ts';
import { readCandleManifest } from './manifest.ts';
import type { CandleResult } from './result.ts';
import { REST, StandInExchange } from './exchange.fixture.ts';
import { loadCandles } from './stored-candles.ts';

const NEW_YEAR = Date.UTC(2025, 0, 1);
const HEADER = 'ts,o,h,l,c,v,taker';
const COLUMNS = {
  open_time: 'ts',
  open: 'o',
  high: 'h',
  low: 'l',
  close: 'c',
  volume: 'v',
  taker_buy_volume: 'taker',
};
const at = (minutes: number): string =>
  new Date(NEW_YEAR + minutes * MINUTE_MS).toISOString().slice(0, 16).replace('T', ' ');
const row = (minutes: number, rest = '10,12,9,11,5,2'): string => `${at(minutes)},${rest}`;

describe('importCandles', () => {
  let dataDir = '';
  beforeEach(async () => {
    dataDir = await mkdtemp(path.join(tmpdir(), 'tidemark-import-'));
  });
  afterEach(async () => {
    await rm(dataDir, { recursive: true });
  });
  const location = () => ({ dataDir, venue: 'binance-usdm', symbol: 'AAA', interval: '5m' as const });
  const imported = async (
    lines: readonly string[],
    options: Partial<ImportCandlesOptions> = {},
  ): Promise<CandleResult> => {
    const csv = path.join(dataDir, 'mine.csv');
    await writeFile(csv, [HEADER, ...lines].join('\n'));
    const { result, errors } = await importCandles({
      market: 'futures-um',
      symbol: 'AAA',
      interval: '5m',
      csv,
      columns: COLUMNS,
      timeUnit: 'iso',
      dataDir,
      codeVersion: '0.0.0-test',
      nowMs: Date.UTC(2026, 0, 1),
      ...options,
    });
    assert.deepEqual(errors, []);
    return result!;
  };

  it('accounts for every row of a dirty file: kept, repaired or refused with line and reason', async () => {
    const result = await imported([
      row(0),
      row(10),
      row(5),
      row(15, '10,9,12,11,5,2'),
      row(21),
      row(25, '10,12,9,nan,5,2'),
      row(30, '10,12,9,13,5,2'),
      row(35, '10,12,9,11,-5,2'),
      row(40, '10,12,9,11,5,'),
      row(0),
      row(45),
      row(45, '10,12,9,11,6,2'),
      'tomorrow,10,12,9,11,5,2',
      row(50).slice(0, 20),
      row(55),
    ]);
    const { rows, kept, repaired, refused, repairedRows, refusedRows, absentColumns } = result.account!;
    assert.deepEqual(absentColumns, ['close_time', 'quote_volume', 'trades_count']);
    assert.deepEqual([rows, kept, repaired, refused], [15, 3, 2, 10]);
    assert.deepEqual(
      repairedRows.map(({ line, reason }) => `${line} ${reason}`),
      ['4 out of order: moved to its place', '10 lacks taker_buy_volume: kept as not available'],
    );
    assert.deepEqual(
      refusedRows.map(({ line, reason }) => `${line} ${reason}`),
      [
        '5 high 9 is below low 12',
        '6 off the grid: 2025-01-01T00:21:00.000Z is no start of an interval',
        '7 close is not a number',
        '8 close 13 is outside low 9 … high 12',
        '9 a volume or count is negative',
        '11 repeats line 2',
        '12 disagrees with line 13 about the same time',
        '13 disagrees with line 12 about the same time',
        '14 open_time "tomorrow" is not a time',
        '15 has 3 fields instead of 7',
      ],
    );
    const { candles } = await loadCandles(location());
    assert.deepEqual(
      [...candles.openTimeMs].map((timeMs) => (timeMs - NEW_YEAR) / MINUTE_MS),
      [0, 5, 10, 40, 55],
    );
    assert.deepEqual([result.gaps, result.missingCandles], [2, 7]);
  });

  it('stores each month that the file reaches over, and fills gaps when it is told where to ask', async () => {
    const lines = [row(-10), row(5), row(10)];
    const first = await imported(lines);
    assert.deepEqual(
      [first.months, first.rows, first.gaps, first.missingCandles],
      [['2024-12', '2025-01'], 3, 1, 2],
    );
    const exchange = new StandInExchange();
    exchange.candles = [-5, 0].map((minutes) => ({
      openTimeMs: NEW_YEAR + minutes * MINUTE_MS,
      open: 1,
      high: 1,
      low: 1,
      close: 1,
      volume: 1,
      quoteVolume: 1,
      trades: 1,
      takerBuyVolume: 1,
    }));
    const filled = await imported(lines, { restUrl: REST, network: exchange.network });
    assert.deepEqual([filled.rows, filled.gaps, filled.filled, filled.repaired], [5, 0, 2, 2]);
    assert.deepEqual((await readCandleManifest(location(), '2025-01'))!.filled[0]!.candles, 1);
  });

  it('puts a later import in the place of an earlier one', async () => {
    await imported([row(0), row(5)]);
    assert.equal((await imported([row(10)])).rows, 1);
    assert.equal((await loadCandles(location())).candles.rows, 1);
  });

  it('refuses a file that is not there, holds no candle, or does not have what it is told', async () => {
    await assert.rejects(imported([], { csv: path.join(dataDir, 'none.csv') }), { code: 'INPUT_MISSING' });
    await assert.rejects(imported([row(0, '10,9,12,11,5,2')]), {
      name: 'DataError',
      message: /mine\.csv:2: high 9 is below low 12; none of its 1 rows is a candle/,
    });
    await assert.rejects(imported([row(0)], { columns: { opening: 'o' }, timeUnit: 'hours' }), {
      name: 'ConfigError',
      message: /--columns: unknown column "opening"; known: open_time[^]*--time-unit: unknown unit "hours"/,
    });
    await assert.rejects(imported([row(0)], { columns: { ...COLUMNS, open: 'opening' } }), {
      name: 'ConfigError',
    });
  });
});
