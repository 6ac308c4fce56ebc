/** Tensors of one value, as large as another tensor. They let a graph work whatever its named dimensions are. */
import { type Value, apply } from '../graph/graph.ts';
import { shapeError } from '../graph/shape.ts';
import { floatTensor } from '../graph/tensor.ts';

/** A tensor shaped like `x` that holds `value` everywhere. */
export function fillLike(x: Value, value: number): Value {
  const shape = apply({ operation: 'Shape', inputs: [x], shape: [x.shape.length], type: 'int64' });
  return apply({
    operation: 'ConstantOfShape',
    inputs: [shape],
    shape: x.shape,
    attributes: { value: { tensor: floatTensor([1], Float32Array.of(value)) } },
  });
}

export function zerosLike(x: Value): Value {
  return fillLike(x, 0);
}

/** The identity matrix, as large as the square matrix `x`. */
export function identityLike(x: Value): Value {
  if (x.shape.length !== 2 || x.shape[0] !== x.shape[1]) throw shapeError('EyeLike', 'not square', x.shape);
  return apply({ operation: 'EyeLike', inputs: [x], shape: x.shape });
}
