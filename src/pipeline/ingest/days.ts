/** Closed bars on their way into day files: a day is written when it is over, whole, and not before. */
import { dayOf, isoDay } from '../../domain/core/index.ts';
import { LOG_RETURN_FEATURE, type MinuteBar } from '../../domain/features/index.ts';
import { sha256File, symbolFolder, type SymbolLocation, writeBarDay } from '../../platform/storage/index.ts';
import type { IncompleteMinute, OpeningBar } from './manifest.ts';
import { type SyntheticOrigin, writeMarker } from '../truth.ts';

export interface DayReport {
  readonly day: string;
  readonly bars: number;
  readonly keptRows: number;
  /** Of the day's bar file and of its feature file. */
  readonly sha256: string;
  readonly stationarySha256: string;
}

interface DayFilesOptions {
  readonly location: SymbolLocation;
  /**
   * Days (start of day) that may be written; null for all. A venue's archive ends with a few messages of the next day,
   * which close its last bar but belong to the next archive.
   */
  readonly ownDays: ReadonlySet<number> | null;
  /** Where simulated input came from: marks the bars before the first of them is written. */
  readonly origin: SyntheticOrigin | null;
}

export class DayFiles {
  readonly days: DayReport[] = [];
  readonly incomplete: IncompleteMinute[] = [];
  /** The first bar kept, if it waits for its previous close. */
  opening: OpeningBar | null = null;
  trimmedBars = 0;
  bars = 0;
  readonly #location: SymbolLocation;
  readonly #ownDays: ReadonlySet<number> | null;
  readonly #origin: SyntheticOrigin | null;
  #open: MinuteBar[] = [];

  constructor({ location, ownDays, origin }: DayFilesOptions) {
    this.#location = location;
    this.#ownDays = ownDays;
    this.#origin = origin;
  }

  /** Whether to add the bar writes the open day. */
  endsDay(bar: MinuteBar): boolean {
    const first = this.#open[0];
    return this.#isOwn(bar) && first !== undefined && dayOf(first.minuteMs) !== dayOf(bar.minuteMs);
  }

  #isOwn(bar: MinuteBar): boolean {
    return this.#ownDays === null || this.#ownDays.has(dayOf(bar.minuteMs));
  }

  async add(bar: MinuteBar): Promise<void> {
    if (!this.#isOwn(bar)) {
      this.trimmedBars++;
      return;
    }
    if (this.endsDay(bar)) await this.finish();
    if (this.bars === 0) this.opening = openingOf(bar);
    this.#open.push(bar);
    this.bars++;
    if (bar.incomplete.length > 0) {
      this.incomplete.push({ minuteMs: bar.minuteMs, reasons: bar.incomplete });
    }
  }

  /** Forgets the open day. */
  drop(): void {
    const dropped = new Set(this.#open.map((bar) => bar.minuteMs));
    this.#open = [];
    this.bars -= dropped.size;
    const kept = this.incomplete.filter(({ minuteMs }) => !dropped.has(minuteMs));
    this.incomplete.splice(0, this.incomplete.length, ...kept);
    if (this.bars === 0) this.opening = null;
  }

  /** Writes the open day. */
  async finish(): Promise<void> {
    const bars = this.#open;
    const first = bars[0];
    if (first === undefined) return;
    this.#open = [];
    if (this.#origin !== null) await writeMarker(symbolFolder('bars', this.#location), this.#origin.truth);
    const replace = this.#ownDays !== null;
    const { file, stationaryFile, keptRows } = await writeBarDay(this.#location, bars, { replace });
    this.days.push({
      day: isoDay(first.minuteMs),
      bars: bars.length,
      keptRows,
      sha256: await sha256File(file),
      stationarySha256: await sha256File(stationaryFile),
    });
  }
}

function openingOf({ minuteMs, open, high, low, close, features, incomplete }: MinuteBar): OpeningBar | null {
  const waits = incomplete.length === 0 && Number.isNaN(features[LOG_RETURN_FEATURE]!);
  return waits ? { minuteMs, open, high, low, close } : null;
}
