import type { Value } from '../graph/graph.ts';
import { mul } from '../operations/arithmetic.ts';
import type { Scope } from './scope.ts';

/**
 * `[T, B, C]`: drops whole channels of a sequence, for all its steps alike, with probability `rate`, and scales the
 * others by 1 / (1 − rate) so that the mean stays. Nothing happens when serving.
 *
 * One mask for all steps is *spatial* dropout after a convolution (Tompson et al. 2015; PyTorch's `Dropout1d`) and
 * *variational* dropout between recurrent layers (Gal & Ghahramani 2016; PyTorch's LSTM draws a mask for every step
 * instead). For a single step it is plain dropout.
 */
export function sequenceDropout(scope: Scope, x: Value, rate: number): Value {
  if (!scope.training || rate === 0) return x;
  return mul(x, scope.dropoutMask([1, ...x.shape.slice(1)], rate));
}
