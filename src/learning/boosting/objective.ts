/**
 * Loss functions: first and second derivatives, the margin to begin with, and the score that stops training.
 * Formulas are XGBoost's, float32 where it has float32.
 */
import { softmaxInPlace } from '../../domain/math/index.ts';
import type { BoostingObjective } from './parameters.ts';

/** XGBoost's kRtEps: the least share of a class, and the least gain worth a split. */
export const SMALL = 1e-6;
const LEAST_HESSIAN = 1e-16;
const LEAST_PROBABILITY = 1e-16;

export interface Targets {
  /** `[rows]` class numbers, or real values for `reg:squarederror`. */
  readonly labels: ArrayLike<number>;
  /** `[rows]` */
  readonly weights: Float32Array;
}

/**
 * `[outputs]` margins before the first tree, as XGBoost 3 estimates them: the weighted mean of a regression, the
 * log-odds of two classes, the logarithms of the classes' weighted shares less their mean.
 */
export function baseMargins(objective: BoostingObjective, targets: Targets, outputs: number): Float32Array {
  const { labels, weights } = targets;
  let total = 0;
  let weighted = 0;
  const shares = new Float64Array(outputs);
  for (let row = 0; row < weights.length; row++) {
    total += weights[row]!;
    weighted += weights[row]! * labels[row]!;
    if (objective === 'multi:softprob') shares[labels[row]!]! += weights[row]!;
  }
  const mean = weighted / total;
  switch (objective) {
    case 'reg:squarederror':
      return Float32Array.of(mean);
    case 'binary:logistic': {
      const share = Math.min(Math.max(mean, SMALL), 1 - SMALL);
      return Float32Array.of(Math.log(share / (1 - share)));
    }
    case 'multi:softprob': {
      const logs = shares.map((share) => Math.log(Math.max(share / total, SMALL)));
      const centre = logs.reduce((a, b) => a + b) / outputs;
      return Float32Array.from(logs, (log) => log - centre);
    }
  }
}

/**
 * Fills `gradients[from … to − 1]`, one `[rows × 2]` array an output: first and second derivative of the weighted loss
 * by turns.
 *
 * Softmax: `g_k = p_k − [truth = k]`, `h_k = 2 p_k (1 − p_k)`. Logistic: `g = p − y`, `h = p (1 − p)`. Squares:
 * `g = ŷ − y`, `h = 1`.
 *
 * @param margins one `[rows]` array an output
 */
export function computeGradients(
  objective: BoostingObjective,
  targets: Targets,
  margins: readonly Float32Array[],
  { gradients, from, to }: GradientRange,
): void {
  if (objective === 'multi:softprob') softmaxGradients(targets, margins, { gradients, from, to });
  else {
    const logistic = objective === 'binary:logistic';
    singleGradients(targets, margins[0]!, { gradients, from, to }, logistic);
  }
}

export interface GradientRange {
  readonly gradients: readonly Float32Array[];
  readonly from: number;
  readonly to: number;
}

function softmaxGradients(
  { labels, weights }: Targets,
  margins: readonly Float32Array[],
  { gradients, from, to }: GradientRange,
): void {
  const outputs = gradients.length;
  const p = new Float64Array(outputs);
  for (let row = from; row < to; row++) {
    let largest = -Infinity;
    for (let k = 0; k < outputs; k++) {
      const margin = margins[k]![row]!;
      if (margin > largest) largest = margin;
    }
    let sum = 0;
    for (let k = 0; k < outputs; k++) {
      p[k] = Math.exp(margins[k]![row]! - largest);
      sum += p[k]!;
    }
    const weight = weights[row]!;
    const label = labels[row];
    for (let k = 0; k < outputs; k++) {
      const probability = p[k]! / sum;
      const gradient = gradients[k]!;
      gradient[2 * row] = (k === label ? probability - 1 : probability) * weight;
      gradient[2 * row + 1] = Math.max(2 * probability * (1 - probability), LEAST_HESSIAN) * weight;
    }
  }
}

function singleGradients(
  { labels, weights }: Targets,
  margins: Float32Array,
  { gradients, from, to }: GradientRange,
  logistic: boolean,
): void {
  const gradient = gradients[0]!;
  for (let row = from; row < to; row++) {
    const prediction = logistic ? 1 / (1 + Math.exp(-margins[row]!)) : margins[row]!;
    gradient[2 * row] = (prediction - labels[row]!) * weights[row]!;
    gradient[2 * row + 1] =
      (logistic ? Math.max(prediction * (1 - prediction), LEAST_HESSIAN) : 1) * weights[row]!;
  }
}

/**
 * Turns margins `[rows × outputs]`, row-major, into predictions, in place: probabilities of the classes, the
 * probability of class 1, or the value itself.
 */
export function predictInPlace(objective: BoostingObjective, margins: Float64Array, outputs: number): void {
  if (objective === 'binary:logistic') {
    for (let i = 0; i < margins.length; i++) margins[i] = 1 / (1 + Math.exp(-margins[i]!));
  } else if (objective === 'multi:softprob') {
    for (let start = 0; start < margins.length; start += outputs) softmaxInPlace(margins, start, outputs);
  }
}

/** Weighted mean log loss of the predictions, or root mean squared error: XGBoost's default metric of each objective. */
export function evaluationLoss(
  objective: BoostingObjective,
  targets: Targets,
  predictions: Float64Array,
): number {
  const { labels, weights } = targets;
  const outputs = predictions.length / weights.length;
  let sum = 0;
  let total = 0;
  for (let row = 0; row < weights.length; row++) {
    const label = labels[row]!;
    const prediction = predictions[row * outputs + (outputs > 1 ? label : 0)]!;
    let loss: number;
    if (objective === 'reg:squarederror') loss = (prediction - label) ** 2;
    else {
      const truth = outputs === 1 && label === 0 ? 1 - prediction : prediction;
      loss = -Math.log(Math.max(truth, LEAST_PROBABILITY));
    }
    sum += weights[row]! * loss;
    total += weights[row]!;
  }
  return objective === 'reg:squarederror' ? Math.sqrt(sum / total) : sum / total;
}
