import type { Value } from '../graph/graph.ts';
import { staticDim } from '../graph/shape.ts';
import { div, sub } from '../operations/arithmetic.ts';
import { filledWith } from './initialisers.ts';
import type { Scope } from './scope.ts';

/** Names of the two buffers `[F]` that hold the scaling of raw features. */
export const SCALER_MEAN = 'scaler.mean';
export const SCALER_DEVIATION = 'scaler.deviation';

/** `[…, F]` raw features → z-scores. The statistics come from the training data and never change afterwards. */
export function standardise(scope: Scope, x: Value): Value {
  const features = [staticDim('standardise', x.shape, -1)];
  const mean = scope.buffer(SCALER_MEAN, features, filledWith(0));
  const deviation = scope.buffer(SCALER_DEVIATION, features, filledWith(1));
  return div(sub(x, mean), deviation);
}
