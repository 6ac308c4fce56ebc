/** An exact order book on integer ticks and lots. It keeps every level the venue gives; depth is cut on output only. */
import { BookSide } from './book-side.ts';
import type { BookUpdate } from './events.ts';

export class OrderBook {
  readonly bids = new BookSide('bid');
  readonly asks = new BookSide('ask');

  get isTwoSided(): boolean {
    return this.bids.size > 0 && this.asks.size > 0;
  }

  /** Best bid at or above best ask: impossible between whole messages of a working venue. */
  get isCrossed(): boolean {
    return this.bids.ticksAt(0) >= this.asks.ticksAt(0);
  }

  clear(): void {
    this.bids.clear();
    this.asks.clear();
  }

  /** A snapshot replaces the book, a delta changes it. Sequence is the sequencer's business, not the book's. */
  apply(update: BookUpdate): void {
    const { levels, offset, bidCount, askCount } = update;
    const asksFrom = offset + 2 * bidCount;
    const end = asksFrom + 2 * askCount;
    if (update.kind === 'snapshot') {
      this.clear();
      // Venues list the best level first; taken backwards, every level lands at the end of its array.
      for (let i = asksFrom - 2; i >= offset; i -= 2) this.bids.set(levels[i]!, levels[i + 1]!);
      for (let i = end - 2; i >= asksFrom; i -= 2) this.asks.set(levels[i]!, levels[i + 1]!);
      return;
    }
    for (let i = offset; i < asksFrom; i += 2) this.bids.set(levels[i]!, levels[i + 1]!);
    for (let i = asksFrom; i < end; i += 2) this.asks.set(levels[i]!, levels[i + 1]!);
  }

  /** Whether the best levels are exactly those of a snapshot, as deep as the snapshot goes. */
  agreesWith(snapshot: BookUpdate): boolean {
    const { levels, offset, bidCount, askCount } = snapshot;
    return (
      sideAgrees(this.bids, levels, offset, bidCount) &&
      sideAgrees(this.asks, levels, offset + 2 * bidCount, askCount)
    );
  }
}

function sideAgrees(side: BookSide, levels: Float64Array, from: number, count: number): boolean {
  for (let rank = 0; rank < count; rank++) {
    const at = from + 2 * rank;
    if (side.ticksAt(rank) !== levels[at] || side.lotsAt(rank) !== levels[at + 1]) return false;
  }
  return true;
}
