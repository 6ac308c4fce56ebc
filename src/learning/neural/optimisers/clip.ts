import type { Value } from '../graph/graph.ts';
import { add, atMost, div, mul } from '../operations/arithmetic.ts';
import { reduceSum } from '../operations/broadcast.ts';
import { sqrt } from '../operations/functions.ts';

export interface ClippedGradient {
  readonly gradient: Value;
  /** Before clipping, a scalar. */
  readonly norm: Value;
}

/** Scales the gradient vector to a length of at most `maximum` (PyTorch's `clip_grad_norm_`). */
export function clipByNorm(gradient: Value, maximum: number): ClippedGradient {
  const norm = sqrt(reduceSum(mul(gradient, gradient)));
  return { gradient: mul(gradient, atMost(div(maximum, add(norm, 1e-6)), 1)), norm };
}
