/**
 * Sequencer and book together: `process(update) → outcome`. The book it hands on is whole: after a lost message nothing
 * is handed on until a new snapshot has rebuilt it.
 */
import { type BookUpdate, copyBookUpdate } from './events.ts';
import { OrderBook } from './order-book.ts';
import { SEQUENCE_RULES } from './sequence-rule.ts';
import { type SequenceGap, Sequencer } from './sequencer.ts';
import type { VenueName } from './venue.ts';

export type BookOutcome =
  /** The update is in the book, and the book is whole. */
  | { readonly kind: 'applied' }
  /** Changes nothing: an old message, or a snapshot that the stream has not reached yet. */
  | { readonly kind: 'ignored'; readonly reason: 'stale' | 'snapshot-ahead' }
  /** The snapshot restates the position already reached: a free check of the rebuilt book, and no message of its own. */
  | { readonly kind: 'repeated'; readonly agrees: boolean }
  /** A REST snapshot is loaded, and so many deltas that had waited for it are applied on top. */
  | { readonly kind: 'loaded'; readonly replayed: number }
  /** Messages are missing. `recovered`: a snapshot at hand has already rebuilt the book. */
  | (SequenceGap & { readonly recovered: boolean })
  | { readonly kind: 'need-snapshot'; readonly reason: 'no-snapshot' | 'snapshot-too-old' }
  /** Applied in sequence, but bid ≥ ask: the book is not handed on until it has uncrossed. */
  | { readonly kind: 'crossed'; readonly bidTicks: number; readonly askTicks: number };

export type BreakReason = 'sequence-gap' | 'crossed-book';

/** Follows a {@link SequencedBook}; the calls come in the order of the stream. */
export interface BookListener {
  /** One message of the stream has been applied and the book is whole. */
  readonly onApplied: (book: OrderBook, exchangeTimeMs: number) => void;
  /** Messages before or at this time are missing or not to be trusted, or the book has just been rebuilt. */
  readonly onBreak: (exchangeTimeMs: number, reason: BreakReason) => void;
  /** The venue's clock has come this far without a change of the book. */
  readonly onTime: (exchangeTimeMs: number) => void;
}

export interface BookCounts {
  applied: number;
  ignored: number;
  gaps: number;
  crossed: number;
  /** Snapshots that restate a position, and how many of them differ from the rebuilt book. */
  repeated: number;
  disagreements: number;
  /** Deltas that came while there was no book to apply them to. */
  waiting: number;
}

/** Deltas kept while a snapshot is awaited: minutes of the busiest stream. */
const MAX_BUFFERED_DELTAS = 20_000;

const APPLIED: BookOutcome = { kind: 'applied' };
const STALE: BookOutcome = { kind: 'ignored', reason: 'stale' };
const SNAPSHOT_AHEAD: BookOutcome = { kind: 'ignored', reason: 'snapshot-ahead' };

