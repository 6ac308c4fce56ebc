/**
 * One side of a simulated book: a ring of sizes by depth coordinate, with the changes of the current message.
 * Depth coordinates grow away from the touch, so that both sides share one code: `tick` for asks, `−tick` for bids.
 */
import { invariant } from '../core/index.ts';

/** Must exceed the span of a side plus its largest move in one message. */
const RING = 1 << 16;
const MASK = RING - 1;

export class Ladder {
  /** Lots at each coordinate, 0 where there is no level and everywhere outside [best, worst]. */
  readonly #lots = new Int32Array(RING);
  readonly #lotsBefore = new Int32Array(RING);
  readonly #changedIn = new Int32Array(RING);
  readonly #changed = new Int32Array(RING);
  #changes = 0;
  #message = 0;
  #levels = 0;
  #best: number;
  #worst: number;

  constructor(best: number) {
    this.#best = best;
    this.#worst = best - 1;
  }

  get best(): number {
    return this.#best;
  }

  get worst(): number {
    return this.#worst;
  }

  get levels(): number {
    return this.#levels;
  }

  lotsAt(coordinate: number): number {
    return this.#lots[coordinate & MASK]!;
  }

  beginMessage(): void {
    this.#message++;
    this.#changes = 0;
  }

  /** Sets a level within [best, worst], or the next one beyond worst; 0 lots deletes it. */
  set(coordinate: number, lots: number): void {
    const slot = coordinate & MASK;
    const before = this.#lots[slot]!;
    if (this.#changedIn[slot] !== this.#message) {
      this.#changedIn[slot] = this.#message;
      this.#lotsBefore[slot] = before;
      this.#changed[this.#changes++] = coordinate;
    }
    this.#levels += (lots > 0 ? 1 : 0) - (before > 0 ? 1 : 0);
    this.#lots[slot] = lots;
    if (coordinate > this.#worst) this.#worst = coordinate;
  }

  /** Moves the touch; levels in front of the new one are deleted, levels behind it are the caller's to fill. */
  moveBest(best: number): void {
    const span = Math.max(this.#worst, best) - Math.min(this.#best, best);
    invariant(span < RING, 'the book moved too far in one message', { from: this.#best, to: best });
    const end = Math.min(best - 1, this.#worst);
    for (let k = this.#best; k <= end; k++) if (this.lotsAt(k) > 0) this.set(k, 0);
    this.#best = best;
    this.#worst = Math.max(this.#worst, best - 1);
  }

  /** Deletes the worst levels until `levels` are left. */
  trim(levels: number): void {
    while (this.#worst >= this.#best && (this.#levels > levels || this.lotsAt(this.#worst) === 0)) {
      if (this.lotsAt(this.#worst) > 0) this.set(this.#worst, 0);
      this.#worst--;
    }
  }

  /**
   * Calls `visit` for every level that this message changed, best first, with its new lots (0 = deleted).
   * A level that came and went within the message is not reported.
   */
  forEachChange(visit: (coordinate: number, lots: number) => void): void {
    const changed = this.#changed;
    for (let i = 1; i < this.#changes; i++) {
      const coordinate = changed[i]!;
      let j = i - 1;
      while (j >= 0 && changed[j]! > coordinate) {
        changed[j + 1] = changed[j]!;
        j--;
      }
      changed[j + 1] = coordinate;
    }
    for (let i = 0; i < this.#changes; i++) {
      const slot = changed[i]! & MASK;
      if (this.#lots[slot] !== this.#lotsBefore[slot]) visit(changed[i]!, this.#lots[slot]!);
    }
  }

  forEachLevel(visit: (coordinate: number, lots: number) => void): void {
    for (let k = this.#best; k <= this.#worst; k++) if (this.lotsAt(k) > 0) visit(k, this.lotsAt(k));
  }
}
