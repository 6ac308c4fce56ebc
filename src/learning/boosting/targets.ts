import { DataError, invariant } from '../../domain/core/index.ts';
import type { Targets } from './objective.ts';
import type { BoostingParameters } from './parameters.ts';

export interface LabelledRows {
  /** `[rows × columns]`, row-major; NaN is a missing value. */
  readonly features: Float64Array;
  /** `[rows]` class numbers from 0, or real values for `reg:squarederror`. */
  readonly labels: ArrayLike<number>;
  /** `[rows]`, default 1 each. */
  readonly weights?: ArrayLike<number>;
  /**
   * `[rows × outputs]`, row-major: where the prediction of each row begins, instead of at one margin for all rows, such as
   * the logarithms of another model's probabilities. XGBoost's `base_margin`.
   */
  readonly margins?: ArrayLike<number>;
}

/**
 * Checks rows and puts their labels and weights into shared memory.
 *
 * @throws DataError on a label that the objective cannot use, a weight that is none, or no rows
 */
export function targetsOf(
  part: 'training' | 'validation' | 'evaluation',
  { features, labels, weights, margins }: LabelledRows,
  featureNames: readonly string[],
  { objective, classes }: Pick<BoostingParameters, 'objective' | 'classes'>,
): Targets {
  const rows = labels.length;
  invariant(
    features.length === rows * featureNames.length && (weights?.length ?? rows) === rows,
    'boosting needs one row of features and one weight a label',
    { part, rows, features: features.length, columns: featureNames.length },
  );
  const outputs = objective === 'multi:softprob' ? classes : 1;
  invariant(
    (margins?.length ?? rows * outputs) === rows * outputs,
    'boosting needs one margin an output and row',
    {
      part,
      rows,
      outputs,
      margins: margins?.length,
    },
  );
  for (let i = 0; i < (margins?.length ?? 0); i++) {
    if (Number.isFinite(margins![i])) continue;
    throw new DataError(
      `${part} row ${Math.floor(i / outputs)} begins at margin ${margins![i]}: margins are finite`,
      {
        code: 'MARGIN_INVALID',
        context: { part, row: Math.floor(i / outputs) },
      },
    );
  }
  if (rows === 0) {
    throw new DataError(`boosting needs ${part} rows, and got none`, { code: 'TRAINING_ROWS_MISSING' });
  }
  const classCount = objective === 'multi:softprob' ? classes : 2;
  for (let row = 0; row < rows; row++) {
    const label = labels[row]!;
    const usable =
      objective === 'reg:squarederror'
        ? Number.isFinite(label)
        : Number.isInteger(label) && label >= 0 && label < classCount;
    if (!usable) {
      throw new DataError(`${part} row ${row} has label ${label}, which ${objective} cannot use`, {
        code: 'LABEL_NOT_A_CLASS',
        context: { part, row, label },
      });
    }
    const weight = weights?.[row] ?? 1;
    if (!(weight >= 0 && weight < Infinity)) {
      throw new DataError(`${part} row ${row} has weight ${weight}: weights are finite and not negative`, {
        code: 'WEIGHT_INVALID',
        context: { part, row, weight },
      });
    }
  }
  const shared = {
    labels: new Float64Array(new SharedArrayBuffer(8 * rows)),
    weights: new Float32Array(new SharedArrayBuffer(4 * rows)).fill(1),
  };
  shared.labels.set(labels);
  if (weights !== undefined) shared.weights.set(weights);
  return shared;
}
