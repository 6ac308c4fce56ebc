/** Means, and the operations that are built on a whole axis. */
import { type Value, apply, constant, requireFloat } from '../graph/graph.ts';
import { resolveAxis } from '../graph/shape.ts';
import { indexTensor } from '../graph/tensor.ts';
import { div, mul, sub } from './arithmetic.ts';
import { countOf, expandLike, reduceSum, reducedShape } from './broadcast.ts';
import { exp } from './functions.ts';
import { reshape } from './layout.ts';

/** Mean over `axes` (all by default): every element has the mean's gradient divided by their number. */
export function reduceMean(x: Value, axes?: readonly number[], keepDims = false): Value {
  requireFloat('reduceMean', x);
  const over = (axes ?? [...x.shape.keys()]).map((axis) => resolveAxis('reduceMean', x.shape, axis));
  return apply({
    operation: 'ReduceMean',
    inputs: [x, constant(indexTensor(over))],
    shape: reducedShape(x.shape, over, keepDims),
    attributes: { keepdims: { int: keepDims ? 1 : 0 } },
    gradients: [
      (at) => {
        const dy = reshape(at.dy, reducedShape(at.input(0).shape, over, true));
        return expandLike(div(dy, countOf(at.input(0), over)), at.input(0));
      },
    ],
  });
}

/** exp(x) / Σ exp(x) over the last axis: dx = y·(dy − Σ dy·y). */
export function softmax(x: Value): Value {
  requireFloat('Softmax', x);
  return apply({
    operation: 'Softmax',
    inputs: [x],
    shape: x.shape,
    attributes: { axis: { int: -1 } },
    gradients: [
      (at) => {
        const y = at.output(0);
        return mul(y, sub(at.dy, reduceSum(mul(at.dy, y), [-1], true)));
      },
    ],
  });
}

/** x − ln Σ exp(x) over the last axis: dx = dy − exp(y)·Σ dy. */
export function logSoftmax(x: Value): Value {
  requireFloat('LogSoftmax', x);
  return apply({
    operation: 'LogSoftmax',
    inputs: [x],
    shape: x.shape,
    attributes: { axis: { int: -1 } },
    gradients: [(at) => sub(at.dy, mul(exp(at.output(0)), reduceSum(at.dy, [-1], true)))],
  });
}

/** ln Σ exp(x) over the last axis, which disappears: dx = dy·exp(x − y). */
export function logSumExp(x: Value): Value {
  requireFloat('ReduceLogSumExp', x);
  const last = x.shape.length - 1;
  return apply({
    operation: 'ReduceLogSumExp',
    inputs: [x, constant(indexTensor([last]))],
    shape: reducedShape(x.shape, [last], false),
    attributes: { keepdims: { int: 0 } },
    gradients: [
      (at) => {
        const [input, y] = [at.input(0), at.output(0)];
        const column = (value: Value) => reshape(value, [...value.shape, 1]);
        return mul(column(at.dy), exp(sub(input, column(y))));
      },
    ],
  });
}
