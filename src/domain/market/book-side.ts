/**
 * One side of a book: a ladder with a rung for every price step near the best level, where almost all changes happen and
 * cost one store each, and a sorted list for what lies below the ladder. The ladder follows the best level.
 *
 * Inside, prices are keys, `ticks` on the bid side and `−ticks` on the ask side: the best level has the highest key on
 * both. Every key on the ladder is above every key of the list, and the ladder is empty only when the whole side is.
 */
import { SortedLevels } from './sorted-levels.ts';

/** Both are multiples of 32, the rungs that one word of the bitmap covers. */
const RUNGS = 16_384;
/** Where a moved ladder has its best level: most of it lies below, as most levels do. */
const BEST_RUNG = 12_288;

export class BookSide {
  readonly #sign: 1 | -1;
  /** Size on each rung; rung `r` stands for the key `#base + r`. */
  readonly #lots = new Float64Array(RUNGS);
  /** One bit a rung, set where there is a level. */
  readonly #occupied = new Int32Array(RUNGS / 32);
  readonly #below = new SortedLevels();
  #base = 0;
  /** Highest occupied rung; −1 when there is none. */
  #best = -1;
  #onLadder = 0;

  constructor(side: 'bid' | 'ask') {
    this.#sign = side === 'bid' ? 1 : -1;
  }

  get size(): number {
    return this.#onLadder + this.#below.size;
  }

  /** Price and size of the best level; NaN when the side is empty. */
  get bestTicks(): number {
    return this.#best < 0 ? Number.NaN : this.#ticksOf(this.#base + this.#best);
  }

  get bestLots(): number {
    return this.#best < 0 ? Number.NaN : this.#lots[this.#best]!;
  }

  clear(): void {
    this.#below.clear();
    this.#clearLadder();
  }

  /** Size at a price; 0 when there is no such level. */
  lotsAt(priceTicks: number): number {
    const key = this.#sign * priceTicks;
    const rung = key - this.#base;
    return rung >= 0 && rung < RUNGS ? this.#lots[rung]! : this.#below.lotsOf(key);
  }

  /** Sets the size at a price; 0 deletes the level, and deleting what is not there does nothing. */
  set(priceTicks: number, qtyLots: number): void {
    const key = this.#sign * priceTicks;
    const rung = key - this.#base;
    if (rung >= 0 && rung < RUNGS) this.#setRung(rung | 0, qtyLots);
    else this.#setOffLadder(key, qtyLots);
  }

  /** Summed size of the `depth` best levels. */
  sumLots(depth: number): number {
    let sum = 0;
    let rung = this.#best;
    let rank = 0;
    for (; rank < depth && rung >= 0; rank++, rung = this.#occupiedBelow(rung)) sum += this.#lots[rung]!;
    const rest = Math.min(depth - rank, this.#below.size);
    for (let i = 0; i < rest; i++) sum += this.#below.lotsAt(i);
    return sum;
  }

  /** Copies the best levels, best first, as many as there are and as fit `ticks`; returns how many. */
  copyBest(ticks: Float64Array, lots: Float64Array): number {
    const wanted = ticks.length;
    let rank = 0;
    for (let word = this.#best >> 5; word >= 0 && rank < wanted; word--) {
      for (let bits = this.#occupied[word]!; bits !== 0 && rank < wanted; rank++) {
        const bit = 31 - Math.clz32(bits);
        const rung = (word << 5) + bit;
        ticks[rank] = this.#ticksOf(this.#base + rung);
        lots[rank] = this.#lots[rung]!;
        bits ^= 1 << bit;
      }
    }
    const rest = Math.min(wanted - rank, this.#below.size);
    for (let i = 0; i < rest; i++, rank++) {
      ticks[rank] = this.#ticksOf(this.#below.keyAt(i));
      lots[rank] = this.#below.lotsAt(i);
    }
    return rank;
  }

  #ticksOf(key: number): number {
    return this.#sign === 1 ? key : 0 - key;
  }

  #setRung(rung: number, qtyLots: number): void {
    const before = this.#lots[rung]!;
    this.#lots[rung] = qtyLots;
    if (before === 0) {
      if (qtyLots !== 0) this.#add(rung);
    } else if (qtyLots === 0) {
      this.#remove(rung);
    }
  }

  #add(rung: number): void {
    this.#occupied[rung >> 5]! |= 1 << rung;
    this.#onLadder++;
    if (rung > this.#best) this.#best = rung;
  }

  #remove(rung: number): void {
    this.#occupied[rung >> 5]! &= ~(1 << rung);
    this.#onLadder--;
    if (rung !== this.#best) return;
    this.#best = this.#occupiedBelow(rung);
    if (this.#best < 0 && this.#below.size > 0) this.#moveLadder(this.#below.keyAt(0));
  }

  /** The next occupied rung below `rung`; −1 when there is none. */
  #occupiedBelow(rung: number): number {
    let word = rung >> 5;
    let bits = this.#occupied[word]! & ~(-1 << rung);
    while (bits === 0) {
      if (--word < 0) return -1;
      bits = this.#occupied[word]!;
    }
    return (word << 5) + 31 - Math.clz32(bits);
  }

  #setOffLadder(key: number, qtyLots: number): void {
    const isAbove = key > this.#base;
    // There is nothing to delete on an empty side, nor above the best level.
    if (qtyLots === 0 && (isAbove || this.#best < 0)) return;
    if (isAbove || this.#best < 0) this.#moveLadder(key);
    else if (this.#best < RUNGS - BEST_RUNG) this.#moveLadder(this.#base + this.#best);
    const rung = key - this.#base;
    if (rung >= 0) this.#setRung(rung, qtyLots);
    else this.#below.set(key, qtyLots);
  }

  /** Puts the ladder where `bestKey`, which no level exceeds, lies at its place. */
  #moveLadder(bestKey: number): void {
    for (const [word, bits] of this.#occupied.entries()) {
      for (let rest = bits; rest !== 0; rest &= rest - 1) {
        const rung = (word << 5) + 31 - Math.clz32(rest & -rest);
        this.#below.set(this.#base + rung, this.#lots[rung]!);
      }
    }
    this.#clearLadder();
    this.#base = bestKey - BEST_RUNG;
    while (this.#below.keyAt(0) >= this.#base) {
      this.#setRung(this.#below.keyAt(0) - this.#base, this.#below.lotsAt(0));
      this.#below.pop();
    }
  }

  #clearLadder(): void {
    if (this.#onLadder > 0) {
      this.#lots.fill(0);
      this.#occupied.fill(0);
    }
    this.#best = -1;
    this.#onLadder = 0;
  }
}
