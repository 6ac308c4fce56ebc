/** What the files of MacroNet and MicroNet say about themselves. */
import { DataError } from '../../domain/core/index.ts';
import { readMetadata } from '../neural/index.ts';

export type CandleModelKind = 'macro-net' | 'micro-net';

export function candleModelMetadata(
  kind: CandleModelKind,
  description: object,
): Readonly<Record<string, string>> {
  return { 'tidemark.kind': kind, 'tidemark.description': JSON.stringify(description) };
}

/**
 * The description of a model of this kind, which was made by {@link candleModelMetadata} from a `T`.
 * @throws {DataError} when the bytes are no such model, or it is for other features or another order of them
 */
export function describeCandleModel<T extends { readonly featureNames: readonly string[] }>(
  onnx: Uint8Array,
  kind: CandleModelKind,
  featureNames?: readonly string[],
): T {
  const metadata = readMetadata(onnx);
  const text = metadata['tidemark.description'];
  if (metadata['tidemark.kind'] !== kind || text === undefined) {
    throw new DataError(`model: no ${kind} (its metadata say ${metadata['tidemark.kind']})`, {
      code: 'MODEL_KIND',
    });
  }
  const description = JSON.parse(text) as T;
  if (featureNames !== undefined && featureNames.join() !== description.featureNames.join()) {
    throw new DataError(
      `model: it was trained on the features ${description.featureNames.join(', ')}; the data hold ${featureNames.join(', ')}`,
      { code: 'MODEL_FEATURES' },
    );
  }
  return description;
}
