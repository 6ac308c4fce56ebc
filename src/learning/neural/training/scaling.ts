/** Scaling of raw features: mean and standard deviation over the rows that training may look at. */
import { DataError } from '../../../domain/core/index.ts';

export interface Scaling {
  /** `[features]`, in the features' units. */
  readonly mean: Float64Array;
  /** `[features]`; 1 for a feature that does not vary. */
  readonly deviation: Float64Array;
}

/**
 * Statistics of `features [· × width]` over `rows`: two passes in 64 bits, so that a large mean does not swallow a
 * small variance. Deviation as scikit-learn's StandardScaler (divided by n).
 * @throws {DataError} when there are no rows
 */
export function scalingOf(features: Float64Array, width: number, rows: Int32Array): Scaling {
  if (rows.length === 0) {
    throw new DataError('scaling: there is no row to take statistics from', { code: 'SCALING_NO_ROWS' });
  }
  const mean = new Float64Array(width);
  const deviation = new Float64Array(width);
  for (const row of rows) {
    for (let k = 0; k < width; k++) mean[k]! += features[row * width + k]! / rows.length;
  }
  for (const row of rows) {
    for (let k = 0; k < width; k++) deviation[k]! += (features[row * width + k]! - mean[k]!) ** 2;
  }
  for (let k = 0; k < width; k++) {
    const spread = Math.sqrt(deviation[k]! / rows.length);
    // Below the resolution of 32 bits a feature is a constant with rounding noise.
    deviation[k] = spread > Math.abs(mean[k]!) * 1e-7 ? spread : 1;
  }
  return { mean, deviation };
}

/** The scaling that changes nothing: of features that are scaled already. */
export function noScaling(width: number): Scaling {
  return { mean: new Float64Array(width), deviation: new Float64Array(width).fill(1) };
}

/**
 * Scales rows `start … end − 1` of `features [· × width]` into the same places of `target`, in 32 bits: exactly what a
 * network with this scaling inside computes from the raw features.
 */
export function scaleRows(
  features: Float64Array,
  { mean, deviation }: Scaling,
  { start, end }: { readonly start: number; readonly end: number },
  target: Float64Array,
): void {
  const width = mean.length;
  const { fround } = Math;
  for (let i = start * width; i < end * width; i++) {
    const centred = fround(fround(features[i]!) - fround(mean[i % width]!));
    target[i] = fround(centred / fround(deviation[i % width]!));
  }
}
