/** The minute grid of a day file, and returns that join each minute to the one before it, midnight included. */
import { DAY_MS, isoMinute, MINUTE_MS } from '../../domain/core/index.ts';
import type { BarDay } from '../../platform/storage/index.ts';
import { INCOMPLETE, USABLE } from './feature-check.ts';
import type { FindingLog } from './findings.ts';

export const MINUTES_A_DAY = DAY_MS / MINUTE_MS;

const RETURN_TOLERANCE = 1e-9;

/** @returns the rows that stand for a minute of the day: in order of time, each minute once */
export function checkGrid(
  { minuteMs }: Pick<BarDay, 'minuteMs'>,
  { file, dayMs, log }: { readonly file: string; readonly dayMs: number; readonly log: FindingLog },
): readonly number[] {
  const rowOf = new Map<number, number>();
  let latestMs = Number.NEGATIVE_INFINITY;
  for (let row = 0; row < minuteMs.length; row++) {
    const timeMs = minuteMs[row]!;
    if (Number.isNaN(timeMs)) {
      log.add('minute-missing-time', { file, detail: `row ${row + 1}` });
      continue;
    }
    const place = { file, minute: isoMinute(timeMs), detail: `row ${row + 1}` };
    if (timeMs % MINUTE_MS !== 0) log.add('minute-off-grid', place);
    else if (timeMs < dayMs || timeMs >= dayMs + DAY_MS) log.add('minute-other-day', place);
    else if (rowOf.has(timeMs)) log.add('minute-duplicate', place);
    else rowOf.set(timeMs, row);
    if (timeMs < latestMs) log.add('minute-order', place);
    latestMs = Math.max(latestMs, timeMs);
  }
  return [...rowOf].toSorted(([a], [b]) => a - b).map(([, row]) => row);
}

interface DayRows {
  readonly day: BarDay;
  /** From {@link checkGrid}. */
  readonly rows: readonly number[];
  /** From `checkFeatures`. */
  readonly states: Uint8Array;
  readonly file: string;
}

/** Follows the closes through day files given in order of time. */
export class ReturnChain {
  /** Midnights with a complete bar on both sides, and those of them whose first bar has a return. */
  seams = 0;
  joinedSeams = 0;
  withoutReturn = 0;
  readonly #log: FindingLog;
  #previousMs: number | null = null;
  #previousClose = Number.NaN;

  constructor(log: FindingLog) {
    this.#log = log;
  }

  add({ day, rows, states, file }: DayRows): void {
    const logReturn = day.features.get('log_ret_close')!;
    for (const row of rows) {
      const timeMs = day.minuteMs[row]!;
      const close = day.close[row]!;
      if (states[row] === INCOMPLETE) continue;
      const isFirst = this.#previousMs === null;
      const follows = this.#previousMs === timeMs - MINUTE_MS;
      const hasReturn = states[row] === USABLE;
      if (follows && timeMs % DAY_MS === 0) {
        this.seams++;
        if (hasReturn) this.joinedSeams++;
      }
      const place = { file, minute: isoMinute(timeMs), column: 'log_ret_close' };
      if (!hasReturn) this.withoutReturn++;
      if (follows && !hasReturn) this.#log.add('return-missing', place);
      if (!follows && !hasReturn) this.#log.add('return-none', place);
      // What lies before the checked range is not known.
      if (!follows && hasReturn && !isFirst) this.#log.add('return-unverifiable', place);
      if (follows && hasReturn) {
        const expected = Math.log(close / this.#previousClose);
        if (!(Math.abs(logReturn[row]! - expected) <= RETURN_TOLERANCE)) {
          this.#log.add('return-wrong', {
            ...place,
            detail: `${logReturn[row]!}, the closes say ${expected}`,
          });
        }
      }
      this.#previousMs = timeMs;
      this.#previousClose = close;
    }
  }

  /** A day that cannot be read: what follows it has no known predecessor. */
  skip(): void {
    this.#previousMs = null;
  }
}
