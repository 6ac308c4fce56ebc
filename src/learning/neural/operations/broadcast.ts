/** Sums over axes and their mirror image, repetition along axes. */
import { type Value, apply, constant, requireFloat } from '../graph/graph.ts';
import {
  type Shape,
  broadcastShapes,
  dimProduct,
  resolveAxis,
  sameShape,
  shapeError,
} from '../graph/shape.ts';
import { indexTensor } from '../graph/tensor.ts';
import { reshape } from './layout.ts';

/** Shape after a reduction over `axes`, with 1 in their places or without them. */
export function reducedShape(shape: Shape, axes: readonly number[], keepDims: boolean): Shape {
  return keepDims
    ? shape.map((dim, i) => (axes.includes(i) ? 1 : dim))
    : shape.filter((_, i) => !axes.includes(i));
}

/** Sum over `axes` (all of them by default), which become 1 or disappear. */
export function reduceSum(x: Value, axes?: readonly number[], keepDims = false): Value {
  requireFloat('reduceSum', x);
  const over = (axes ?? [...x.shape.keys()]).map((axis) => resolveAxis('reduceSum', x.shape, axis));
  if (over.length === 0) return x;
  return apply({
    operation: 'ReduceSum',
    inputs: [x, constant(indexTensor(over))],
    shape: reducedShape(x.shape, over, keepDims),
    attributes: { keepdims: { int: keepDims ? 1 : 0 } },
    // Every summand has the sum's gradient.
    gradients: [(at) => expandLike(reshape(at.dy, reducedShape(at.input(0).shape, over, true)), at.input(0))],
  });
}

/** `x` repeated along its axes of size 1, and along new leading axes, until it is shaped like `model`. */
export function expandLike(x: Value, model: Value): Value {
  requireFloat('expand', x);
  if (!sameShape(broadcastShapes('expand', x.shape, model.shape), model.shape)) {
    throw shapeError('expand', 'the target is smaller', x.shape, model.shape);
  }
  if (sameShape(x.shape, model.shape)) return x;
  const shape = apply({
    operation: 'Shape',
    inputs: [model],
    shape: [model.shape.length],
    type: 'int64',
  });
  return apply({
    operation: 'Expand',
    inputs: [x, shape],
    shape: model.shape,
    gradients: [(at) => sumTo(at.dy, at.input(0).shape)],
  });
}

/** Sums `x` over the axes along which a tensor of `shape` was repeated to become shaped like `x`. */
export function sumTo(x: Value, shape: Shape): Value {
  if (sameShape(x.shape, shape)) return x;
  const missing = x.shape.length - shape.length;
  const axes = [...x.shape.keys()].filter(
    (i) => i < missing || (shape[i - missing] === 1 && x.shape[i] !== 1),
  );
  return reshape(reduceSum(x, axes, true), shape);
}

/** How many elements a reduction over `axes` takes together: known now, or when the graph runs. */
export function countOf(x: Value, axes: readonly number[]): Value | number {
  const count = dimProduct(axes.map((axis) => x.shape[resolveAxis('countOf', x.shape, axis)]!));
  if (typeof count === 'number') return count;
  const rank = x.shape.length;
  const sizes = apply({ operation: 'Shape', inputs: [x], shape: [rank], type: 'int64' });
  const taken = apply({
    operation: 'Gather',
    inputs: [sizes, constant(indexTensor(axes))],
    shape: [axes.length],
    type: 'int64',
  });
  const product = apply({
    operation: 'ReduceProd',
    inputs: [taken],
    shape: [],
    type: 'int64',
    attributes: { keepdims: { int: 0 } },
  });
  return apply({ operation: 'Cast', inputs: [product], shape: [], attributes: { to: { int: 1 } } });
}
