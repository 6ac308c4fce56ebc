/** The rows of a file, sifted by the rules and counted. */
import {
  type Candle,
  CANDLE_INTERVALS,
  type CandleInterval,
  type CandleRow,
  type RowNote,
  siftRows,
  type TimeSpan,
} from '../../domain/candles/index.ts';
import type { RowAccount } from './manifest.ts';

export interface CountedRows {
  readonly candles: readonly Candle[];
  readonly account: RowAccount;
}

interface ReadRows {
  readonly rows: readonly CandleRow[];
  readonly unreadable: readonly RowNote[];
  readonly absentColumns?: readonly string[];
}

const MAX_NOTES = 1_000;

export function countedRows(
  { rows, unreadable, absentColumns = [] }: ReadRows,
  { interval, span }: { readonly interval: CandleInterval; readonly span: TimeSpan },
): CountedRows {
  const { candles, repaired, refused } = siftRows(rows, { intervalMs: CANDLE_INTERVALS[interval], span });
  const allRefused = [...unreadable, ...refused].toSorted((a, b) => a.line - b.line);
  return {
    candles,
    account: {
      rows: rows.length + unreadable.length,
      kept: candles.length - repaired.length,
      repaired: repaired.length,
      refused: allRefused.length,
      absentColumns,
      repairedRows: repaired.slice(0, MAX_NOTES),
      refusedRows: allRefused.slice(0, MAX_NOTES),
    },
  };
}
