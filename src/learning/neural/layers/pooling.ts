/** Many steps into fewer. */
import { invariant } from '../../../domain/core/index.ts';
import type { Value } from '../graph/graph.ts';
import { staticDim } from '../graph/shape.ts';
import { mul } from '../operations/arithmetic.ts';
import { reduceSum } from '../operations/broadcast.ts';
import { tanh } from '../operations/functions.ts';
import { reshape, transpose } from '../operations/layout.ts';
import { matmul } from '../operations/matmul.ts';
import { reduceMean, softmax } from '../operations/reductions.ts';
import { uniformByFanIn } from './initialisers.ts';
import { linear } from './linear.ts';
import type { Scope } from './scope.ts';

/** `[T, B, C] → [T/size, B, C]`: means of `size` steps each. */
export function averagePooling(x: Value, size: number): Value {
  const steps = staticDim('averagePooling', x.shape, 0);
  invariant(steps % size === 0, `averagePooling: ${steps} steps are no multiple of ${size}`);
  return reduceMean(reshape(x, [steps / size, size, ...x.shape.slice(1)]), [1]);
}

/**
 * `[T, B, C] → [1, B, C]`: y = Σ_t a(t)·x(t) with a = softmax over time of u·tanh(W·x(t) + b), where `W [size, C]` and
 * `u [size]` are learned. Source: Yang et al. 2016, *Hierarchical Attention Networks*, eqs. 5–7.
 */
export function attentionPooling(scope: Scope, x: Value, size: number): Value {
  const hidden = tanh(linear(scope.within('projection'), x, size));
  const context = scope.within('context').parameter('weight', [1, size], uniformByFanIn(size));
  const scores = reshape(matmul(hidden, transpose(context)), x.shape.slice(0, 2));
  const weights = transpose(softmax(transpose(scores)));
  return reduceSum(mul(x, reshape(weights, [...x.shape.slice(0, 2), 1])), [0], true);
}
