/** Matrix products over the last two axes. */
import { type Value, apply, requireFloat } from '../graph/graph.ts';
import { type Shape, broadcastShapes, dimProduct, shapeError } from '../graph/shape.ts';
import { sumTo } from './broadcast.ts';
import { reshape, transpose } from './layout.ts';

/**
 * `[…, n, k] × […, k, m] → […, n, m]`, leading axes broadcast. da = dy·bᵀ, db = aᵀ·dy.
 * A plain matrix on the right serves all leading axes of `a` at once, and so does its gradient: one product
 * over everything that lies before the last axis, as (dyᵀ·a)ᵀ: ONNX Runtime transposes the left factor while it
 * multiplies, once for every 128 columns of the right one, and there are more of `dy` than of `a` in most layers.
 */
export function matmul(a: Value, b: Value): Value {
  requireFloat('MatMul', a, b);
  if (a.shape.length < 2 || b.shape.length < 2 || a.shape.at(-1) !== b.shape.at(-2)) {
    throw shapeError('MatMul', 'inner dimensions differ', a.shape, b.shape);
  }
  const shape = [
    ...broadcastShapes('MatMul', a.shape.slice(0, -2), b.shape.slice(0, -2)),
    a.shape.at(-2)!,
    b.shape.at(-1)!,
  ];
  const plainRight = b.shape.length === 2;
  return apply({
    operation: 'MatMul',
    inputs: [a, b],
    shape,
    gradients: [
      (at) => sumTo(matmul(at.dy, transpose(at.input(1))), at.input(0).shape),
      plainRight
        ? (at) => transpose(matmul(transpose(asMatrix(at.dy)), asMatrix(at.input(0))))
        : (at) => sumTo(matmul(transpose(at.input(0)), at.dy), at.input(1).shape),
    ],
    stackable: [false, plainRight],
  });
}

/** All axes but the last in one. */
function asMatrix(x: Value): Value {
  const shape: Shape = [dimProduct(x.shape.slice(0, -1)), x.shape.at(-1)!];
  return x.shape.length === 2 ? x : reshape(x, shape);
}
