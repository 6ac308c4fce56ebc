import { GROUP_HISTOGRAM } from './histogram.ts';

/** Histograms that a training may hold at once; nodes beyond them are accumulated anew when they are divided. */
const MOST_BYTES = 256 * 2 ** 20;

/** Number of a histogram that there is no memory for. */
export const NO_HISTOGRAM = -1;

/**
 * Memory for the histograms of open nodes, numbered from 0. Every thread keeps a pool of its own over the same memory,
 * and takes and gives back in the same order, so that a number means the same histogram in all of them.
 */
export class HistogramPool {
  readonly #memory: Float64Array;
  readonly #groups: number;
  readonly #free: number[];

  constructor(memory: Float64Array, groups: number) {
    this.#memory = memory;
    this.#groups = groups;
    const count = memory.length / (groups * GROUP_HISTOGRAM);
    this.#free = Array.from({ length: count }, (_, i) => count - 1 - i);
  }

  /** @param most histograms that could ever be held at once */
  static memory(groups: number, most: number): Float64Array {
    const bytes = 8 * groups * GROUP_HISTOGRAM;
    const count = Math.max(1, Math.min(most, Math.floor(MOST_BYTES / bytes)));
    return new Float64Array(new SharedArrayBuffer(count * bytes));
  }

  take(): number {
    return this.#free.pop() ?? NO_HISTOGRAM;
  }

  release(histogram: number): void {
    if (histogram !== NO_HISTOGRAM) this.#free.push(histogram);
  }

  /** One group of a histogram, `[4 × 256 × 2]`; what it held before is still there. */
  group(histogram: number, group: number): Float64Array {
    const start = (histogram * this.#groups + group) * GROUP_HISTOGRAM;
    return this.#memory.subarray(start, start + GROUP_HISTOGRAM);
  }
}
