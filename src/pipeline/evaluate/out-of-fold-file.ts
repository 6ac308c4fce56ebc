/**
 * The base models' out-of-fold predictions in the artifact, `out-of-fold.bin`: little-endian 64-bit floats, four a row:
 * position, and the probabilities of SELL, NEUTRAL, BUY that the auditor was shown. The null tests of the report retrain the
 * auditor on them.
 */
import { CLASS_COUNT, DataError } from '../../domain/core/index.ts';
import type { StoredModel } from '../../platform/storage/index.ts';

export const OUT_OF_FOLD_FILE = 'out-of-fold.bin';

/** Most rows that are kept, evenly spread. */
const MOST_ROWS = 20_000;

const WIDTH = 1 + CLASS_COUNT;

export interface OutOfFoldRows {
  /** Positions in the labelled rows of the bars, ascending. */
  readonly positions: Int32Array;
  /** `[positions × 3]` */
  readonly probabilities: Float64Array;
}

export function encodeOutOfFold({ positions, probabilities }: OutOfFoldRows): Uint8Array {
  const rows = Math.min(positions.length, MOST_ROWS);
  const values = new Float64Array(rows * WIDTH);
  for (let i = 0; i < rows; i++) {
    const from = Math.floor((i * positions.length) / rows);
    values[i * WIDTH] = positions[from]!;
    values.set(probabilities.subarray(from * CLASS_COUNT, (from + 1) * CLASS_COUNT), i * WIDTH + 1);
  }
  return new Uint8Array(values.buffer);
}

/**
 * @returns null for an artifact from before there was such a file
 * @throws DataError when the file does not hold whole rows
 */
export function readOutOfFold({
  files,
  folder,
}: Pick<StoredModel, 'files' | 'folder'>): OutOfFoldRows | null {
  const bytes = files[OUT_OF_FOLD_FILE];
  if (bytes === undefined) return null;
  if (bytes.length === 0 || bytes.length % (WIDTH * Float64Array.BYTES_PER_ELEMENT) !== 0) {
    throw new DataError(
      `${folder}/${OUT_OF_FOLD_FILE}: ${bytes.length} bytes are not whole rows; run \`tidemark audit\` again`,
      { code: 'OUT_OF_FOLD_UNREADABLE', context: { folder } },
    );
  }
  // A copy: the bytes may be a view into a larger buffer, and begin anywhere in it.
  const values = new Float64Array(new Uint8Array(bytes).buffer);
  const rows = values.length / WIDTH;
  return {
    positions: Int32Array.from({ length: rows }, (_, i) => values[i * WIDTH]!),
    probabilities: values.filter((_, i) => i % WIDTH !== 0),
  };
}
