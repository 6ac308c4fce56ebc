/** Candles for the benchmark of the backtest: a year from the official archive's files, or a seeded random walk. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { type Candle, candleTable } from '../../domain/candles/index.ts';
import { DataError, MINUTE_MS, Random } from '../../domain/core/index.ts';
import { readCandleCsv } from '../../platform/sources/index.ts';
import type { Candles } from '../../trading/backtest/index.ts';

const INTERVAL_MS = 5 * MINUTE_MS;
/** 2025-01-01 */
const START_MS = 1_735_689_600_000;

/** A geometric random walk with an annual volatility of about 60 %; prices have two decimals. */
export function simulatedCandles(rows: number, seed: number): Candles {
  const random = Random.fromLabel(seed, 'backtest-candles');
  const round = (price: number): number => Math.round(price * 100) / 100;
  const column = (): Float64Array => new Float64Array(rows);
  const candles = {
    openTimeMs: column(),
    open: column(),
    high: column(),
    low: column(),
    close: column(),
    volume: column(),
  };
  let price = 1_000;
  for (let row = 0; row < rows; row++) {
    const open = round(price);
    price *= Math.exp(0.0018 * random.normal());
    const close = round(price);
    candles.openTimeMs[row] = START_MS + row * INTERVAL_MS;
    candles.open[row] = open;
    candles.close[row] = close;
    candles.high[row] = round(Math.max(open, close) * (1 + 0.0008 * random.exponential()));
    candles.low[row] = round(Math.min(open, close) * (1 - 0.0008 * random.exponential()));
    candles.volume[row] = Math.round(1_000 * random.exponential()) + 1;
  }
  return candles;
}

/**
 * @param folder of monthly archives of one symbol (`BTCUSDT-5m-2025-01.zip`, …)
 * @throws DataError when there are none, or a row cannot be read
 */
export async function archivedCandles(folder: string): Promise<Candles> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.zip')).toSorted();
  const candles: Candle[] = [];
  for (const name of names) {
    const file = await readCandleCsv({ path: path.join(folder, name), intervalMs: INTERVAL_MS });
    if (file.unreadable.length > 0) {
      throw new DataError(`${name}: ${file.unreadable.length} rows cannot be read`, {
        code: 'CANDLES_UNREADABLE',
      });
    }
    for (const { candle } of file.rows) candles.push(candle);
  }
  if (candles.length === 0) {
    throw new DataError(`no archives of candles in ${folder}`, {
      code: 'CANDLES_MISSING',
      context: { folder },
    });
  }
  return candleTable(candles);
}
