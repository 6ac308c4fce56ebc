/** A gap in words, for the table, the page and the findings alike. */
import { isoMinute } from '../../domain/core/index.ts';
import type { GapRange } from './gaps.ts';

/** `12 minutes` */
export const minutesText = (minutes: number): string =>
  `${minutes.toLocaleString('en')} ${minutes === 1 ? 'minute' : 'minutes'}`;

/** `2024-07-23T15:39Z, 12 minutes missing (silence)` */
export function describeGap({ fromMs, minutes, cause, kind, detail }: GapRange): string {
  return `${isoMinute(fromMs)}, ${minutesText(minutes)} ${kind} (${cause})${detail === null ? '' : `: ${detail}`}`;
}

export interface CauseTotal {
  readonly cause: GapRange['cause'];
  readonly ranges: number;
  readonly minutes: number;
  readonly longest: GapRange;
}

/** Gaps by cause, most minutes first. */
export function totalsByCause(gaps: readonly GapRange[]): readonly CauseTotal[] {
  return [...Map.groupBy(gaps, ({ cause }) => cause)]
    .map(([cause, ranges]) => ({
      cause,
      ranges: ranges.length,
      minutes: ranges.reduce((sum, range) => sum + range.minutes, 0),
      longest: ranges.reduce((a, b) => (b.minutes > a.minutes ? b : a)),
    }))
    .toSorted((a, b) => b.minutes - a.minutes);
}
