/** Closed bars on their way into day files: a day is written when it is over, whole, and not before. */
import { dayOf, isoDay } from '../domain/core/index.ts';
import type { MinuteBar } from '../domain/features/index.ts';
import { symbolFolder, type SymbolLocation, writeBarDay } from '../platform/storage/index.ts';
import type { IncompleteMinute } from './ingest-manifest.ts';
import { type SyntheticOrigin, writeMarker } from './truth.ts';

export interface DayReport {
  readonly day: string;
  readonly bars: number;
  readonly keptRows: number;
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

  async add(bar: MinuteBar): Promise<void> {
    const first = this.#open[0];
    if (first !== undefined && dayOf(first.minuteMs) !== dayOf(bar.minuteMs)) await this.finish();
    if (this.#ownDays !== null && !this.#ownDays.has(dayOf(bar.minuteMs))) {
      this.trimmedBars++;
      return;
    }
    this.#open.push(bar);
    this.bars++;
    if (bar.incomplete.length > 0) {
      this.incomplete.push({ minuteMs: bar.minuteMs, reasons: bar.incomplete });
    }
  }

  /** Writes the open day. */
  async finish(): Promise<void> {
    const bars = this.#open;
    const first = bars[0];
    if (first === undefined) return;
    this.#open = [];
    if (this.#origin !== null) await writeMarker(symbolFolder('bars', this.#location), this.#origin.truth);
    const { keptRows } = await writeBarDay(this.#location, bars);
    this.days.push({ day: isoDay(first.minuteMs), bars: bars.length, keptRows });
  }
}
