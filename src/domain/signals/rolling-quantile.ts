import { invariant } from '../core/index.ts';

/** Quantiles of the last `capacity` numbers, one at a time. A step moves up to `capacity` numbers in memory. */
export class RollingQuantile {
  /** In order of arrival, overwritten in a circle. */
  readonly #arrived: Float64Array;
  /** The same numbers, ascending; the first {@link count} are there. */
  readonly #sorted: Float64Array;
  #pushed = 0;

  constructor(capacity: number) {
    invariant(Number.isInteger(capacity) && capacity >= 1, 'a rolling quantile remembers 1 number or more', {
      capacity,
    });
    this.#arrived = new Float64Array(capacity);
    this.#sorted = new Float64Array(capacity);
  }

  /** Numbers remembered. */
  get count(): number {
    return Math.min(this.#pushed, this.#arrived.length);
  }

  /** Remembers a finite number, and forgets the oldest one when full. */
  push(value: number): void {
    invariant(Number.isFinite(value), 'a rolling quantile is of finite numbers', { value });
    const slot = this.#pushed % this.#arrived.length;
    let count = this.count;
    if (count === this.#arrived.length) {
      const at = this.#positionOf(this.#arrived[slot]!, count);
      this.#sorted.copyWithin(at, at + 1, count);
      count--;
    }
    const at = this.#positionOf(value, count);
    this.#sorted.copyWithin(at + 1, at, count);
    this.#sorted[at] = value;
    this.#arrived[slot] = value;
    this.#pushed++;
  }

  /** What is remembered, oldest first. */
  values(): readonly number[] {
    const { count } = this;
    const size = this.#arrived.length;
    return Array.from({ length: count }, (_, i) => this.#arrived[(this.#pushed - count + i) % size]!);
  }

  /** What is remembered, ascending: a view that changes with the next {@link push}. */
  sorted(): Float64Array {
    return this.#sorted.subarray(0, this.count);
  }

  /** Of the first of the `count` sorted numbers that is not below `value`. */
  #positionOf(value: number, count: number): number {
    let [low, high] = [0, count];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#sorted[middle]! < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
