import { type Value, constant } from '../graph/graph.ts';
import { shapeError, staticDim, sameShape } from '../graph/shape.ts';
import { intTensor } from '../graph/tensor.ts';
import { div, equals, mul, negate } from '../operations/arithmetic.ts';
import { reduceSum } from '../operations/broadcast.ts';
import { reshape, vector } from '../operations/layout.ts';
import { logSoftmax } from '../operations/reductions.ts';

export interface CrossEntropy {
  /** −Σ w(y)·ln p(y) / Σ w(y), a scalar. */
  readonly loss: Value;
  /** Σ w(y), a scalar. */
  readonly weight: Value;
}

/**
 * Weighted cross-entropy of `logits [N, B, classes]` against `labels [N, B]` (int32), where −1 marks a step without
 * label: PyTorch's `CrossEntropyLoss(weight, ignore_index=-1)`. At least one label must be there.
 */
export function crossEntropy(logits: Value, labels: Value, classWeights: readonly number[]): CrossEntropy {
  const classes = staticDim('crossEntropy', logits.shape, -1);
  if (!sameShape(labels.shape, logits.shape.slice(0, -1)) || classWeights.length !== classes) {
    throw shapeError('crossEntropy', 'labels or class weights do not fit', logits.shape, labels.shape, [
      classWeights.length,
    ]);
  }
  const numbers = constant(
    intTensor(
      [classes],
      Int32Array.from({ length: classes }, (_, k) => k),
    ),
  );
  const targets = mul(equals(reshape(labels, [...labels.shape, 1]), numbers), vector(classWeights));
  const weight = reduceSum(targets);
  return { loss: negate(div(reduceSum(mul(targets, logSoftmax(logits))), weight)), weight };
}
