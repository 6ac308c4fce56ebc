/** What a classifier's decisions look like against the truth, and the score that model selection uses. */
import { invariant } from '../core/index.ts';

/**
 * Counts `[classes × classes]`, row = truth, column = prediction.
 * Both inputs hold class numbers `0 … classes − 1`; a negative label is a row without truth and is skipped.
 */
export function confusionMatrix(
  labels: ArrayLike<number>,
  predictions: ArrayLike<number>,
  classes: number,
): Int32Array {
  invariant(
    labels.length === predictions.length,
    'confusionMatrix: labels and predictions differ in length',
    {
      labels: labels.length,
      predictions: predictions.length,
    },
  );
  const counts = new Int32Array(classes * classes);
  for (let i = 0; i < labels.length; i++) {
    const truth = labels[i]!;
    if (truth < 0) continue;
    const prediction = predictions[i]!;
    invariant(truth < classes && prediction >= 0 && prediction < classes, 'confusionMatrix: not a class', {
      row: i,
      truth,
      prediction,
    });
    counts[truth * classes + prediction]! += 1;
  }
  return counts;
}

export interface ClassTotals {
  /** Rows of the class that were decided for it. */
  readonly hits: number;
  /** Rows of the class, and rows decided for it. */
  readonly truths: number;
  readonly predictions: number;
}

/** Sums over one class's row and column of a confusion matrix `[classes × classes]`, row = truth. */
export function classTotals(confusion: ArrayLike<number>, classes: number, k: number): ClassTotals {
  let truths = 0;
  let predictions = 0;
  for (let j = 0; j < classes; j++) {
    truths += confusion[k * classes + j]!;
    predictions += confusion[j * classes + k]!;
  }
  return { hits: confusion[k * classes + k]!, truths, predictions };
}

/**
 * Unweighted mean of the classes' F1 = 2·TP / (2·TP + FP + FN), in [0, 1].
 * A class without truth and without prediction scores 0 (scikit-learn's `f1_score(average='macro',
 * labels=all classes, zero_division=0)`).
 */
export function macroF1(confusion: ArrayLike<number>, classes: number): number {
  let sum = 0;
  for (let k = 0; k < classes; k++) {
    const { hits, truths, predictions } = classTotals(confusion, classes, k);
    if (truths + predictions > 0) sum += (2 * hits) / (truths + predictions);
  }
  return sum / classes;
}
