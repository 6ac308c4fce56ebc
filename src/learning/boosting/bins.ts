/** Features as at most 255 bins a column: what histogram boosting works on. */
import type { Crew } from './crew.ts';
import type { FeatureColumns } from './features.ts';
import { sortedFloats } from './float-sort.ts';

/** Code of a missing value. */
export const MISSING_CODE = 255;
/** Most cuts of a column. */
const CUTS = 255;

/** What {@link binFeatures} fills; plain data over shared memory. */
export interface BinMemory {
  readonly rows: number;
  readonly columns: number;
  /** `[columns × rows]` */
  readonly codes: Uint8Array;
  /** `[columns × 255]` */
  readonly cuts: Float32Array;
  /** `[columns]` how many of a column's cuts are used. */
  readonly cutCounts: Int32Array;
  /** `[columns]` 1 where a column has missing values. */
  readonly missing: Uint8Array;
}

export interface BinnedFeatures {
  readonly rows: number;
  /** One `[rows]` array a column; bin number, or {@link MISSING_CODE}. */
  readonly codes: readonly Uint8Array[];
  /** One array a column: bin b holds values in `[cuts[b − 1], cuts[b])`; the last cut lies above every value. */
  readonly cuts: readonly Float32Array[];
  /** Whether a column has missing values. */
  readonly hasMissing: readonly boolean[];
}

export function binMemory(rows: number, columns: number): BinMemory {
  return {
    rows,
    columns,
    codes: new Uint8Array(new SharedArrayBuffer(columns * rows)),
    cuts: new Float32Array(new SharedArrayBuffer(4 * columns * CUTS)),
    cutCounts: new Int32Array(new SharedArrayBuffer(4 * columns)),
    missing: new Uint8Array(new SharedArrayBuffer(columns)),
  };
}

/** Cuts each column at quantiles of its rows (weights do not matter). */
export function binFeatures(
  memory: BinMemory,
  features: FeatureColumns,
  maxBins: number,
  crew: Crew,
): BinnedFeatures {
  const { rows, columns, codes, cuts, cutCounts, missing } = memory;
  crew.each(columns, (column) => {
    const values = features.subarray(column * rows, (column + 1) * rows);
    const present = sortedFloats(withoutMissing(values));
    const columnCuts = cutsOf(present, maxBins);
    cuts.set(columnCuts, column * CUTS);
    cutCounts[column] = columnCuts.length;
    missing[column] = present.length < rows ? 1 : 0;
    encode(values, columnCuts, codes.subarray(column * rows, (column + 1) * rows));
  });
  const each = Array.from({ length: columns }, (_, column) => column);
  return {
    rows,
    codes: each.map((c) => codes.subarray(c * rows, (c + 1) * rows)),
    cuts: each.map((c) => cuts.subarray(c * CUTS, c * CUTS + cutCounts[c]!)),
    hasMissing: each.map((c) => missing[c] === 1),
  };
}

function withoutMissing(values: Float32Array): Float32Array {
  const present = new Float32Array(values.length);
  let count = 0;
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!;
    present[count] = value;
    count += Number.isNaN(value) ? 0 : 1;
  }
  return present.subarray(0, count);
}

/**
 * Upper bounds of the bins of an ascending sample. Cuts are values of the sample, so that with few distinct values
 * each has a bin of its own; the last cut lies above the greatest value by XGBoost's margin.
 */
function cutsOf(sorted: Float32Array, maxBins: number): Float32Array {
  if (sorted.length === 0) return new Float32Array(0);
  const greatest = sorted.at(-1)!;
  const chosen = quantiles(sorted, maxBins + 1);
  // The first value opens the first bin and needs no cut.
  return Float32Array.of(...chosen.slice(1, maxBins), greatest + Math.abs(greatest) + 1e-5);
}

/**
 * `count` values at most, the least and the greatest among them, whose ranks are as evenly apart as they can be.
 * Source: XGBoost's `WQSummary::SetPrune` (`quantile.h`), here on the exact ranks of all rows: up to some 2,000 rows its
 * sketch is exact too and the cuts are the same.
 */
function quantiles(sorted: Float32Array, count: number): readonly number[] {
  const { values, ends } = distinct(sorted);
  if (values.length <= count) return [...values];
  const last = values.length - 1;
  const first = ends[0]!;
  const range = ends[last - 1]! - first;
  const chosen = [values[0]!];
  let i = 1;
  for (let k = 1; k < count - 1; k++) {
    const rank = first + (k * range) / (count - 1);
    while (i < last && 2 * rank >= ends[i]! + ends[i + 1]!) i++;
    if (i === last) break;
    const value = rank < ends[i]! ? values[i]! : values[i + 1]!;
    if (value !== chosen.at(-1)) chosen.push(value);
  }
  if (chosen.at(-1) !== values[last]) chosen.push(values[last]!);
  return chosen;
}

/** The distinct values of an ascending sample, and how many of it are no greater than each. */
function distinct(sorted: Float32Array): { readonly values: Float32Array; readonly ends: Float64Array } {
  const values = new Float32Array(sorted.length);
  const ends = new Float64Array(sorted.length);
  let count = 0;
  for (let i = 0; i < sorted.length; i++) {
    if (i === 0 || sorted[i] !== sorted[i - 1]) values[count++] = sorted[i]!;
    ends[count - 1] = i + 1;
  }
  return { values: values.subarray(0, count), ends: ends.subarray(0, count) };
}

/** A value's bin is how many cuts lie at or below it: counted by halving, without a branch to mispredict. */
function encode(values: Float32Array, cuts: Float32Array, codes: Uint8Array): void {
  const bounds = new Float32Array(CUTS).fill(Infinity);
  bounds.set(cuts);
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!;
    let bin = 0;
    for (let half = 128; half > 0; half >>= 1) bin += +(value >= bounds[bin + half - 1]!) * half;
    codes[row] = Number.isNaN(value) ? MISSING_CODE : bin;
  }
}
