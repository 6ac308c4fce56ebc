/** Features as training and prediction hold them: float32, in which all comparisons are made; NaN is a missing value. */
import { DataError } from '../../domain/core/index.ts';

/** `[columns × rows]`, column after column, in shared memory. */
export type FeatureColumns = Float32Array;

/**
 * Each value beside its negative, `[rows × columns × 2]`, row-major. With the negative at hand every test of a tree is
 * one comparison that NaN fails (`traversal.ts`).
 */
export type MirroredFeatures = Float32Array;

/** Turns row-major features `[rows × columns]` into columns. @throws DataError on an infinite value */
export function featureColumns(features: Float64Array, featureNames: readonly string[]): FeatureColumns {
  const columns = featureNames.length;
  const rows = features.length / columns;
  const values = new Float32Array(new SharedArrayBuffer(4 * features.length));
  for (let row = 0, i = 0; row < rows; row++) {
    for (let at = row; at < values.length; at += rows) values[at] = features[i++]!;
  }
  refuseInfinite(features, featureNames);
  return values;
}

/** Mirrors row-major features `[rows × columns]`, in shared memory. @throws DataError on an infinite value */
export function mirroredFeatures(features: Float64Array, featureNames: readonly string[]): MirroredFeatures {
  const mirrored = new Float32Array(new SharedArrayBuffer(8 * features.length));
  mirror(features, { from: 0, to: features.length }, mirrored);
  refuseInfinite(features, featureNames);
  return mirrored;
}

/** Mirrors `features[from … to − 1]` into the front of `target`. */
export function mirror(
  features: Float64Array,
  { from, to }: { readonly from: number; readonly to: number },
  target: MirroredFeatures,
): void {
  for (let i = from, at = 0; i < to; i++, at += 2) {
    const value = features[i]!;
    target[at] = value;
    target[at + 1] = -value;
  }
}

function refuseInfinite(features: Float64Array, featureNames: readonly string[]): void {
  for (let i = 0; i < features.length; i++) {
    if (Math.abs(Math.fround(features[i]!)) !== Infinity) continue;
    const row = Math.floor(i / featureNames.length);
    const feature = featureNames[i % featureNames.length]!;
    throw new DataError(
      `feature ${feature} of row ${row} is ${features[i]}, beyond a 32-bit float: a missing value is NaN`,
      { code: 'FEATURE_INFINITE', context: { row, feature } },
    );
  }
}
