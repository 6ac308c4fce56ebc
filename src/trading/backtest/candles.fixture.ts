/** Candles for the tests of the backtest. */
import type { Candles } from './candles.ts';

const INTERVAL_MS = 300_000;

export type Row = readonly [open: number, high: number, low: number, close: number];

/** Candles of the given prices, five minutes apart. */
export function candlesOf(rows: readonly Row[], more: Partial<Candles> = {}): Candles {
  const column = (index: number): Float64Array => Float64Array.from(rows, (row) => row[index]!);
  return {
    openTimeMs: Float64Array.from(rows, (_, row) => row * INTERVAL_MS),
    open: column(0),
    high: column(1),
    low: column(2),
    close: column(3),
    ...more,
  };
}

/** Candles that open where the last one closed and touch nothing else. */
export function flatCandles(closes: readonly number[], more: Partial<Candles> = {}): Candles {
  return candlesOf(
    closes.map((close, row) => {
      const open = row === 0 ? close : closes[row - 1]!;
      return [open, Math.max(open, close), Math.min(open, close), close];
    }),
    more,
  );
}
