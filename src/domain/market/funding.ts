/**
 * Funding of perpetual contracts: what longs pay to shorts at a settlement, as a share of the notional. Where it meets
 * candles, where settlements are missing.
 */
import { DataError, invariant, MINUTE_MS } from '../core/index.ts';

/** Columns of equal length, ascending in time without repetition. */
export interface Funding {
  /** `[settlements]` */
  readonly timeMs: Float64Array;
  /** `[settlements]` */
  readonly rate: Float64Array;
}

export interface Settlement {
  readonly timeMs: number;
  readonly rate: number;
}

/** A stretch without settlements that should be there: from the one before it to the one behind it, or the span's ends. */
export interface FundingGap {
  readonly fromMs: number;
  readonly toMs: number;
  readonly missing: number;
}

const HOUR_MS = 60 * MINUTE_MS;
/** Exchanges stamp a settlement up to so long after the minute that it belongs to, such as 08:00:00.004. */
const STAMP_DELAY_MS = 1_000;

/** The minute that a stamp means, when it is at most a second behind one; the stamp itself otherwise. */
export function settlementTime(stampMs: number): number {
  const late = stampMs % MINUTE_MS;
  return late <= STAMP_DELAY_MS ? stampMs - late : stampMs;
}

export interface SortedFunding extends Funding {
  /** Settlements that repeated another, number for number; they were dropped. */
  readonly duplicates: number;
}

/**
 * Settlements of any order.
 * @throws DataError when two disagree about a time
 */
export function sortedFunding(settlements: readonly Settlement[]): SortedFunding {
  const sorted = settlements.toSorted((a, b) => a.timeMs - b.timeMs);
  const kept: Settlement[] = [];
  for (const settlement of sorted) {
    const before = kept.at(-1);
    if (before?.timeMs !== settlement.timeMs) kept.push(settlement);
    else if (before.rate !== settlement.rate) {
      const time = new Date(settlement.timeMs).toISOString();
      throw new DataError(
        `two funding rates for ${time}, ${before.rate} and ${settlement.rate}; leave out the source that is wrong`,
        { code: 'FUNDING_CONTRADICTION', context: { timeMs: settlement.timeMs } },
      );
    }
  }
  return {
    timeMs: Float64Array.from(kept, ({ timeMs }) => timeMs),
    rate: Float64Array.from(kept, ({ rate }) => rate),
    duplicates: sorted.length - kept.length,
  };
}

/** The most common distance between settlements, in whole hours (the shorter of two as common); null below two. */
export function fundingIntervalMs(timeMs: Float64Array): number | null {
  const counts = new Map<number, number>();
  for (let row = 1; row < timeMs.length; row++) {
    const hours = Math.max(1, Math.round((timeMs[row]! - timeMs[row - 1]!) / HOUR_MS));
    counts.set(hours, (counts.get(hours) ?? 0) + 1);
  }
  const [best] = [...counts].toSorted(([a, m], [b, n]) => n - m || a - b);
  return best === undefined ? null : best[0] * HOUR_MS;
}

/**
 * Distances of more than one and a half intervals, from the start of the span on (a settlement is due at it) to its end.
 * @param intervalMs from {@link fundingIntervalMs}
 */
export function fundingGaps(
  timeMs: Float64Array,
  intervalMs: number,
  span: { readonly fromMs: number; readonly toMs: number },
): readonly FundingGap[] {
  const gaps: FundingGap[] = [];
  let before = span.fromMs - intervalMs;
  for (const next of [...timeMs, span.toMs]) {
    const missing = Math.round((next - before) / intervalMs) - 1;
    if (missing > 0 && next - before > 1.5 * intervalMs) {
      gaps.push({ fromMs: Math.max(before, span.fromMs), toMs: next, missing });
    }
    before = next;
  }
  return gaps;
}

/**
 * Rates where a backtest charges them: at the opening of candles, on the position carried in.
 *
 * A settlement at the very opening of a candle is that candle's. One strictly inside a candle is charged at the next opening,
 * on the position carried across it; where candles are missing, at the first that opens again. Several that meet at one
 * opening are added. What lies a candle or more before the first opening, or behind the last one, meets no candle.
 *
 * @param openTimeMs `[rows]` ascending
 * @returns `[rows]`, 0 where nothing is settled
 */
export function fundingColumn(openTimeMs: Float64Array, intervalMs: number, funding: Funding): Float64Array {
  const { timeMs, rate } = funding;
  invariant(timeMs.length === rate.length, 'as many rates as times');
  const column = new Float64Array(openTimeMs.length);
  let row = 0;
  for (let i = 0; i < timeMs.length; i++) {
    const time = timeMs[i]!;
    invariant(i === 0 || time > timeMs[i - 1]!, 'settlements ascend', { row: i });
    while (row < column.length && openTimeMs[row]! < time) row++;
    if (row === column.length) break;
    if (time > openTimeMs[0]! - intervalMs) column[row]! += rate[i]!;
  }
  return column;
}
