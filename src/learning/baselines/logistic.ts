/**
 * Multinomial logistic regression on standardised features: the linear baseline beside every network and tree.
 *
 * Least value of `C · Σ weight · −ln p(truth) + ½ ‖coefficients‖²`, intercepts free, as scikit-learn's
 * `LogisticRegression`. A class that training never shows has probability 0.
 */
import { DataError, invariant } from '../../domain/core/index.ts';
import { softmaxInPlace } from '../../domain/math/index.ts';
import { minimise, scoresInto } from './multinomial-newton.ts';

export interface LogisticModel {
  readonly featureNames: readonly string[];
  /** `[columns]` statistics of the training rows: mean, and standard deviation (1 where a feature is constant). */
  readonly mean: Float64Array;
  readonly scale: Float64Array;
  /** `[classes × (columns + 1)]` on standardised features, the intercept last; −Infinity for a class never seen. */
  readonly coefficients: Float64Array;
  readonly classes: number;
}

interface LogisticTraining {
  /** `[rows × featureNames.length]`, row-major, finite. */
  readonly features: Float64Array;
  readonly featureNames: readonly string[];
  /** `[rows]` classes `0 … classes − 1`. */
  readonly labels: ArrayLike<number>;
  readonly classes: number;
  /** `[rows]`, default 1 each. */
  readonly weights?: Float64Array;
  /** scikit-learn's C; default 1. */
  readonly inverseRegularisation?: number;
}

/** @throws DataError when there are no rows, a feature is not finite, or a label is no class */
export function trainLogistic(training: LogisticTraining): LogisticModel {
  const { features, featureNames, labels, classes } = training;
  const columns = featureNames.length;
  const rows = labels.length;
  checkRows(training);
  const { mean, scale } = columnStatistics(features, rows, columns);
  const seen = Array.from({ length: classes }, (_, k) => k).filter((k) =>
    Array.prototype.includes.call(labels, k),
  );
  const fitted = minimise({
    inputs: standardise(features, { mean, scale }),
    rows,
    width: columns + 1,
    targets: Int32Array.from(labels, (label) => seen.indexOf(label)),
    classes: seen.length,
    weights: training.weights ?? new Float64Array(rows).fill(1),
    inverseRegularisation: training.inverseRegularisation ?? 1,
  });
  const coefficients = new Float64Array(classes * (columns + 1));
  for (let k = 0; k < classes; k++) {
    const row = seen.indexOf(k);
    const start = k * (columns + 1);
    if (row < 0) coefficients[start + columns] = -Infinity;
    else coefficients.set(fitted.subarray(row * (columns + 1), (row + 1) * (columns + 1)), start);
  }
  return { featureNames, mean, scale, coefficients, classes };
}

/** Probabilities `[rows × classes]` of raw `features` `[rows × columns]`. */
export function predictLogistic(model: LogisticModel, features: Float64Array): Float64Array {
  const { classes, coefficients } = model;
  const width = model.mean.length + 1;
  const inputs = standardise(features, model);
  const rows = inputs.length / width;
  const probabilities = new Float64Array(rows * classes);
  for (let row = 0; row < rows; row++) {
    scoresInto(probabilities, row * classes, { inputs, row, width, coefficients, classes });
    softmaxInPlace(probabilities, row * classes, classes);
  }
  return probabilities;
}

interface Scaling {
  readonly mean: Float64Array;
  readonly scale: Float64Array;
}

/** `[rows × (columns + 1)]`: z-scores, and a last column of ones. */
function standardise(features: Float64Array, { mean, scale }: Scaling): Float64Array {
  const columns = mean.length;
  const rows = features.length / columns;
  invariant(Number.isInteger(rows), 'features come in whole rows', { length: features.length, columns });
  const inputs = new Float64Array(rows * (columns + 1)).fill(1);
  for (let row = 0; row < rows; row++) {
    for (let c = 0; c < columns; c++) {
      inputs[row * (columns + 1) + c] = (features[row * columns + c]! - mean[c]!) / scale[c]!;
    }
  }
  return inputs;
}

function columnStatistics(features: Float64Array, rows: number, columns: number): Scaling {
  const mean = new Float64Array(columns);
  const scale = new Float64Array(columns);
  for (let c = 0; c < columns; c++) {
    let sum = 0;
    for (let row = 0; row < rows; row++) sum += features[row * columns + c]!;
    mean[c] = sum / rows;
    let squares = 0;
    for (let row = 0; row < rows; row++) squares += (features[row * columns + c]! - mean[c]!) ** 2;
    const deviation = Math.sqrt(squares / rows);
    // Below this the spread is rounding: the feature is constant.
    scale[c] = deviation > 1e-12 * Math.abs(mean[c]!) ? deviation : 1;
  }
  return { mean, scale };
}

function checkRows({ features, featureNames, labels, classes, weights }: LogisticTraining): void {
  const columns = featureNames.length;
  const rows = labels.length;
  invariant(
    features.length === rows * columns && (weights === undefined || weights.length === rows),
    'features and weights do not have one row a label',
    { rows, columns, features: features.length },
  );
  if (rows === 0) {
    throw new DataError('logistic regression needs labelled rows, and got none', {
      code: 'TRAINING_ROWS_MISSING',
    });
  }
  for (let row = 0; row < rows; row++) {
    const label = labels[row]!;
    if (!(Number.isInteger(label) && label >= 0 && label < classes)) {
      throw new DataError(`row ${row} has label ${label}, which is none of the ${classes} classes`, {
        code: 'LABEL_NOT_A_CLASS',
        context: { row, label, classes },
      });
    }
  }
  const bad = features.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    const feature = featureNames[bad % columns]!;
    const row = Math.floor(bad / columns);
    throw new DataError(`feature ${feature} of row ${row} is ${features[bad]}: leave such rows out`, {
      code: 'FEATURE_NOT_FINITE',
      context: { row, feature },
    });
  }
}
