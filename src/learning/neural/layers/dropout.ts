import type { Value } from '../graph/graph.ts';
import { mul } from '../operations/arithmetic.ts';
import type { Scope } from './scope.ts';

/**
 * `[T, B, C]`: drops whole channels of a sequence, for all its steps alike, with probability `rate`, and scales the
 * others so that the mean stays (Tompson et al. 2015 after convolutions; Gal & Ghahramani 2016 in recurrent nets).
 * For a single step this is plain dropout. Nothing happens when serving.
 */
export function sequenceDropout(scope: Scope, x: Value, rate: number): Value {
  if (!scope.training || rate === 0) return x;
  return mul(x, scope.dropoutMask([1, ...x.shape.slice(1)], rate));
}
