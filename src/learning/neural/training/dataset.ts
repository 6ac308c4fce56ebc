/** What a sequence classifier learns from: rows in order of time, some with labels, in contiguous stretches. */
import { DataError } from '../../../domain/core/index.ts';
import { copyToFloat32 } from '../graph/tensor.ts';

/** Rows `start … end − 1`. */
export interface RowRange {
  readonly start: number;
  readonly end: number;
}

export interface SequenceDataset {
  readonly featureNames: readonly string[];
  readonly rows: number;
  /** `[rows × featureNames.length]`, row-major, raw; finite within segments. */
  readonly features: Float64Array;
  /** `[rows]` class numbers, −1 = none. */
  readonly labels: Int8Array;
  /** Contiguous in time, in order and without overlap: no window crosses their borders. */
  readonly segments: readonly RowRange[];
  /** How messages call a row, such as by its time; by its number without it. */
  readonly rowName?: (row: number) => string;
}

export function rowNameOf({ rowName }: SequenceDataset): (row: number) => string {
  return rowName ?? ((row) => `row ${row}`);
}

function refuse(code: string, message: string, context: Record<string, number | string> = {}): never {
  throw new DataError(`dataset: ${message}`, { code, context });
}

/**
 * The features in 32 bits, zero outside of segments.
 * @throws {DataError} on lengths, labels or segments that do not fit, or a value within a segment that is not finite
 */
export function checkedFeatures(dataset: SequenceDataset, classes: number): Float32Array {
  const { rows, features, labels, segments, featureNames } = dataset;
  const width = featureNames.length;
  if (features.length !== rows * width) {
    refuse('DATASET_SIZE', `${features.length} feature values are not ${rows} rows of ${width}`);
  }
  if (labels.length !== rows) refuse('DATASET_SIZE', `${labels.length} labels for ${rows} rows`);
  const strange = labels.findIndex((label) => label < -1 || label >= classes);
  if (strange >= 0) {
    refuse('DATASET_LABEL', `row ${strange} has label ${labels[strange]}, classes are 0 to ${classes - 1}`);
  }
  const converted = new Float32Array(features.length);
  let last = 0;
  for (const { start, end } of segments) {
    if (start < last || end > rows || start >= end) {
      refuse(
        'DATASET_SEGMENTS',
        `segment ${start} to ${end} overlaps the one before or leaves the ${rows} rows`,
      );
    }
    last = end;
    const at = features.subarray(start * width, end * width).findIndex((value) => !Number.isFinite(value));
    if (at >= 0) {
      const row = start + Math.floor(at / width);
      const feature = featureNames[at % width]!;
      const value = features[start * width + at]!;
      const where = rowNameOf(dataset)(row);
      refuse('DATASET_NOT_FINITE', `${where}: ${feature} is ${value}; end the segment before it`, {
        row,
        feature,
      });
    }
    copyToFloat32(features, start * width, end * width, converted, start * width);
  }
  return converted;
}

/** `[rows]`: 1 where a row of `rows` has a label and `sequenceLength` bars of one segment up to and including it. */
export function learnableRows(
  dataset: SequenceDataset,
  rows: Int32Array,
  sequenceLength: number,
): Uint8Array {
  const asked = new Uint8Array(dataset.rows);
  for (const row of rows) {
    if (row < 0 || row >= dataset.rows) refuse('DATASET_ROW', `there is no row ${row} among ${dataset.rows}`);
    asked[row] = 1;
  }
  const learnable = new Uint8Array(dataset.rows);
  for (const { start, end } of dataset.segments) {
    for (let row = start + sequenceLength - 1; row < end; row++) {
      if (asked[row] === 1 && dataset.labels[row]! >= 0) learnable[row] = 1;
    }
  }
  return learnable;
}

/** Positions of the ones. */
export function markedRows(mask: Uint8Array): Int32Array {
  const rows = new Int32Array(mask.reduce((count, mark) => count + mark, 0));
  let count = 0;
  for (let row = 0; row < mask.length; row++) if (mask[row] === 1) rows[count++] = row;
  return rows;
}
