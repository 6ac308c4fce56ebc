/** What every loss returns, and how rows are left out of it. */
import type { Value } from '../graph/graph.ts';
import { type Shape, sameShape, shapeError } from '../graph/shape.ts';
import { div, mul } from '../operations/arithmetic.ts';
import { expandLike, reduceSum } from '../operations/broadcast.ts';
import { fillLike } from '../operations/fill.ts';
import { reshape } from '../operations/layout.ts';

/**
 * A mean with the weight of what it is the mean of, both scalars: the losses of several batches (or their gradients)
 * join into that of all by weighing them.
 */
export interface Loss {
  readonly loss: Value;
  readonly weight: Value;
}

/**
 * Mean of `errors` over the rows where `mask` is 1: its shape is that of the errors' first axes. Numbers between 0 and
 * 1 weigh rows. Without mask all count. At least one row must count. The weight is the number of errors that count.
 */
export function maskedMean(operation: string, errors: Value, mask?: Value): Loss {
  const weights =
    mask === undefined ? fillLike(errors, 1) : expandLike(columns(operation, errors, mask), errors);
  const weight = reduceSum(weights);
  return { loss: div(reduceSum(mul(errors, weights)), weight), weight };
}

function columns(operation: string, errors: Value, mask: Value): Value {
  const rank = mask.shape.length;
  if (!sameShape(mask.shape, errors.shape.slice(0, rank))) {
    throw shapeError(operation, 'the mask does not fit', errors.shape, mask.shape);
  }
  const ones: Shape = new Array<number>(errors.shape.length - rank).fill(1);
  return reshape(mask, [...mask.shape, ...ones]);
}
