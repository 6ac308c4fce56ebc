import { fromBinary } from '@bufbuild/protobuf';
import { DataError } from '../../../domain/core/index.ts';
import { ModelProtoSchema } from '../onnx/onnx_pb.js';

/**
 * The names and values that a model file carries beside its graph.
 * @throws {DataError} when the bytes are no ONNX model
 */
export function readMetadata(model: Uint8Array): Readonly<Record<string, string>> {
  try {
    const { metadataProps } = fromBinary(ModelProtoSchema, model);
    return Object.fromEntries(metadataProps.map(({ key, value }) => [key, value]));
  } catch (cause) {
    throw new DataError('model: the bytes are no ONNX model', { code: 'MODEL_UNREADABLE', cause });
  }
}
