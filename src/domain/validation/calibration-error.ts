/** Do probabilities mean what they say? Top-label reliability and its summary. */
import { invariant } from '../core/index.ts';

export interface ReliabilityBin {
  /** Confidences in `(lower, upper]`; the first bin also holds 0. */
  readonly lower: number;
  readonly upper: number;
  readonly count: number;
  /** Mean probability of the top class, and how often that class was right; NaN in an empty bin. */
  readonly confidence: number;
  readonly accuracy: number;
}

export interface Calibration {
  /** Expected calibration error: `Σ count/rows · |accuracy − confidence|`, in [0, 1]. */
  readonly ece: number;
  readonly bins: readonly ReliabilityBin[];
}

/**
 * Top-label calibration over bins of equal width. The top class is the one of greatest probability, whatever the
 * decision rule makes of it.
 * Source: Guo, Pleiss, Sun & Weinberger, On Calibration of Modern Neural Networks (2017), equation 3, 15 bins.
 *
 * @param labels `[rows]` classes from 0
 * @param probabilities `[rows × classes]`, row-major
 */
export function topLabelCalibration(
  labels: ArrayLike<number>,
  probabilities: Float64Array,
  binCount = 15,
): Calibration {
  const rows = labels.length;
  const classes = probabilities.length / rows;
  invariant(rows > 0 && Number.isInteger(classes), 'calibration needs one row of probabilities a label', {
    rows,
    probabilities: probabilities.length,
  });
  const counts = new Float64Array(binCount);
  const confidences = new Float64Array(binCount);
  const hits = new Float64Array(binCount);
  for (let row = 0; row < rows; row++) {
    let top = 0;
    for (let k = 1; k < classes; k++) {
      if (probabilities[row * classes + k]! > probabilities[row * classes + top]!) top = k;
    }
    const confidence = probabilities[row * classes + top]!;
    const bin = Math.min(Math.max(Math.ceil(confidence * binCount) - 1, 0), binCount - 1);
    counts[bin]! += 1;
    confidences[bin]! += confidence;
    if (labels[row] === top) hits[bin]! += 1;
  }
  let ece = 0;
  const bins = Array.from(counts, (count, i) => {
    const confidence = confidences[i]! / count;
    const accuracy = hits[i]! / count;
    if (count > 0) ece += (count / rows) * Math.abs(accuracy - confidence);
    return { lower: i / binCount, upper: (i + 1) / binCount, count, confidence, accuracy };
  });
  return { ece, bins };
}
