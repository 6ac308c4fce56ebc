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
    return this.bids.bestTicks >= this.asks.bestTicks;
  }

  clear(): void {
    this.bids.clear();
    this.asks.clear();
  }

  /** A snapshot replaces the book, a delta changes it. Sequence is the sequencer's business, not the book's. */
  apply(update: BookUpdate): void {
    if (update.kind === 'snapshot') this.clear();
    setLevels(this.bids, update.bids, update.bidCount);
    setLevels(this.asks, update.asks, update.askCount);
  }

  /** Whether the best levels are exactly those of a snapshot, as deep as the snapshot goes. */
  agreesWith({ bids, bidCount, asks, askCount }: BookUpdate): boolean {
    return sideAgrees(this.bids, bids, bidCount) && sideAgrees(this.asks, asks, askCount);
  }

  /** Whether the changes of a delta are in the book already: to apply it once more would change nothing. */
  holds({ bids, bidCount, asks, askCount }: BookUpdate): boolean {
    return sideHolds(this.bids, bids, bidCount) && sideHolds(this.asks, asks, askCount);
  }
}

function sideHolds(side: BookSide, levels: Float64Array, count: number): boolean {
  for (let i = 0; i < 2 * count; i += 2) if (side.lotsAt(levels[i]!) !== levels[i + 1]!) return false;
  return true;
}

function setLevels(side: BookSide, levels: Float64Array, count: number): void {
  for (let i = 0; i < 2 * count; i += 2) side.set(levels[i]!, levels[i + 1]!);
}

function sideAgrees(side: BookSide, levels: Float64Array, count: number): boolean {
  const ticks = new Float64Array(count);
  const lots = new Float64Array(count);
  if (side.copyBest(ticks, lots) < count) return false;
  for (let rank = 0; rank < count; rank++) {
    if (ticks[rank] !== levels[2 * rank] || lots[rank] !== levels[2 * rank + 1]) return false;
  }
  return true;
}
