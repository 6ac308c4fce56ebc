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
 * Fills `gradients`, one `[rows × 2]` array an output: first and second derivative of the weighted loss by turns.
 *
 * Softmax: `g_k = p_k − [truth = k]`, `h_k = 2 p_k (1 − p_k)`. Logistic: `g = p − y`, `h = p (1 − p)`. Squares:
 * `g = ŷ − y`, `h = 1`.
 *
 * @param margins `[rows × outputs]`, row-major
 */
export function computeGradients(
  objective: BoostingObjective,
  targets: Targets,
  margins: Float32Array,
  gradients: readonly Float32Array[],
): void {
  if (objective === 'multi:softprob') softmaxGradients(targets, margins, gradients);
  else
    singleGradients(targets, margins, { gradient: gradients[0]!, logistic: objective === 'binary:logistic' });
}

function softmaxGradients(
  { labels, weights }: Targets,
  margins: Float32Array,
  gradients: readonly Float32Array[],
): void {
  const outputs = gradients.length;
  const p = new Float64Array(outputs);
  for (let row = 0; row < weights.length; row++) {
    const start = row * outputs;
    let largest = -Infinity;
    for (let k = 0; k < outputs; k++) largest = Math.max(largest, margins[start + k]!);
    let sum = 0;
    for (let k = 0; k < outputs; k++) {
      p[k] = Math.exp(margins[start + k]! - largest);
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
  { gradient, logistic }: { readonly gradient: Float32Array; readonly logistic: boolean },
): void {
  for (let row = 0; row < weights.length; row++) {
    const prediction = logistic ? 1 / (1 + Math.exp(-margins[row]!)) : margins[row]!;
    gradient[2 * row] = (prediction - labels[row]!) * weights[row]!;
    gradient[2 * row + 1] =
      (logistic ? Math.max(prediction * (1 - prediction), LEAST_HESSIAN) : 1) * weights[row]!;
  }
}

/**
 * Turns margins `[rows × outputs]`, row-major, into predictions of the same shape: probabilities of the classes, the
 * probability of class 1, or the value itself.
 */
export function predictionsOf(
  objective: BoostingObjective,
  margins: Float32Array,
  outputs: number,
): Float64Array {
  const predictions = Float64Array.from(margins);
  if (objective === 'binary:logistic') {
    for (let i = 0; i < predictions.length; i++) predictions[i] = 1 / (1 + Math.exp(-predictions[i]!));
  } else if (objective === 'multi:softprob') {
    for (let start = 0; start < predictions.length; start += outputs)
      softmaxInPlace(predictions, start, outputs);
  }
  return predictions;
}

/** Weighted mean log loss of the predictions, or root mean squared error: XGBoost's default metric of each objective. */
export function evaluationLoss(
  objective: BoostingObjective,
  targets: Targets,
  margins: Float32Array,
): number {
  const { labels, weights } = targets;
  const outputs = margins.length / weights.length;
  const predictions = predictionsOf(objective, margins, outputs);
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
