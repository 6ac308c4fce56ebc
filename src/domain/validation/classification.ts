/** How good are decisions and the probabilities behind them: the figures of every report, with their definitions. */
import { invariant } from '../core/index.ts';
import { classTotals, confusionMatrix, macroF1 } from '../math/index.ts';
import { type Calibration, topLabelCalibration } from './calibration-error.ts';

export interface ClassScore {
  /** Share of the rows decided for this class that are of it; NaN when none was. */
  readonly precision: number;
  /** Share of the rows of this class that were found; NaN when there is none. */
  readonly recall: number;
  /** `2·TP / (2·TP + FP + FN)`; 0 when the class neither occurs nor is predicted. */
  readonly f1: number;
  /** Rows of this class, and rows decided for it. */
  readonly support: number;
  readonly predicted: number;
}

export interface ClassificationReport {
  readonly rows: number;
  /** `[truth][prediction]` counts. */
  readonly confusion: readonly (readonly number[])[];
  readonly classes: readonly ClassScore[];
  readonly accuracy: number;
  /** Unweighted mean of the classes' F1. */
  readonly macroF1: number;
  readonly mcc: number;
  readonly logLoss: number;
  readonly brier: number;
  readonly calibration: Calibration;
}

interface ReportInput {
  /** `[rows]` classes `0 … classes − 1`, every row labelled. */
  readonly labels: ArrayLike<number>;
  /** `[rows × classes]`, row-major. */
  readonly probabilities: Float64Array;
  /** `[rows]` what was decided on these probabilities, by the rule in use. */
  readonly predictions: ArrayLike<number>;
  readonly calibrationBins?: number;
}

export function classificationReport(input: ReportInput): ClassificationReport {
  const { labels, probabilities, predictions, calibrationBins } = input;
  const rows = labels.length;
  const classes = probabilities.length / rows;
  invariant(rows > 0 && Number.isInteger(classes), 'a report needs one row of probabilities a label', {
    rows,
    probabilities: probabilities.length,
  });
  const confusion = confusionMatrix(labels, predictions, classes);
  const scores = classScores(confusion, classes);
  let hits = 0;
  for (let k = 0; k < classes; k++) hits += confusion[k * classes + k]!;
  return {
    rows,
    confusion: Array.from({ length: classes }, (_, k) => [
      ...confusion.subarray(k * classes, (k + 1) * classes),
    ]),
    classes: scores,
    accuracy: hits / rows,
    macroF1: macroF1(confusion, classes),
    mcc: matthewsCorrelation(confusion, classes),
    logLoss: logLoss(labels, probabilities),
    brier: brierScore(labels, probabilities),
    calibration: topLabelCalibration(labels, probabilities, calibrationBins),
  };
}

function classScores(confusion: Int32Array, classes: number): readonly ClassScore[] {
  return Array.from({ length: classes }, (_, k) => {
    const { hits, truths: support, predictions: predicted } = classTotals(confusion, classes, k);
    return {
      precision: hits / predicted,
      recall: hits / support,
      f1: support + predicted > 0 ? (2 * hits) / (support + predicted) : 0,
      support,
      predicted,
    };
  });
}

/**
 * Matthews' correlation of decisions and truth over any number of classes, in [−1, 1]; 0 when all rows have one truth
 * or one decision.
 * Source: Gorodkin, Comparing two K-category assignments by a K-category correlation coefficient (2004), R_K.
 *
 * @param confusion `[classes × classes]` counts, row = truth
 */
export function matthewsCorrelation(confusion: ArrayLike<number>, classes: number): number {
  let rows = 0;
  let hits = 0;
  let cross = 0;
  let truthSquares = 0;
  let predictionSquares = 0;
  for (let k = 0; k < classes; k++) {
    const { hits: own, truths, predictions } = classTotals(confusion, classes, k);
    rows += truths;
    hits += own;
    cross += truths * predictions;
    truthSquares += truths * truths;
    predictionSquares += predictions * predictions;
  }
  const spread = Math.sqrt((rows * rows - truthSquares) * (rows * rows - predictionSquares));
  return spread > 0 ? (hits * rows - cross) / spread : 0;
}

/** A probability below this is counted as this much: a certainty that fails costs 34.5 nats, not infinitely many. */
const LOG_LOSS_FLOOR = 1e-15;

/** Mean of `−ln p(truth)` in nats, each probability clipped to at least 1e-15. `probabilities` is `[rows × classes]`. */
export function logLoss(labels: ArrayLike<number>, probabilities: Float64Array): number {
  const classes = probabilities.length / labels.length;
  let sum = 0;
  for (let row = 0; row < labels.length; row++) {
    sum -= Math.log(Math.max(truthProbability(labels, probabilities, row, classes), LOG_LOSS_FLOOR));
  }
  return sum / labels.length;
}

/**
 * Mean over rows of `Σ_k (p_k − [truth = k])²`, in [0, 2]: the score over all classes, twice the binary convention.
 * Source: Brier, Verification of forecasts expressed in terms of probability (1950). `probabilities` is
 * `[rows × classes]`.
 */
export function brierScore(labels: ArrayLike<number>, probabilities: Float64Array): number {
  const classes = probabilities.length / labels.length;
  let sum = 0;
  for (let row = 0; row < labels.length; row++) {
    let squares = 0;
    for (let k = 0; k < classes; k++) squares += probabilities[row * classes + k]! ** 2;
    // (p − 1)² instead of p² for the truth.
    sum += squares + 1 - 2 * truthProbability(labels, probabilities, row, classes);
  }
  return sum / labels.length;
}

function truthProbability(
  labels: ArrayLike<number>,
  probabilities: Float64Array,
  row: number,
  classes: number,
): number {
  const label = labels[row]!;
  const probability = label >= 0 && label < classes ? probabilities[row * classes + label]! : Number.NaN;
  invariant(probability >= 0, 'every row needs a class and a probability for it', {
    row,
    label,
    probability,
  });
  return probability;
}
