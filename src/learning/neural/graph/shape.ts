/**
 * Shapes are known when the graph is built. A dimension is a number or a name (such as `batch`) whose size is
 * the caller's choice at run time; a product of dimensions is written `720*batch`.
 */
import { InvariantError } from '../../../domain/core/index.ts';

export type Dim = number | string;

export type Shape = readonly Dim[];

/** `[720, batch, 9]`, for messages. */
export function shapeText(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

/** A mistake in how operations are put together: names the operation and the shapes that do not fit. */
export function shapeError(operation: string, problem: string, ...shapes: readonly Shape[]): InvariantError {
  return new InvariantError(`${operation}: ${problem}: ${shapes.map(shapeText).join(' and ')}`, {
    code: 'GRAPH_SHAPE',
  });
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, i) => dim === b[i]);
}

/** Product of dimensions in a canonical form, so that equal products compare equal. */
export function dimProduct(dims: Shape): Dim {
  let size = 1;
  const names: string[] = [];
  for (const dim of dims) {
    for (const factor of String(dim).split('*')) {
      const value = Number(factor);
      if (Number.isNaN(value)) names.push(factor);
      else size *= value;
    }
  }
  if (names.length === 0) return size;
  return (size === 1 ? names.toSorted() : [size, ...names.toSorted()]).join('*');
}

/** NumPy's broadcasting rule; a named dimension matches itself and 1. */
export function broadcastShapes(operation: string, a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const left = a[i - rank + a.length] ?? 1;
    const right = b[i - rank + b.length] ?? 1;
    if (left === right || right === 1) return left;
    if (left === 1) return right;
    throw shapeError(operation, 'shapes do not broadcast', a, b);
  });
}

/** `axis` counted from the front; negative ones count from the back. */
export function resolveAxis(operation: string, shape: Shape, axis: number): number {
  const resolved = axis < 0 ? axis + shape.length : axis;
  if (resolved < 0 || resolved >= shape.length) throw shapeError(operation, `no axis ${axis} in`, shape);
  return resolved;
}

/** The size of an axis that must be known when the graph is built. */
export function staticDim(operation: string, shape: Shape, axis: number): number {
  const dim = shape[resolveAxis(operation, shape, axis)];
  if (typeof dim !== 'number') throw shapeError(operation, `axis ${axis} must have a fixed size in`, shape);
  return dim;
}

/** Number of elements of a shape without named dimensions. */
export function elementCount(operation: string, shape: Shape): number {
  const count = dimProduct(shape);
  if (typeof count !== 'number') throw shapeError(operation, 'needs a fixed shape', shape);
  return count;
}
