import type { Value } from '../graph/graph.ts';
import { dimProduct, staticDim } from '../graph/shape.ts';
import { add } from '../operations/arithmetic.ts';
import { reshape, transpose } from '../operations/layout.ts';
import { matmul } from '../operations/matmul.ts';
import { uniformByFanIn } from './initialisers.ts';
import type { Scope } from './scope.ts';

/** `[…, in] → […, size]`, x·Wᵀ + b with PyTorch's weight `[size, in]`. */
export function linear(scope: Scope, x: Value, size: number): Value {
  const inputs = staticDim('linear', x.shape, -1);
  const initialiser = uniformByFanIn(inputs);
  const weight = scope.parameter('weight', [size, inputs], initialiser);
  const bias = scope.parameter('bias', [size], initialiser);
  return affine(x, transpose(weight), bias);
}

/**
 * `[…, in]·[in, out] + [out]`. All axes but the last are one meanwhile: ONNX Runtime joins product and sum into one
 * operation for matrices only.
 */
export function affine(x: Value, matrix: Value, bias: Value): Value {
  const rows = x.shape.slice(0, -1);
  const flat = reshape(x, [dimProduct(rows), x.shape.at(-1)!]);
  return reshape(add(matmul(flat, matrix), bias), [...rows, matrix.shape[1]!]);
}
