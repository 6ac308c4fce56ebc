/**
 * One side of a book: two parallel arrays sorted so that the best level is the last one, because that is where almost
 * all changes happen and so almost nothing has to move.
 */

const INITIAL_CAPACITY = 1_024;

/** Below this many elements a plain loop beats the call into `copyWithin`. */
const SHORT_MOVE = 48;

export class BookSide {
  /** +1 for bids, −1 for asks: `sign × priceTicks` ascends towards the best level on both sides. */
  readonly #sign: 1 | -1;
  #keys = new Float64Array(INITIAL_CAPACITY);
  #lots = new Float64Array(INITIAL_CAPACITY);
  #size = 0;

  constructor(side: 'bid' | 'ask') {
    this.#sign = side === 'bid' ? 1 : -1;
  }

  get size(): number {
    return this.#size;
  }

  clear(): void {
    this.#size = 0;
  }

  /** Price of the level `rank` places from the best (0 is the best); NaN when there is none. */
  ticksAt(rank: number): number {
    return rank < this.#size ? this.#sign * this.#keys[this.#size - 1 - rank]! : Number.NaN;
  }

  lotsAt(rank: number): number {
    return rank < this.#size ? this.#lots[this.#size - 1 - rank]! : Number.NaN;
  }

  /** Summed size of the `depth` best levels. */
  sumLots(depth: number): number {
    let sum = 0;
    const end = Math.max(0, this.#size - depth);
    for (let i = this.#size - 1; i >= end; i--) sum += this.#lots[i]!;
    return sum;
  }

  /** Copies the best levels, best first, as many as there are and as fit `ticks`; returns how many. */
  copyBest(ticks: Float64Array, lots: Float64Array): number {
    const count = Math.min(ticks.length, this.#size);
    const sign = this.#sign;
    const keys = this.#keys;
    const sizes = this.#lots;
    for (let rank = 0, i = this.#size - 1; rank < count; rank++, i--) {
      ticks[rank] = sign * keys[i]!;
      lots[rank] = sizes[i]!;
    }
    return count;
  }

  /** Sets the size at a price; 0 deletes the level, and deleting what is not there does nothing. */
  set(priceTicks: number, qtyLots: number): void {
    const key = this.#sign * priceTicks;
    const index = this.#lowerBound(key);
    const exists = index < this.#size && this.#keys[index] === key;
    if (qtyLots === 0) {
      if (exists) this.#removeAt(index);
    } else if (exists) {
      this.#lots[index] = qtyLots;
    } else {
      this.#insertAt(index, key, qtyLots);
    }
  }

  /** First index whose key is not below `key`; gallops back from the best level, then bisects. */
  #lowerBound(key: number): number {
    const keys = this.#keys;
    let high = this.#size;
    let stride = 1;
    while (high >= stride && keys[high - stride]! > key) {
      high -= stride;
      stride *= 2;
    }
    let low = Math.max(0, high - stride);
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (keys[middle]! < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #insertAt(index: number, key: number, qtyLots: number): void {
    if (this.#size === this.#keys.length) this.#grow();
    const keys = this.#keys;
    const lots = this.#lots;
    if (this.#size - index > SHORT_MOVE) {
      keys.copyWithin(index + 1, index, this.#size);
      lots.copyWithin(index + 1, index, this.#size);
    } else {
      for (let i = this.#size; i > index; i--) {
        keys[i] = keys[i - 1]!;
        lots[i] = lots[i - 1]!;
      }
    }
    keys[index] = key;
    lots[index] = qtyLots;
    this.#size++;
  }

  #removeAt(index: number): void {
    const keys = this.#keys;
    const lots = this.#lots;
    this.#size--;
    if (this.#size - index > SHORT_MOVE) {
      keys.copyWithin(index, index + 1, this.#size + 1);
      lots.copyWithin(index, index + 1, this.#size + 1);
    } else {
      for (let i = index; i < this.#size; i++) {
        keys[i] = keys[i + 1]!;
        lots[i] = lots[i + 1]!;
      }
    }
  }

  #grow(): void {
    const keys = new Float64Array(this.#keys.length * 2);
    const lots = new Float64Array(this.#lots.length * 2);
    keys.set(this.#keys);
    lots.set(this.#lots);
    this.#keys = keys;
    this.#lots = lots;
  }
}
