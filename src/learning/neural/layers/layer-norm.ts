import type { Value } from '../graph/graph.ts';
import { staticDim } from '../graph/shape.ts';
import { normaliseRows } from '../operations/normalise.ts';
import { filledWith } from './initialisers.ts';
import type { Scope } from './scope.ts';

/** PyTorch's default. */
const EPSILON = 1e-5;

/** `[…, C] → […, C]`: every row normalised by itself, the same in training and serving. PyTorch's `LayerNorm(C)`. */
export function layerNorm(scope: Scope, x: Value): Value {
  const channels = [staticDim('layerNorm', x.shape, -1)];
  const gamma = scope.parameter('weight', channels, filledWith(1));
  const beta = scope.parameter('bias', channels, filledWith(0));
  return normaliseRows(x, gamma, beta, EPSILON);
}
