/** Stochastic gradient descent with momentum in PyTorch's form, on all parameters as one vector `[P]`. */
import { ConfigError } from '../../../domain/core/index.ts';
import type { Value } from '../graph/graph.ts';
import { add, mul, sub } from '../operations/arithmetic.ts';

export interface SgdState {
  readonly parameters: Value;
  /** Zeros at the start. */
  readonly velocity: Value;
}

export interface SgdOptions {
  /** A scalar, fed anew for every step. */
  readonly learningRate: Value;
  /** μ; 0 = none. */
  readonly momentum: number;
  /** λ, added to the gradient (L2), unlike AdamW's. */
  readonly weightDecay: number;
  /** Looks ahead along the velocity (Sutskever et al. 2013). */
  readonly nesterov?: boolean;
}

/**
 * The state after one step: g' = g + λ·θ; v' = μ·v + g'; θ' = θ − lr·v', with Nesterov θ' = θ − lr·(g' + μ·v').
 * @throws {ConfigError} for Nesterov without momentum
 */
export function sgd(state: SgdState, gradient: Value, options: SgdOptions): SgdState {
  const { learningRate, momentum, weightDecay, nesterov = false } = options;
  if (nesterov && momentum === 0) {
    throw new ConfigError([{ path: 'momentum', message: 'must be above 0 for Nesterov momentum' }]);
  }
  const { parameters } = state;
  const decayed = weightDecay === 0 ? gradient : add(gradient, mul(parameters, weightDecay));
  const velocity = add(mul(state.velocity, momentum), decayed);
  const direction = nesterov ? add(decayed, mul(velocity, momentum)) : velocity;
  return { parameters: sub(parameters, mul(direction, learningRate)), velocity };
}
