/** Log loss row by row, and how sure its mean is. */
import { logLoss } from '../../domain/validation/index.ts';

export interface ScoredLabels {
  /** `[rows × classes]`, row-major. */
  readonly probabilities: Float64Array;
  /** `[rows]` classes from 0. */
  readonly labels: ArrayLike<number>;
}

/** `[rows]` in nats. */
export function rowLosses({ probabilities, labels }: ScoredLabels): Float64Array {
  const classes = probabilities.length / labels.length;
  return Float64Array.from({ length: labels.length }, (_, row) =>
    logLoss([labels[row]!], probabilities.subarray(row * classes, (row + 1) * classes)),
  );
}

/** @param independent how many of the values count as independent */
export function standardErrorOfMean(values: Float64Array, independent: number): number {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return Math.sqrt(variance / independent);
}
