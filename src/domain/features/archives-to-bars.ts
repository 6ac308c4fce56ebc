/**
 * Day archives one after the other → bars, each archive by itself as ingest does it: its own book from its opening
 * snapshot, only the bars of its own day, and the previous minute's close where the day before had one.
 */
import { dayOf } from '../core/index.ts';
import type { BookUpdate, Instrument } from '../market/index.ts';
import type { MinuteBar } from './bar.ts';
import { BookToBars } from './book-to-bars.ts';
import type { MinuteBarOptions } from './minute-bar-builder.ts';

/** Updates in, closed bars out. */
export type BarSource = Pick<BookToBars, 'process' | 'flush'>;

export class ArchivesToBars implements BarSource {
  readonly #instrument: Instrument;
  readonly #options: MinuteBarOptions;
  #current: BookToBars | null = null;
  #dayMs = Number.NaN;
  #last: MinuteBar | null = null;
  #applied = 0;
  #gaps = 0;

  constructor(instrument: Instrument, options: Pick<MinuteBarOptions, 'logVolume'> = {}) {
    this.#instrument = instrument;
    this.#options = options;
  }

  /** Messages applied and gaps seen in all archives. */
  get counts(): { readonly applied: number; readonly gaps: number } {
    const { applied, gaps } = this.#current?.sequencedBook.counts ?? { applied: 0, gaps: 0 };
    return { applied: this.#applied + applied, gaps: this.#gaps + gaps };
  }

  /** The archive of the UTC day that holds `timeMs` begins. Returns what was left of the one before. */
  open(timeMs: number): readonly MinuteBar[] {
    const left = this.flush();
    ({ applied: this.#applied, gaps: this.#gaps } = this.counts);
    const isWhole = this.#last !== null && this.#last.incomplete.length === 0;
    const earlierCloses = new Map(isWhole ? [[this.#last!.minuteMs, this.#last!.close]] : []);
    this.#current = new BookToBars(this.#instrument, { ...this.#options, earlierCloses });
    this.#dayMs = dayOf(timeMs);
    return left;
  }

  process(update: BookUpdate): readonly MinuteBar[] {
    if (this.#current === null) this.open(update.exchangeTimeMs);
    return this.#own(this.#current!.process(update));
  }

  flush(): readonly MinuteBar[] {
    return this.#own(this.#current?.flush() ?? []);
  }

  #own(bars: readonly MinuteBar[]): readonly MinuteBar[] {
    if (bars.length === 0) return bars;
    const own = bars.filter((bar) => dayOf(bar.minuteMs) === this.#dayMs);
    this.#last = own.at(-1) ?? this.#last;
    return own;
  }
}
