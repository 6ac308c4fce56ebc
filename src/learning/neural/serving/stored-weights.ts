import { fromBinary } from '@bufbuild/protobuf';
import { DataError } from '../../../domain/core/index.ts';
import type { Layout } from '../layers/scope.ts';
import { ModelProtoSchema } from '../onnx/onnx_pb.js';
import type { NetworkLayout, Weights } from '../training/network.ts';

/**
 * The weights that an exported model carries inside.
 * @throws {DataError} when the bytes are no ONNX model, or a weight is missing or has another size
 */
export function readWeights(model: Uint8Array, layout: NetworkLayout): Weights {
  const stored = tensorsOf(model);
  const collect = ({ slots, size }: Layout): Float32Array => {
    const values = new Float32Array(size);
    for (const { name, offset, size: expected } of slots) {
      const bytes = stored.get(name);
      if (bytes?.length !== expected * Float32Array.BYTES_PER_ELEMENT) {
        throw new DataError(
          `model: weight ${name} is ${bytes === undefined ? 'missing' : `${bytes.length} bytes long`}, ` +
            `its description asks for ${expected} numbers`,
          { code: 'MODEL_WEIGHTS' },
        );
      }
      // A copy: the bytes may be a view into a larger buffer, and begin anywhere in it.
      values.set(new Float32Array(new Uint8Array(bytes).buffer), offset);
    }
    return values;
  };
  return { parameters: collect(layout.parameters), buffers: collect(layout.buffers) };
}

function tensorsOf(model: Uint8Array): ReadonlyMap<string, Uint8Array> {
  try {
    const { graph } = fromBinary(ModelProtoSchema, model);
    return new Map((graph?.initializer ?? []).map(({ name, rawData }) => [name, rawData]));
  } catch (cause) {
    throw new DataError('model: the bytes are no ONNX model', { code: 'MODEL_UNREADABLE', cause });
  }
}