export class SequencedBook {
  readonly book = new OrderBook();
  readonly #sequencer: Sequencer;
  readonly #listener: BookListener;
  /** Binance: deltas are kept for a snapshot that comes by REST. Bybit: they are worthless without the one before. */
  readonly #joinsSnapshots: boolean;
  readonly #counts: BookCounts = {
    applied: 0,
    ignored: 0,
    gaps: 0,
    crossed: 0,
    repeated: 0,
    disagreements: 0,
    waiting: 0,
  };
  #buffer: BookUpdate[] = [];
  /** The newest snapshot that the running stream has not reached yet. */
  #spareSnapshot: BookUpdate | null = null;
  /** Messages have been lost, until the first one on a new snapshot. */
  #interrupted = false;

  constructor(venue: VenueName, listener: BookListener) {
    const rule = SEQUENCE_RULES[venue];
    this.#sequencer = new Sequencer(rule);
    this.#joinsSnapshots = rule.join !== null;
    this.#listener = listener;
  }

  /** The book is contiguous with the stream, two-sided and not crossed. */
  get isUsable(): boolean {
    return this.#sequencer.phase === 'running' && this.book.isTwoSided && !this.book.isCrossed;
  }

  get counts(): Readonly<BookCounts> {
    return this.#counts;
  }

  /** What of the update has to be kept is copied. */
  process(update: BookUpdate): BookOutcome {
    return update.kind === 'snapshot' ? this.#snapshot(update) : this.#delta(update);
  }

  #snapshot(update: BookUpdate): BookOutcome {
    const verdict = this.#sequencer.snapshot(update.lastUpdateId);
    switch (verdict.kind) {
      case 'next':
        return this.#joinsSnapshots ? this.#load(update) : this.#apply(update);
      case 'repeat':
        return this.#verify(update);
      case 'gap':
        this.#counts.gaps++;
        this.#listener.onBreak(update.exchangeTimeMs, 'sequence-gap');
        return { ...verdict, recovered: this.#apply(update).kind === 'applied' };
      case 'ahead':
        this.#spareSnapshot = copyBookUpdate(update);
        return this.#ignore(SNAPSHOT_AHEAD);
      case 'stale':
        return this.#ignore(STALE);
    }
  }

  #delta(update: BookUpdate): BookOutcome {
    const verdict = this.#sequencer.delta(update);
    switch (verdict.kind) {
      case 'next':
        return this.#apply(update);
      case 'stale':
        if (!this.#sequencer.repeats(update) || this.book.holds(update)) return this.#ignore(STALE);
        return { ...this.#sequencer.contradicted(), recovered: this.#recover(update) };
      case 'need-snapshot':
        this.#wait(update);
        return verdict;
      case 'gap':
        return { ...verdict, recovered: this.#recover(update) };
    }
  }

  #apply(update: BookUpdate): BookOutcome {
    const { book } = this;
    const { exchangeTimeMs } = update;
    book.apply(update);
    if (this.#interrupted) {
      this.#interrupted = false;
      this.#listener.onBreak(exchangeTimeMs, 'sequence-gap');
    }
    if (book.isCrossed) {
      this.#counts.crossed++;
      this.#listener.onBreak(exchangeTimeMs, 'crossed-book');
      return { kind: 'crossed', bidTicks: book.bids.bestTicks, askTicks: book.asks.bestTicks };
    }
    this.#counts.applied++;
    this.#listener.onApplied(book, exchangeTimeMs);
    return APPLIED;
  }

  #ignore(outcome: BookOutcome): BookOutcome {
    this.#counts.ignored++;
    return outcome;
  }

  /** A REST snapshot is no message of the stream: it is the base on which the deltas that waited for it go. */
  #load(snapshot: BookUpdate): BookOutcome {
    this.book.apply(snapshot);
    const waiting = this.#buffer;
    this.#buffer = [];
    let replayed = 0;
    let trouble: BookOutcome | null = null;
    for (const delta of waiting) {
      const outcome = this.#delta(delta);
      if (outcome.kind === 'applied') replayed++;
      else if (outcome.kind !== 'ignored') trouble ??= outcome;
    }
    return trouble ?? { kind: 'loaded', replayed };
  }

  #verify(snapshot: BookUpdate): BookOutcome {
    const agrees = this.book.agreesWith(snapshot);
    this.book.apply(snapshot);
    this.#counts.repeated++;
    if (agrees) {
      this.#listener.onTime(snapshot.exchangeTimeMs);
    } else {
      this.#counts.disagreements++;
      this.#listener.onBreak(snapshot.exchangeTimeMs, 'sequence-gap');
    }
    return { kind: 'repeated', agrees };
  }

  #wait(delta: BookUpdate): void {
    this.#counts.waiting++;
    this.#listener.onTime(delta.exchangeTimeMs);
    if (!this.#joinsSnapshots) {
      this.#interrupted = true;
      return;
    }
    // Older deltas go first: should a snapshot need them after all, joining will fail and say so.
    if (this.#buffer.length === MAX_BUFFERED_DELTAS) this.#buffer.splice(0, MAX_BUFFERED_DELTAS / 2);
    this.#buffer.push(copyBookUpdate(delta));
  }

  /** After a gap at `delta`; true when a spare snapshot has rebuilt the book, `delta` included. */
  #recover(delta: BookUpdate): boolean {
    this.#counts.gaps++;
    this.#interrupted = true;
    this.book.clear();
    this.#listener.onBreak(delta.exchangeTimeMs, 'sequence-gap');
    const spare = this.#spareSnapshot;
    this.#spareSnapshot = null;
    if (spare === null) {
      this.#wait(delta);
      return false;
    }
    this.#sequencer.snapshot(spare.lastUpdateId);
    this.book.apply(spare);
    return this.#delta(delta).kind === 'applied';
  }
}
