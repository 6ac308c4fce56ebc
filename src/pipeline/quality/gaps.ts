/** Stretches of minutes that no model input can contain, each with its cause as far as the manifests tell it. */
import path from 'node:path';
import { DAY_MS, dayOf, isoDay, MINUTE_MS, minuteOf } from '../../domain/core/index.ts';
import { INCOMPLETE, MISSING } from './feature-check.ts';
import type { FindingKind, FindingLog } from './findings.ts';
import { describeGap } from './gap-text.ts';
import type { GapInInput, StoredManifest } from './manifests.ts';

export const GAP_CAUSES = [
  'no-file',
  'unreadable-file',
  'damaged-file',
  'not-recorded',
  'sequence-gap',
  'quarantined-lines',
  'crossed-book',
  'silence',
  'few-samples',
  'stream-end',
  'unexplained',
] as const;
export type GapCause = (typeof GAP_CAUSES)[number];

export interface GapRange {
  /** First minute, and the first minute after the range. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly minutes: number;
  /** No row at all, or rows whose features are NaN. */
  readonly kind: 'missing' | 'incomplete';
  readonly cause: GapCause;
  /** The place in the input, where it is known. */
  readonly detail: string | null;
}

export interface CoveredDay {
  readonly dayMs: number;
  /** `[1440]` states of the minutes; null when there is no file for the day. */
  readonly states: Uint8Array | null;
  readonly isReadable: boolean;
}

/** A quarantined line so close before a break in sequence is taken for its cause. */
const LINES_NEARBY = 50;
const LONG_SILENCE_MINUTES = 60;

/** Incomplete bars name several reasons at times; the first of these that is named counts. */
const INCOMPLETE_CAUSES: readonly GapCause[] = ['sequence-gap', 'crossed-book', 'few-samples', 'stream-end'];

/** Ranges in order of time; neighbouring minutes of the same kind and cause are one range, across midnights too. */
export function findGaps(
  days: readonly CoveredDay[],
  manifests: readonly StoredManifest[],
): readonly GapRange[] {
  const causes = new CauseFinder(manifests);
  const ranges: GapRange[] = [];
  for (const [index, day] of days.entries()) {
    const hasBefore = hasFile(days[index - 1]);
    const hasAfter = hasFile(days[index + 1]);
    for (const range of gapsOfDay(day, { causes, hasBefore, hasAfter })) {
      const last = ranges.at(-1);
      if (
        last !== undefined &&
        last.toMs === range.fromMs &&
        last.kind === range.kind &&
        last.cause === range.cause
      ) {
        ranges[ranges.length - 1] = {
          ...last,
          toMs: range.toMs,
          minutes: last.minutes + range.minutes,
          detail: last.detail ?? range.detail,
        };
      } else ranges.push(range);
    }
  }
  return ranges;
}

const hasFile = (day: CoveredDay | undefined): boolean =>
  day !== undefined && (day.states !== null || !day.isReadable);

interface DaySurroundings {
  readonly causes: CauseFinder;
  /** Whether the day before and the day after have files. */
  readonly hasBefore: boolean;
  readonly hasAfter: boolean;
}

function* gapsOfDay(
  { dayMs, states, isReadable }: CoveredDay,
  { causes, hasBefore, hasAfter }: DaySurroundings,
): Generator<GapRange, void, undefined> {
  const whole = (cause: GapCause, detail: string | null): GapRange => ({
    fromMs: dayMs,
    toMs: dayMs + DAY_MS,
    minutes: DAY_MS / MINUTE_MS,
    kind: 'missing',
    cause,
    detail,
  });
  if (!isReadable) {
    yield whole('unreadable-file', null);
    return;
  }
  if (states === null) {
    const damage = causes.damageOf(dayMs);
    yield whole(damage === null ? 'no-file' : 'damaged-file', damage);
    return;
  }
  for (let minute = 0; minute < states.length;) {
    const state = states[minute]!;
    let end = minute + 1;
    if (state === MISSING) while (end < states.length && states[end] === MISSING) end++;
    const [fromMs, toMs] = [dayMs + minute * MINUTE_MS, dayMs + end * MINUTE_MS];
    if (state === MISSING) {
      const outside = (minute === 0 && !hasBefore) || (end === states.length && !hasAfter);
      const isTail = end === states.length;
      yield {
        fromMs,
        toMs,
        minutes: end - minute,
        kind: 'missing',
        ...causes.ofMissing({ dayMs, fromMs, toMs, outside, isTail }),
      };
    } else if (state === INCOMPLETE) {
      yield { fromMs, toMs, minutes: 1, kind: 'incomplete', ...causes.ofIncomplete(fromMs) };
    }
    minute = end;
  }
}

