/** Operations that move elements and compute nothing. */
import { type Value, appendNode, apply, constant } from '../graph/graph.ts';
import {
  type Dim,
  type Shape,
  dimProduct,
  resolveAxis,
  sameShape,
  shapeError,
  staticDim,
} from '../graph/shape.ts';
import { floatTensor, indexTensor } from '../graph/tensor.ts';
import { zerosLike } from './fill.ts';

/** Same elements in the same order under another shape. At most one dimension of `shape` may have a name. */
export function reshape(x: Value, shape: Shape): Value {
  if (dimProduct(x.shape) !== dimProduct(shape)) {
    throw shapeError('reshape', 'sizes differ', x.shape, shape);
  }
  if (shape.filter((dim) => typeof dim === 'string').length > 1) {
    throw shapeError('reshape', 'more than one named dimension in', shape);
  }
  if (sameShape(x.shape, shape)) return x;
  const target = shape.map((dim) => (typeof dim === 'number' ? dim : -1));
  return apply({
    operation: 'Reshape',
    inputs: [x, constant(indexTensor(target))],
    shape,
    type: x.type,
    // The elements stay in order, so the gradient only takes its old shape back.
    gradients: [(at) => reshape(at.dy, at.input(0).shape)],
  });
}

/** Output axis `i` is input axis `order[i]`; without `order` the last two axes change places. */
export function transpose(x: Value, order?: readonly number[]): Value {
  const rank = x.shape.length;
  const axes = order ?? [...Array(rank - 2).keys(), rank - 1, rank - 2];
  if (axes.length !== rank || new Set(axes).size !== rank || axes.some((axis) => axis < 0 || axis >= rank)) {
    throw shapeError('transpose', `order [${axes.join(', ')}] is no permutation of the axes of`, x.shape);
  }
  return apply({
    operation: 'Transpose',
    inputs: [x],
    shape: axes.map((axis) => x.shape[axis]!),
    type: x.type,
    attributes: { perm: { ints: axes } },
    gradients: [
      (at) =>
        transpose(
          at.dy,
          Array.from(axes, (_, axis) => axes.indexOf(axis)),
        ),
    ],
  });
}

/** Rows `from … to − 1` of one axis. Negative positions count from the end. */
export function slice(x: Value, axis: number, from: number, to?: number): Value {
  const at = resolveAxis('slice', x.shape, axis);
  const size = staticDim('slice', x.shape, at);
  const start = from < 0 ? from + size : from;
  const end = to === undefined ? size : to < 0 ? to + size : to;
  if (start < 0 || end > size || start >= end) {
    throw shapeError('slice', `axis ${axis} has no rows ${from} to ${to ?? 'the end'} in`, x.shape);
  }
  if (end - start === size) return x;
  return apply({
    operation: 'Slice',
    inputs: [x, ...[start, end, at].map((position) => constant(indexTensor([position])))],
    shape: x.shape.map((dim, i) => (i === at ? end - start : dim)),
    type: x.type,
    // What was cut off has no influence: zeros.
    gradients: [(site) => pad(site.dy, at, start, size - end)],
  });
}

/** `before` and `after` rows of zeros around one axis. */
export function pad(x: Value, axis: number, before: number, after: number): Value {
  const at = resolveAxis('pad', x.shape, axis);
  const size = staticDim('pad', x.shape, at);
  if (before < 0 || after < 0) throw shapeError('pad', `cannot pad by ${before} and ${after}`, x.shape);
  if (before === 0 && after === 0) return x;
  const rank = x.shape.length;
  const pads = Array.from({ length: 2 * rank }, (_, i) => (i === at ? before : i === at + rank ? after : 0));
  return apply({
    operation: 'Pad',
    inputs: [x, constant(indexTensor(pads))],
    shape: x.shape.map((dim, i) => (i === at ? size + before + after : dim)),
    gradients: [(site) => slice(site.dy, at, before, before + size)],
  });
}

/** Tensors one after another along `axis`; their other dimensions agree. */
export function concat(parts: readonly Value[], axis: number): Value {
  const first = parts[0]!;
  const at = resolveAxis('concat', first.shape, axis);
  for (const part of parts) {
    const fits =
      part.shape.length === first.shape.length &&
      part.shape.every((dim, i) => i === at || dim === first.shape[i]);
    if (!fits) throw shapeError('concat', `shapes differ besides axis ${axis}`, first.shape, part.shape);
  }
  if (parts.length === 1) return first;
  const sizes = parts.map((part) => staticDim('concat', part.shape, at));
  const starts = sizes.map((_, i) => sizes.slice(0, i).reduce((sum, size) => sum + size, 0));
  return apply({
    operation: 'Concat',
    inputs: parts,
    shape: first.shape.map((dim, i): Dim => (i === at ? sizes.reduce((sum, size) => sum + size, 0) : dim)),
    type: first.type,
    attributes: { axis: { int: at } },
    gradients: sizes.map((size, i) => (site) => slice(site.dy, at, starts[i]!, starts[i]! + size)),
  });
}

/** Pieces of the given sizes along `axis`: one pass over `x` where as many slices would take several. */
export function split(x: Value, sizes: readonly number[], axis: number): readonly Value[] {
  const at = resolveAxis('split', x.shape, axis);
  if (staticDim('split', x.shape, at) !== sizes.reduce((sum, size) => sum + size, 0)) {
    throw shapeError('split', `pieces of [${sizes.join(', ')}] do not add up to axis ${axis} of`, x.shape);
  }
  return appendNode({
    operation: 'Split',
    inputs: [x, constant(indexTensor(sizes))],
    outputs: sizes.map((size) => ({
      type: x.type,
      shape: x.shape.map((dim, i) => (i === at ? size : dim)),
    })),
    attributes: { axis: { int: at } },
    gradients: [
      (site) =>
        concat(
          sizes.map((_, i) => site.gradient(i) ?? zerosLike(site.output(i))),
          at,
        ),
    ],
  });
}

/** Equal pieces along `axis`. */
export function splitEvenly(x: Value, pieces: number, axis: number): readonly Value[] {
  const size = staticDim('split', x.shape, axis) / pieces;
  return split(x, new Array<number>(pieces).fill(size), axis);
}

/** Row `index` of one axis, which disappears. */
export function pick(x: Value, axis: number, index: number): Value {
  const at = resolveAxis('pick', x.shape, axis);
  const row = slice(x, at, index, index === -1 ? undefined : index + 1);
  return reshape(
    row,
    x.shape.filter((_, i) => i !== at),
  );
}

/** A baked-in vector of numbers. */
export function vector(values: readonly number[]): Value {
  return constant(floatTensor([values.length], Float32Array.from(values)));
}
