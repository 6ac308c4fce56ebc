import type { Value } from '../graph/graph.ts';
import { sameShape, shapeError, staticDim } from '../graph/shape.ts';
import { add, mul, sub } from '../operations/arithmetic.ts';
import { reshape } from '../operations/layout.ts';
import { filledWith } from './initialisers.ts';
import type { Scope } from './scope.ts';

/**
 * Masked modelling's input: `x [T, B, C]` where `hidden [T, B]` is 0, a learned token `[C]` where it is 1. The loss is
 * `maskedReconstruction` of the original x. Source: Devlin et al. 2019 (BERT); the token starts at 0, the mean of
 * standardised features.
 */
export function hideSteps(scope: Scope, x: Value, hidden: Value): Value {
  if (!sameShape(hidden.shape, x.shape.slice(0, -1))) {
    throw shapeError('hideSteps', 'the mask does not fit', x.shape, hidden.shape);
  }
  const token = scope.parameter('mask_token', [staticDim('hideSteps', x.shape, -1)], filledWith(0));
  const mask = reshape(hidden, [...hidden.shape, 1]);
  return add(mul(x, sub(1, mask)), mul(token, mask));
}
