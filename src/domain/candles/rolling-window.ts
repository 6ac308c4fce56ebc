/** The last values of a series, as many as the longest question needs, and their mean and deviation. */
import { invariant } from '../core/index.ts';

export class RollingWindow {
  readonly #length: number;
  /** Every value twice, `length` apart: the last `length` of them always lie side by side, oldest first. */
  readonly #values: Float64Array;
  #count = 0;

  constructor(length: number) {
    this.#length = length;
    this.#values = new Float64Array(2 * length);
  }

  push(value: number): void {
    const at = this.#count % this.#length;
    this.#values[at] = value;
    this.#values[at + this.#length] = value;
    this.#count++;
  }

  clear(): void {
    this.#count = 0;
  }

  /** Mean of the last `n` values; NaN while there are fewer. */
  mean(n: number): number {
    if (this.#count < n) return Number.NaN;
    const { start, end } = this.#last(n);
    let sum = 0;
    for (let i = start; i < end; i++) sum += this.#values[i]!;
    return sum / n;
  }

  /**
   * Sample standard deviation (n − 1) of the last `n` values; NaN while there are fewer. Two passes over the window: a
   * running sum of squares would keep the rounding errors of every value that ever passed through it.
   */
  deviation(n: number): number {
    const mean = this.mean(n);
    if (Number.isNaN(mean)) return Number.NaN;
    const { start, end } = this.#last(n);
    let squares = 0;
    for (let i = start; i < end; i++) squares += (this.#values[i]! - mean) ** 2;
    return Math.sqrt(squares / (n - 1));
  }

  #last(n: number): { readonly start: number; readonly end: number } {
    invariant(n >= 2 && n <= this.#length, 'a question about the window is no longer than it', { n });
    const end = ((this.#count - 1) % this.#length) + 1 + this.#length;
    return { start: end - n, end };
  }
}
