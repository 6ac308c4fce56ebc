/** Completeness against the interval grid: which candles of a stretch of time are not there. */
import { invariant } from '../core/index.ts';
import type { TimeSpan } from './interval.ts';

export interface CandleGap extends TimeSpan {
  /** Candles missing from `fromMs` to before `toMs`. */
  readonly candles: number;
}

/**
 * Gaps in `openTimesMs`, ascending and on the grid, between the grid times `fromMs` (included) and `toMs` (excluded);
 * before the first candle and after the last are gaps too.
 */
export function candleGaps(
  openTimesMs: ArrayLike<number>,
  { fromMs, toMs }: TimeSpan,
  intervalMs: number,
): readonly CandleGap[] {
  const gaps: CandleGap[] = [];
  let nextMs = fromMs;
  const close = (untilMs: number): void => {
    if (untilMs > nextMs)
      gaps.push({ fromMs: nextMs, toMs: untilMs, candles: (untilMs - nextMs) / intervalMs });
  };
  for (let i = 0; i < openTimesMs.length; i++) {
    const timeMs = openTimesMs[i]!;
    if (timeMs < fromMs || timeMs >= toMs) continue;
    invariant(timeMs >= nextMs && (timeMs - fromMs) % intervalMs === 0, 'candles ascend along their grid', {
      timeMs,
      nextMs,
    });
    close(timeMs);
    nextMs = timeMs + intervalMs;
  }
  close(toMs);
  return gaps;
}