interface Cause {
  readonly cause: GapCause;
  readonly detail: string | null;
}

class CauseFinder {
  readonly #manifests: readonly StoredManifest[];
  readonly #reasons = new Map<number, readonly string[]>();
  readonly #knownDays = new Set<string>();

  constructor(manifests: readonly StoredManifest[]) {
    this.#manifests = manifests;
    for (const { days, incomplete } of manifests) {
      for (const { day } of days) this.#knownDays.add(day);
      for (const { minuteMs, reasons } of incomplete) this.#reasons.set(minuteMs, reasons);
    }
  }

  ofMissing(range: {
    readonly dayMs: number;
    readonly fromMs: number;
    readonly toMs: number;
    /** The range reaches to an end of the day beyond which there is no file either. */
    readonly outside: boolean;
    readonly isTail: boolean;
  }): Cause {
    const { dayMs, fromMs, toMs, outside, isTail } = range;
    const broken = this.#breakWithin(fromMs, toMs);
    if (broken !== null && (!outside || isTail)) return broken;
    const damage = isTail ? this.damageOf(dayMs) : null;
    if (damage !== null) return { cause: 'damaged-file', detail: damage };
    if (outside) return { cause: 'not-recorded', detail: null };
    if (!this.#knownDays.has(isoDay(dayMs))) return { cause: 'unexplained', detail: null };
    return { cause: 'silence', detail: null };
  }

  ofIncomplete(minuteMs: number): Cause {
    const reasons = this.#reasons.get(minuteMs);
    const cause = INCOMPLETE_CAUSES.find((known) => reasons?.includes(known));
    if (cause === undefined) return { cause: 'unexplained', detail: reasons?.join(', ') ?? null };
    if (cause !== 'sequence-gap') return { cause, detail: null };
    return this.#breakWithin(minuteMs, minuteMs + MINUTE_MS) ?? { cause, detail: null };
  }

  /** Why an input file of the day was damaged; null when none was. */
  damageOf(dayMs: number): string | null {
    const day = isoDay(dayMs);
    for (const { days, damaged } of this.#manifests) {
      for (const { path: file, reason } of damaged) {
        const name = path.basename(file);
        const isOfDay = name.includes(day) || name.includes(day.replaceAll('-', ''));
        if (isOfDay || (days.length === 1 && days[0]!.day === day)) return reason;
      }
    }
    return null;
  }

  /** A break in sequence that lies within, or was still open within, the minutes given. */
  #breakWithin(fromMs: number, toMs: number): Cause | null {
    for (const manifest of this.#manifests) {
      for (const gap of manifest.gaps) {
        const rebuiltMs = gap.rebuiltTimeMs ?? dayOf(gap.exchangeTimeMs) + DAY_MS - MINUTE_MS;
        if (minuteOf(gap.exchangeTimeMs) >= toMs || minuteOf(rebuiltMs) < fromMs) continue;
        const line = quarantinedBefore(gap, manifest);
        const place = `${path.basename(gap.file)}:${gap.line}`;
        return line === null
          ? { cause: 'sequence-gap', detail: `${place}: update ${gap.got} where ${gap.expected} had to come` }
          : { cause: 'quarantined-lines', detail: `${place}, after line ${line} was put aside` };
      }
    }
    return null;
  }
}

function quarantinedBefore(gap: GapInInput, { quarantined }: StoredManifest): number | null {
  const near = quarantined.findLast(
    ({ file, line }) => file === gap.file && line < gap.line && gap.line - line <= LINES_NEARBY,
  );
  return near?.line ?? null;
}

/** One finding per cause, longest ranges first. */
export function reportGaps(gaps: readonly GapRange[], log: FindingLog): void {
  for (const gap of gaps.toSorted((a, b) => b.minutes - a.minutes)) {
    const isLong = gap.cause === 'silence' && gap.minutes >= LONG_SILENCE_MINUTES;
    const kind: FindingKind = isLong ? 'gap-long-silence' : `gap-${gap.cause}`;
    log.add(kind, { detail: describeGap(gap) }, gap.minutes);
  }
}
