/** Tensors of one value, as large as another tensor. They let a graph work whatever its named dimensions are. */
import { type Value, apply } from '../graph/graph.ts';
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
