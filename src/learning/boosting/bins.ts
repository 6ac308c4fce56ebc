/** Features as at most 255 bins a column: what histogram boosting works on. */
import { DataError } from '../../domain/core/index.ts';

/** Code of a missing value. */
export const MISSING_CODE = 255;

export interface BinnedFeatures {
  readonly rows: number;
  /** One `[rows]` array a column; bin number, or {@link MISSING_CODE}. */
  readonly codes: readonly Uint8Array[];
  /** One array a column: bin b holds values in `[cuts[b − 1], cuts[b])`; the last cut lies above every value. */
  readonly cuts: readonly Float32Array[];
  /** Whether a column has missing values. */
  readonly hasMissing: readonly boolean[];
}

/**
 * Rounds features to float32, in which all comparisons are made, now and at prediction.
 *
 * @throws DataError on an infinite value; NaN is a missing value and allowed
 */
export function toFloat32Features(features: Float64Array, featureNames: readonly string[]): Float32Array {
  const values = Float32Array.from(features);
  for (let i = 0; i < values.length; i++) {
    if (values[i] === Infinity || values[i] === -Infinity) {
      const row = Math.floor(i / featureNames.length);
      const feature = featureNames[i % featureNames.length]!;
      throw new DataError(
        `feature ${feature} of row ${row} is ${features[i]}, beyond a 32-bit float: a missing value is NaN`,
        { code: 'FEATURE_INFINITE', context: { row, feature } },
      );
    }
  }
  return values;
}

/** Cuts each column of `features` `[rows × columns]`, row-major, at quantiles of its rows (weights do not matter). */
export function binFeatures(features: Float32Array, columns: number, maxBins: number): BinnedFeatures {
  const rows = features.length / columns;
  const column = new Float32Array(rows);
  const codes: Uint8Array[] = [];
  const cuts: Float32Array[] = [];
  const hasMissing: boolean[] = [];
  for (let c = 0; c < columns; c++) {
    for (let row = 0; row < rows; row++) column[row] = features[row * columns + c]!;
    const present = column.filter((value) => !Number.isNaN(value)).sort();
    const columnCuts = cutsOf(present, maxBins);
    codes.push(encode(column, columnCuts));
    cuts.push(columnCuts);
    hasMissing.push(present.length < rows);
  }
  return { rows, codes, cuts, hasMissing };
}

/**
 * Upper bounds of the bins of an ascending sample. Cuts are values of the sample, so that with few distinct values
 * each has a bin of its own; the last cut lies above the greatest value by XGBoost's margin.
 */
function cutsOf(sorted: Float32Array, maxBins: number): Float32Array {
  if (sorted.length === 0) return new Float32Array(0);
  const greatest = sorted.at(-1)!;
  const cuts = distinctUpTo(sorted, maxBins) ?? quantiles(sorted, maxBins);
  // The first value opens the first bin and needs no cut.
  return Float32Array.of(...cuts.filter((cut) => cut > sorted[0]!), greatest + Math.abs(greatest) + 1e-5);
}

/** The distinct values, or undefined when there are more than `limit`. */
function distinctUpTo(sorted: Float32Array, limit: number): readonly number[] | undefined {
  const distinct: number[] = [];
  for (let i = 0; i < sorted.length; i++) {
    if (i > 0 && sorted[i] === sorted[i - 1]) continue;
    if (distinct.length === limit) return undefined;
    distinct.push(sorted[i]!);
  }
  return distinct;
}

function quantiles(sorted: Float32Array, count: number): readonly number[] {
  const cuts: number[] = [];
  for (let k = 1; k < count; k++) {
    const cut = sorted[Math.floor((k * sorted.length) / count)]!;
    if (cut !== cuts.at(-1)) cuts.push(cut);
  }
  return cuts;
}

function encode(column: Float32Array, cuts: Float32Array): Uint8Array {
  const codes = new Uint8Array(column.length);
  for (let row = 0; row < column.length; row++) {
    const value = column[row]!;
    let low = 0;
    let high = cuts.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (value < cuts[middle]!) high = middle;
      else low = middle + 1;
    }
    codes[row] = Number.isNaN(value) ? MISSING_CODE : low;
  }
  return codes;
}
