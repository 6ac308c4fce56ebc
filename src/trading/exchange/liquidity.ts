/**
 * What of the recorded book can be taken. The recording knows nothing of our orders, so that what they took is still in it:
 * it counts as gone until the recording changes the size of that level.
 */
import type { OrderBook } from '../../domain/market/index.ts';

type BookSide = OrderBook['bids'];

/** Levels looked at in one go. */
const FIRST_DEPTH = 64;

export interface Slice {
  readonly priceTicks: number;
  readonly qtyLots: number;
}

interface Taken {
  /** Size of the level in the recording when we took from it. */
  readonly recordedLots: number;
  readonly takenLots: number;
}

export class SideLiquidity {
  readonly #taken = new Map<number, Taken>();

  /** Everything is given back: the book was rebuilt. */
  clear(): void {
    this.#taken.clear();
  }

  /**
   * What an order for `qtyLots` gets from the best level on, down to `isAcceptable` levels; nothing is taken yet.
   * @returns one slice a level, best first; less than asked for when there is no more
   */
  walk(side: BookSide, qtyLots: number, isAcceptable: (priceTicks: number) => boolean): readonly Slice[] {
    const slices: Slice[] = [];
    let left = qtyLots;
    let from = 0;
    for (let depth = FIRST_DEPTH; left > 0; depth *= 8) {
      const ticks = new Float64Array(depth);
      const lots = new Float64Array(depth);
      const count = side.copyBest(ticks, lots);
      for (let rank = from; rank < count && left > 0; rank++) {
        const priceTicks = ticks[rank]!;
        if (!isAcceptable(priceTicks)) return slices;
        const qty = Math.min(left, this.#available(priceTicks, lots[rank]!));
        if (qty === 0) continue;
        slices.push({ priceTicks, qtyLots: qty });
        left -= qty;
      }
      if (count < depth) break;
      from = count;
    }
    return slices;
  }

  take(side: BookSide, { priceTicks, qtyLots }: Slice): void {
    const recordedLots = side.lotsAt(priceTicks);
    const before = recordedLots - this.#available(priceTicks, recordedLots);
    this.#taken.set(priceTicks, { recordedLots, takenLots: (before || 0) + qtyLots });
  }

  #available(priceTicks: number, recordedLots: number): number {
    const taken = this.#taken.get(priceTicks);
    if (taken === undefined) return recordedLots;
    if (taken.recordedLots === recordedLots) return recordedLots - taken.takenLots;
    this.#taken.delete(priceTicks);
    return recordedLots;
  }
}
