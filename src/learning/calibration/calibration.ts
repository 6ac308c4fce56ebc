/** Making probabilities mean what they say: several maps are fitted, and rows that none has seen choose among them. */
import { DataError, invariant } from '../../domain/core/index.ts';
import { logLoss } from '../../domain/validation/index.ts';
import { applyDirichlet, type DirichletCalibration, fitDirichlet } from './dirichlet.ts';
import { applyIsotonic, fitIsotonic, type IsotonicCalibration } from './isotonic.ts';
import { rowLosses, type ScoredLabels, standardErrorOfMean } from './loss.ts';
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

export function fitCalibrator(method: CalibrationMethod, rows: ScoredLabels): Calibrator {
  requireRows(rows, 'fit');
  return FITS[method](rows.probabilities, rows.labels);
}

export interface JudgingLabels extends ScoredLabels {
  /** About how many independent outcomes the rows hold, where labels overlap in time; default: one a row. */
  readonly independent?: number;
}

export interface CalibrationChoice {
  /** The method chosen, fitted again on all rows. */
  readonly calibrator: Calibrator;
  /** Log loss in nats of each method on the rows that it was not fitted on. */
  readonly heldOut: Readonly<Record<CalibrationMethod, number>>;
  /** Of each method's difference in log loss from doing nothing. */
  readonly standardErrors: Readonly<Record<CalibrationMethod, number>>;
}

/** Fewer independent outcomes than these choose nothing; a convention. */
const FEWEST_OUTCOMES = 10;
/** How many standard errors better than doing nothing a method must be. */
export const MARGIN_OF_GAIN = 2;

/**
 * Fits every method on `fit`, keeps the one of least log loss on `judge` and fits it again on `all` of them. A method
 * must be better than doing nothing by more than two standard errors of the difference, or nothing is done: three methods are
 * tried, and the rows hold few independent outcomes. With fewer than ten of them nothing is done.
 * @throws DataError when a part has no rows
 */
export function chooseCalibrator(
  fit: ScoredLabels,
  judge: JudgingLabels,
  all: ScoredLabels,
): CalibrationChoice {
  requireRows(judge, 'judge');
  const classes = judge.probabilities.length / judge.labels.length;
  const undone = rowLosses(judge);
  const judged = CALIBRATION_METHODS.map((method) => {
    const probabilities = calibrate(fitCalibrator(method, fit), judge.probabilities, classes);
    const done = rowLosses({ ...judge, probabilities });
    const gains = undone.map((loss, row) => loss - done[row]!);
    return {
      method,
      loss: logLoss(judge.labels, probabilities),
      standardError: standardErrorOfMean(gains, judge.independent ?? gains.length),
    };
  });
  const [nothing] = judged;
  const outcomes = judge.independent ?? judge.labels.length;
  const better = judged.filter(
    ({ loss, standardError }) =>
      outcomes >= FEWEST_OUTCOMES && loss < nothing!.loss - MARGIN_OF_GAIN * standardError,
  );
  const best = better.reduce((a, b) => (b.loss < a.loss ? b : a), nothing!);
  const byMethod = (value: (one: (typeof judged)[number]) => number) =>
    Object.fromEntries(judged.map((one) => [one.method, value(one)])) as Record<CalibrationMethod, number>;
  return {
    calibrator: fitCalibrator(best.method, all),
    heldOut: byMethod(({ loss }) => loss),
    standardErrors: byMethod(({ standardError }) => standardError),
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
