/** How far the difference of two treatments of the same rows would move on another stretch of the same market. */
import { bootstrapInterval, type Interval, type Resampling } from './bootstrap.ts';

export interface PairedDifference extends Interval {
  /**
   * Two-sided: twice the smaller share of replicates on either side of 0, both counted one up. It is at most 1 − level
   * where the percentile interval excludes 0, but for that one.
   * Source: Davison & Hinkley, Bootstrap Methods and their Application (1997), sections 4.2 and 5.2.
   */
  readonly pValue: number;
}

/**
 * Stationary bootstrap of a paired difference: rows (days) are drawn in blocks for both treatments, all seeds and all
 * symbols together, so that what is common to them cancels and nothing is counted twice.
 *
 * @param difference of row numbers in `[0, rows)`, with repeats; the array is reused between calls
 */
export function pairedDifference(
  rows: number,
  resampling: Resampling,
  difference: (rows: Int32Array) => number,
): PairedDifference {
  const drawn: number[] = [];
  const interval = bootstrapInterval(rows, resampling, (chosen) => {
    const value = difference(chosen);
    drawn.push(value);
    return value;
  });
  // The first is the estimate itself.
  const replicates = drawn.slice(1).filter((value) => !Number.isNaN(value));
  const notAbove = replicates.filter((value) => value <= 0).length;
  const notBelow = replicates.filter((value) => value >= 0).length;
  const smaller = (1 + Math.min(notAbove, notBelow)) / (1 + replicates.length);
  return { ...interval, pValue: Math.min(1, 2 * smaller) };
}
