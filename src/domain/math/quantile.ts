import { invariant } from '../core/index.ts';

/**
 * Quantile of an ascending sample by linear interpolation between the two neighbouring order statistics.
 * Source: Hyndman & Fan (1996), type 7, the default of NumPy and R. `share` in [0, 1]; a sample of none gives NaN.
 */
export function quantileOfSorted(sorted: Float64Array, share: number): number {
  invariant(share >= 0 && share <= 1, 'a quantile needs a share between 0 and 1', { share });
  if (sorted.length === 0) return Number.NaN;
  const position = share * (sorted.length - 1);
  const below = Math.floor(position);
  const lower = sorted[below]!;
  const upper = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return lower + (position - below) * (upper - lower);
}
