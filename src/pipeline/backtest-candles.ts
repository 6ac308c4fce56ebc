/** Candles for the benchmark of the backtest: a year from the official archive's files, or a seeded random walk. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { DataError, MINUTE_MS, Random } from '../domain/core/index.ts';
import { readContent } from '../platform/sources/index.ts';
import type { Candles } from '../trading/backtest/index.ts';

const INTERVAL_MS = 5 * MINUTE_MS;
/** 2025-01-01 */
const START_MS = 1_735_689_600_000;

/** A geometric random walk with an annual volatility of about 60 %; prices have two decimals. */
export function simulatedCandles(rows: number, seed: number): Candles {
  const random = Random.fromLabel(seed, 'backtest-candles');
  const round = (price: number): number => Math.round(price * 100) / 100;
  const candles = emptyCandles(rows);
  let price = 1_000;
  for (let row = 0; row < rows; row++) {
    const open = round(price);
    price *= Math.exp(0.0018 * random.normal());
    const close = round(price);
    candles.timeMs[row] = START_MS + row * INTERVAL_MS;
    candles.open[row] = open;
    candles.close[row] = close;
    candles.high[row] = round(Math.max(open, close) * (1 + 0.0008 * random.exponential()));
    candles.low[row] = round(Math.min(open, close) * (1 - 0.0008 * random.exponential()));
    candles.volume[row] = Math.round(1_000 * random.exponential()) + 1;
  }
  return candles;
}

/**
 * @param folder of monthly archives of one symbol and interval (`BTCUSDT-5m-2025-01.zip`, …), in the USD-M layout with a header
 * @throws DataError when there are none, or a row is not of numbers
 */
export async function archivedCandles(folder: string): Promise<Candles> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.zip')).toSorted();
  const rows: number[][] = [];
  for (const name of names) {
    const chunks: Buffer[] = [];
    for await (const chunk of readContent(path.join(folder, name))) chunks.push(chunk);
    const lines = Buffer.concat(chunks).toString('latin1').trim().split('\n').slice(1);
    for (const line of lines) rows.push(line.split(',', 6).map(Number));
  }
  if (rows.length === 0) {
    throw new DataError(`no archives of candles in ${folder}`, { code: 'NO_CANDLES', context: { folder } });
  }
  const candles = emptyCandles(rows.length);
  const columns = [candles.timeMs, candles.open, candles.high, candles.low, candles.close, candles.volume];
  rows.forEach((cells, row) => cells.forEach((cell, column) => (columns[column]![row] = cell)));
  return candles;
}

function emptyCandles(rows: number) {
  const column = (): Float64Array => new Float64Array(rows);
  return {
    timeMs: column(),
    open: column(),
    high: column(),
    low: column(),
    close: column(),
    volume: column(),
  };
}
