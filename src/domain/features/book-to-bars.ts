/**
 * Updates in, closed minute bars out: sequencer, book and bar builder joined. Ingest and the live engine run this same
 * code, which is why a recording ingested at once and pushed message by message gives the same bars to the bit.
 */
import {
  type BookOutcome,
  type BookUpdate,
  type Instrument,
  type OrderBook,
  SequencedBook,
} from '../market/index.ts';
import type { MinuteBar } from './bar.ts';
import { MinuteBarBuilder, type MinuteBarOptions } from './minute-bar-builder.ts';

const NO_BARS: readonly MinuteBar[] = [];
const NOTHING_YET: BookOutcome = { kind: 'need-snapshot', reason: 'no-snapshot' };

export class BookToBars {
  readonly sequencedBook: SequencedBook;
  readonly #builder: MinuteBarBuilder;
  #closed: MinuteBar[] = [];
  #outcome: BookOutcome = NOTHING_YET;

  constructor(instrument: Instrument, options: MinuteBarOptions = {}) {
    this.#builder = new MinuteBarBuilder(instrument, options);
    this.sequencedBook = new SequencedBook(instrument.venue, {
      onApplied: (book, timeMs) => this.#keep(this.#builder.onMessage(book, timeMs)),
      onBreak: (timeMs, reason) => this.#keep(this.#builder.onBreak(timeMs, reason)),
      onTime: (timeMs) => this.#keep(this.#builder.onTime(timeMs)),
    });
  }

  get book(): OrderBook {
    return this.sequencedBook.book;
  }

  /** What became of the last update. */
  get outcome(): BookOutcome {
    return this.#outcome;
  }

  /** Returns the bars that this update closed, in order of time: mostly none. */
  process(update: BookUpdate): readonly MinuteBar[] {
    this.#outcome = this.sequencedBook.process(update);
    return this.#take();
  }

  /** The stream has ended: the open bar, marked `stream-end`. */
  flush(): readonly MinuteBar[] {
    this.#keep(this.#builder.flush());
    return this.#take();
  }

  #keep(bar: MinuteBar | null): void {
    if (bar !== null) this.#closed.push(bar);
  }

  #take(): readonly MinuteBar[] {
    if (this.#closed.length === 0) return NO_BARS;
    const bars = this.#closed;
    this.#closed = [];
    return bars;
  }
}
