/** When messages come: irregular, strictly increasing, and dense enough that every minute has its samples. */
import type { Random } from '../core/index.ts';
import { MINUTE_MS } from '../core/index.ts';
import type { RateProfile } from './instrument.ts';

const FEWEST_MESSAGES = 10;
/** A busy market jitters by its own slot; a light one is irregular within it. */
const LONGEST_JITTER_MS = 10;

/**
 * Offsets of one minute's messages from its start, integer milliseconds in `[afterMs + 1, 60 000)`: one slot each, so that the
 * last comes near the minute's end.
 * @param activity σ/σ̄ of the minute
 */
export function minuteSchedule(
  random: Random,
  profile: RateProfile,
  options: { readonly activity: number; readonly afterMs: number },
): number[] {
  const expected = profile.messagesPerMinute * options.activity ** profile.activityExponent;
  const scatter = profile.activityExponent === 0 ? 0 : 0.5 * Math.sqrt(expected) * random.normal();
  const count = Math.max(FEWEST_MESSAGES, Math.round(expected + scatter));
  const slotMs = MINUTE_MS / count;
  const jitterMs = profile.activityExponent === 0 ? LONGEST_JITTER_MS : slotMs;
  const offsets: number[] = [];
  let previous = options.afterMs;
  for (let i = 0; i < count; i++) {
    const offset = Math.floor(i * slotMs + random.uniform() * jitterMs);
    if (offset <= previous) continue;
    offsets.push(offset);
    previous = offset;
  }
  return offsets;
}

/** What happens just after midnight: a few deltas that still go to the old day's file, then the new day's snapshot. */
export interface DayOpening {
  readonly deltaOffsetsMs: readonly number[];
  readonly snapshotOffsetMs: number;
}

const EARLIEST_OPENING_MS = 100;
const LATEST_DELTA_MS = 800;
const MOST_DELTAS = 7;

export function dayOpening(random: Random): DayOpening {
  const count = 1 + random.integer(MOST_DELTAS);
  const slotMs = (LATEST_DELTA_MS - EARLIEST_OPENING_MS) / count;
  const deltaOffsetsMs = Array.from({ length: count }, (_, i) =>
    Math.floor(EARLIEST_OPENING_MS + (i + random.uniform()) * slotMs),
  );
  return { deltaOffsetsMs, snapshotOffsetMs: deltaOffsetsMs.at(-1)! + 1 + random.integer(200) };
}
