/** Making probabilities mean what they say: several maps are fitted, and rows that none has seen choose among them. */
import { DataError, invariant } from '../../domain/core/index.ts';
import { logLoss } from '../../domain/validation/index.ts';
import { applyDirichlet, type DirichletCalibration, fitDirichlet } from './dirichlet.ts';
import { applyIsotonic, fitIsotonic, type IsotonicCalibration } from './isotonic.ts';
import { applyTemperature, fitTemperature, type TemperatureScaling } from './temperature.ts';

/** Plain data: it is stored as JSON beside the model that it belongs to. */
export type Calibrator =
  { readonly method: 'none' } | TemperatureScaling | IsotonicCalibration | DirichletCalibration;

export type CalibrationMethod = Calibrator['method'];

const FITS: Readonly<
  Record<CalibrationMethod, (probabilities: Float64Array, labels: ArrayLike<number>) => Calibrator>
> = {
  none: () => ({ method: 'none' }),
  temperature: fitTemperature,
  dirichlet: fitDirichlet,
  isotonic: fitIsotonic,
};

export const CALIBRATION_METHODS = Object.keys(FITS) as readonly CalibrationMethod[];

/** @param probabilities `[rows × classes]`; not changed */
export function calibrate(
  calibrator: Calibrator,
  probabilities: Float64Array,
  classes: number,
): Float64Array {
  switch (calibrator.method) {
    case 'none':
      return probabilities;
    case 'temperature':
      return applyTemperature(calibrator, probabilities, classes);
    case 'isotonic':
      return applyIsotonic(calibrator, probabilities, classes);
    case 'dirichlet':
      return applyDirichlet(calibrator, probabilities, classes);
  }
}

export interface ScoredLabels {
  /** `[rows × classes]`, row-major. */
  readonly probabilities: Float64Array;
  /** `[rows]` classes from 0. */
  readonly labels: ArrayLike<number>;
}

export function fitCalibrator(method: CalibrationMethod, rows: ScoredLabels): Calibrator {
  requireRows(rows, 'fit');
  return FITS[method](rows.probabilities, rows.labels);
}

export interface CalibrationChoice {
  /** The method of least loss, fitted again on all rows. */
  readonly calibrator: Calibrator;
  /** Log loss in nats of each method on the rows that it was not fitted on. */
  readonly heldOut: Readonly<Record<CalibrationMethod, number>>;
}

/**
 * Fits every method on `fit`, keeps the one of least log loss on `judge` and fits it again on `all` of them. A method
 * must be better than doing nothing, or nothing is done.
 * @throws DataError when a part has no rows
 */
export function chooseCalibrator(
  fit: ScoredLabels,
  judge: ScoredLabels,
  all: ScoredLabels,
): CalibrationChoice {
  requireRows(judge, 'judge');
  const classes = judge.probabilities.length / judge.labels.length;
  const losses = CALIBRATION_METHODS.map((method): readonly [CalibrationMethod, number] => {
    const map = fitCalibrator(method, fit);
    return [method, logLoss(judge.labels, calibrate(map, judge.probabilities, classes))];
  });
  const best = losses.reduce((a, b) => (b[1] < a[1] ? b : a));
  return {
    calibrator: fitCalibrator(best[0], all),
    heldOut: Object.fromEntries(losses) as Record<CalibrationMethod, number>,
  };
}

function requireRows({ probabilities, labels }: ScoredLabels, purpose: string): void {
  if (labels.length === 0) {
    throw new DataError(`there are no rows to ${purpose} a calibration on; bring more data`, {
      code: 'CALIBRATION_ROWS_MISSING',
    });
  }
  invariant(probabilities.length % labels.length === 0, 'calibration needs whole rows of probabilities', {
    rows: labels.length,
    probabilities: probabilities.length,
  });
}
