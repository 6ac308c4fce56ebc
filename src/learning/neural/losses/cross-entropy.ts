import { ConfigError } from '../../../domain/core/index.ts';
import { type Value, constant } from '../graph/graph.ts';
import { sameShape, shapeError, staticDim } from '../graph/shape.ts';
import { intTensor } from '../graph/tensor.ts';
import { add, div, equals, mul, negate, sub } from '../operations/arithmetic.ts';
import { reduceSum } from '../operations/broadcast.ts';
import { exp, power, relu } from '../operations/functions.ts';
import { reshape, vector } from '../operations/layout.ts';
import { logSoftmax } from '../operations/reductions.ts';
import type { Loss } from './loss.ts';

export interface CrossEntropyOptions {
  /** One for each class. */
  readonly classWeights: readonly number[];
  /** Share ε of the target that is spread over all classes alike (Szegedy et al. 2016); 0 by default. */
  readonly labelSmoothing?: number;
  /** Exponent γ, 0 (off, the default) or from 1 on, that plays easy examples down (Lin et al. 2017). */
  readonly focalGamma?: number;
}

/**
 * Cross-entropy of `logits [N, B, classes]` against `labels [N, B]` (int32), where −1 marks a step without label. With
 * y the label, w the class weights and C classes, over all steps with a label:
 *
 *     Σ Σ_c t_c·w_c·(1 − p_c)^γ·(−ln p_c) / Σ w_y      t_c = (1 − ε)·[c = y] + ε/C
 *
 * Without γ this is PyTorch's `CrossEntropyLoss(weight, ignore_index=-1, label_smoothing)`, and with γ and without
 * smoothing the focal loss for several classes. The weight is Σ w_y. At least one label must be there.
 * @throws {ConfigError} when ε is not in [0, 1) or γ is neither 0 nor at least 1
 */
export function crossEntropy(
  logits: Value,
  labels: Value,
  options: CrossEntropyOptions,
): Loss & { /** Above the fraction bar. */ readonly sum: Value } {
  const { classWeights, labelSmoothing = 0, focalGamma = 0 } = options;
  const classes = staticDim('crossEntropy', logits.shape, -1);
  if (!sameShape(labels.shape, logits.shape.slice(0, -1)) || classWeights.length !== classes) {
    throw shapeError('crossEntropy', 'labels or class weights do not fit', logits.shape, labels.shape, [
      classWeights.length,
    ]);
  }
  requireValid(labelSmoothing, focalGamma);
  const numbers = Int32Array.from({ length: classes }, (_, c) => c);
  const isLabel = equals(reshape(labels, [...labels.shape, 1]), constant(intTensor([classes], numbers)));
  const ofLabel = mul(isLabel, vector(classWeights));
  const weight = reduceSum(ofLabel);

  const targets =
    labelSmoothing === 0
      ? ofLabel
      : add(mul(ofLabel, 1 - labelSmoothing), spread(isLabel, classWeights, labelSmoothing));
  const logProbabilities = logSoftmax(logits);
  const weights =
    focalGamma === 0
      ? targets
      : // Rounding must not make 1 − p negative, where the power is not defined.
        mul(targets, power(relu(sub(1, exp(logProbabilities))), focalGamma));
  const sum = negate(reduceSum(mul(weights, logProbabilities)));
  return { loss: div(sum, weight), weight, sum };
}

/** ε/C·w_c at every class of every step that has a label. */
function spread(isLabel: Value, classWeights: readonly number[], smoothing: number): Value {
  const hasLabel = reduceSum(isLabel, [-1], true);
  return mul(hasLabel, vector(classWeights.map((weight) => (weight * smoothing) / classWeights.length)));
}

function requireValid(labelSmoothing: number, focalGamma: number): void {
  const problems = [];
  if (!(labelSmoothing >= 0 && labelSmoothing < 1)) {
    problems.push({ path: 'labelSmoothing', message: `must be from 0 to below 1, is ${labelSmoothing}` });
  }
  if (!(focalGamma === 0 || focalGamma >= 1)) {
    problems.push({ path: 'focalGamma', message: `must be 0 or at least 1, is ${focalGamma}` });
  }
  if (problems.length > 0) throw new ConfigError(problems);
}
