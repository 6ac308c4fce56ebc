/**
 * One optimiser step from several batches that do not fit into memory together. A model that computes gradients adds
 * them up; another one, which runs after the last of them, divides and steps:
 *
 *     gradient model   accumulateGradient(state, gradientsOf(loss)) → next state       (once a batch)
 *     update model     meanGradient(state) → clipByNorm → adamW or sgd                 (then start from zeros again)
 *
 * Two models, because ONNX Runtime always runs a model as a whole. The result is that of one large batch, except for
 * batch norm, whose statistics are those of each small batch, and for contrastive losses, whose counter-examples are.
 */
import type { Value } from '../graph/graph.ts';
import { add, div, mul } from '../operations/arithmetic.ts';

export interface AccumulatedGradient {
  /** Σ weight·gradient, `[P]`, zeros at the start. */
  readonly sum: Value;
  /** Σ weight, a scalar, 0 at the start. */
  readonly weight: Value;
}

/** With the gradient of one batch's mean loss, which counts as much as the loss weighs. */
export function accumulateGradient(
  state: AccumulatedGradient,
  gradient: Value,
  weight: Value,
): AccumulatedGradient {
  return { sum: add(state.sum, mul(gradient, weight)), weight: add(state.weight, weight) };
}

/** Gradient of the mean loss over all batches, `[P]`. */
export function meanGradient({ sum, weight }: AccumulatedGradient): Value {
  return div(sum, weight);
}
