/** Data at the edge of the graph: what is fed, fetched and baked into a model. */
import { DataError, InvariantError } from '../../../domain/core/index.ts';
import { elementCount } from './shape.ts';

export type DataType = 'float32' | 'int32' | 'int64' | 'bool';

interface TensorOf<T extends DataType, D> {
  readonly type: T;
  readonly shape: readonly number[];
  /** Row-major. */
  readonly data: D;
}

export type Tensor =
  | TensorOf<'float32', Float32Array>
  | TensorOf<'int32', Int32Array>
  | TensorOf<'int64', BigInt64Array>
  | TensorOf<'bool', Uint8Array>;

export type FloatTensor = Extract<Tensor, { type: 'float32' }>;

function checked<T extends Tensor>(tensor: T): T {
  if (elementCount('tensor', tensor.shape) !== tensor.data.length) {
    throw new InvariantError(
      `tensor: ${tensor.data.length} elements do not fill shape [${tensor.shape.join(', ')}]`,
      { code: 'TENSOR_SIZE' },
    );
  }
  return tensor;
}

/** Without data: zeros. */
export function floatTensor(shape: readonly number[], data?: Float32Array): FloatTensor {
  return checked({
    type: 'float32',
    shape,
    data: data ?? new Float32Array(elementCount('floatTensor', shape)),
  });
}

export function scalarTensor(value: number): FloatTensor {
  return floatTensor([], Float32Array.of(value));
}

export function intTensor(shape: readonly number[], data: Int32Array): Extract<Tensor, { type: 'int32' }> {
  return checked({ type: 'int32', shape, data });
}

/** Shapes, axes and positions, as ONNX wants them: a vector of 64-bit integers. */
export function indexTensor(values: readonly number[]): Extract<Tensor, { type: 'int64' }> {
  return { type: 'int64', shape: [values.length], data: BigInt64Array.from(values, (v) => BigInt(v)) };
}

/**
 * The one way from 64-bit data to a model's 32-bit input: copies `source[from, to)` into `target` at `at`.
 * @throws {DataError} where a value is not finite or does not fit into 32 bits
 */
export function copyToFloat32(
  source: Float64Array,
  from: number,
  to: number,
  target: Float32Array,
  at: number,
): void {
  for (let i = from; i < to; i++) {
    const value = Math.fround(source[i]!);
    if (!Number.isFinite(value)) {
      throw new DataError(`model input: value ${source[i]} at index ${i} is not a finite 32-bit number`, {
        code: 'MODEL_INPUT_NOT_FINITE',
        context: { index: i, value: source[i] },
      });
    }
    target[at + i - from] = value;
  }
}
