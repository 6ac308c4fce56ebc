/**
 * Which rows of a file become candles, and what becomes of the others. Every row is kept, repaired or refused, and what
 * is not simply kept has its line and a reason. The rules are told to users in `docs/guides/candles.md`.
 */
import { isoMinute } from '../core/index.ts';
import type { Candle } from './candle.ts';
import type { TimeSpan } from './interval.ts';

/** A row that could be read: its numbers may still be impossible. */
export interface CandleRow {
  /** From 1, the header included. */
  readonly line: number;
  readonly candle: Candle;
  /** Names of the numbers that its source has for other rows and not for this one. */
  readonly lacking: readonly string[];
}

export interface RowNote {
  readonly line: number;
  readonly reason: string;
}

export interface SiftedRows {
  /** Ascending, each time once. */
  readonly candles: readonly Candle[];
  /** Rows among the candles that were changed or moved. */
  readonly repaired: readonly RowNote[];
  readonly refused: readonly RowNote[];
}

export interface RowRules {
  readonly intervalMs: number;
  /** What the file may hold. */
  readonly span: TimeSpan;
}

/** Applies the rules to rows in the order of the file. */
export function siftRows(rows: readonly CandleRow[], rules: RowRules): SiftedRows {
  const refused: RowNote[] = [];
  const good = rows.filter((row) => {
    const reason = rowProblem(row.candle, rules);
    if (reason !== null) refused.push({ line: row.line, reason });
    return reason === null;
  });
  const single = withoutRepeats(good, refused);
  const inOrder = single.toSorted((a, b) => a.candle.openTimeMs - b.candle.openTimeMs);
  return {
    candles: inOrder.map(({ candle }) => candle),
    repaired: repairs(single),
    refused: refused.toSorted((a, b) => a.line - b.line),
  };
}

/** Why a row cannot be a candle; null when it can. */
function rowProblem(candle: Candle, { intervalMs, span }: RowRules): string | null {
  const { openTimeMs, open, high, low, close, volume, quoteVolume, trades, takerBuyVolume } = candle;
  if (openTimeMs % intervalMs !== 0)
    return `off the grid: ${new Date(openTimeMs).toISOString()} is no start of an interval`;
  if (openTimeMs < span.fromMs || openTimeMs >= span.toMs)
    return `out of range: ${isoMinute(openTimeMs)} is not of this file`;
  for (const field of ['open', 'high', 'low', 'close', 'volume'] as const) {
    if (Number.isNaN(candle[field])) return `${field} is not a number`;
  }
  if (low <= 0) return `price ${low} is not above zero`;
  if (high < low) return `high ${high} is below low ${low}`;
  if (open < low || open > high) return `open ${open} is outside low ${low} … high ${high}`;
  if (close < low || close > high) return `close ${close} is outside low ${low} … high ${high}`;
  if (volume < 0 || quoteVolume < 0 || trades < 0 || takerBuyVolume < 0)
    return 'a volume or count is negative';
  if (!Number.isNaN(trades) && !Number.isInteger(trades)) return `${trades} trades are no whole number`;
  if (takerBuyVolume > volume) return `taker buy volume ${takerBuyVolume} is more than volume ${volume}`;
  return null;
}

/** Of equal rows the first stays; of rows that disagree about a time none does, for nobody can tell which is right. */
function withoutRepeats(rows: readonly CandleRow[], refused: RowNote[]): readonly CandleRow[] {
  const single: CandleRow[] = [];
  for (const claims of Map.groupBy(rows, ({ candle }) => candle.openTimeMs).values()) {
    const first = claims[0]!;
    if (claims.every(({ candle }) => isSame(candle, first.candle))) {
      single.push(first);
      for (const { line } of claims.slice(1)) refused.push({ line, reason: `repeats line ${first.line}` });
      continue;
    }
    const lines = claims.map(({ line }) => line);
    for (const { line } of claims) {
      const others = lines.filter((other) => other !== line).join(', ');
      refused.push({ line, reason: `disagrees with line ${others} about the same time` });
    }
  }
  return single.toSorted((a, b) => a.line - b.line);
}

function isSame(a: Candle, b: Candle): boolean {
  return (Object.keys(a) as (keyof Candle)[]).every(
    (key) => a[key] === b[key] || (Number.isNaN(a[key]) && Number.isNaN(b[key])),
  );
}

/** @param rows in the order of the file */
function repairs(rows: readonly CandleRow[]): readonly RowNote[] {
  const notes: RowNote[] = [];
  let latestMs = Number.NEGATIVE_INFINITY;
  for (const { line, candle, lacking } of rows) {
    const reasons: string[] = [];
    if (candle.openTimeMs < latestMs) reasons.push('out of order: moved to its place');
    latestMs = Math.max(latestMs, candle.openTimeMs);
    if (lacking.length > 0) reasons.push(`lacks ${lacking.join(', ')}: kept as not available`);
    if (reasons.length > 0) notes.push({ line, reason: reasons.join('; ') });
  }
  return notes;
}
