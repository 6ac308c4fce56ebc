/**
 * A linear map of the log probabilities followed by a softmax; with two classes it is Platt's and beta calibration's
 * generalisation.
 * Sources: Kull et al., Beyond temperature scaling: Dirichlet calibration (2019); Platt, Probabilistic Outputs for
 * Support Vector Machines (1999).
 */
import { predictLogistic, trainLogistic } from '../baselines/index.ts';
import { logProbabilities } from './log-probabilities.ts';

export interface DirichletCalibration {
  readonly method: 'dirichlet';
  /** `[classes]` statistics of the log probabilities that the map was fitted on. */
  readonly mean: readonly number[];
  readonly scale: readonly number[];
  /** `[classes × (classes + 1)]` on standardised log probabilities, the intercept last. */
  readonly coefficients: readonly number[];
}

/** Weak ridge on everything but the intercepts: the map may move far if the rows say so. */
const INVERSE_REGULARISATION = 10;

const namesOf = (classes: number): readonly string[] => Array.from({ length: classes }, (_, k) => `ln p${k}`);

export function fitDirichlet(probabilities: Float64Array, labels: ArrayLike<number>): DirichletCalibration {
  const classes = probabilities.length / labels.length;
  const { mean, scale, coefficients } = trainLogistic({
    features: logProbabilities(probabilities),
    featureNames: namesOf(classes),
    labels,
    classes,
    inverseRegularisation: INVERSE_REGULARISATION,
  });
  return {
    method: 'dirichlet',
    mean: [...mean],
    scale: [...scale],
    // JSON knows no −Infinity, the intercept of a class that never occurred.
    coefficients: Array.from(coefficients, (c) => Math.max(c, -Number.MAX_VALUE)),
  };
}

/** @param probabilities `[rows × classes]`; not changed */
export function applyDirichlet(
  { mean, scale, coefficients }: DirichletCalibration,
  probabilities: Float64Array,
  classes: number,
): Float64Array {
  const model = {
    featureNames: namesOf(classes),
    mean: Float64Array.from(mean),
    scale: Float64Array.from(scale),
    coefficients: Float64Array.from(coefficients),
    classes,
  };
  return predictLogistic(model, logProbabilities(probabilities));
}
