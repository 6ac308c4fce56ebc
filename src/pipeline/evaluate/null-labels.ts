/** Labels that keep their own shape in time and have nothing to do with any feature. */
import { DataError } from '../../domain/core/index.ts';
import type { Random } from '../../domain/core/index.ts';

/** Blocks are this many times as long as the lookahead, where the rows suffice. */
const LOOKAHEADS_A_BLOCK = 4;
const FEWEST_BLOCKS = 8;

/**
 * Labels in shuffled blocks: within a block everything is as it was, so that autocorrelation stays.
 * Source of the idea: Ojala & Garriga, Permutation Tests for Studying Classifier Performance (2010).
 *
 * @param labels `[rows]` in order of time; not changed
 * @throws DataError when there are too few rows for blocks longer than the lookahead
 */
export function permutedLabels(labels: Int8Array, lookaheadRows: number, random: Random): Int8Array {
  requireRows(labels, lookaheadRows);
  const block = Math.min(LOOKAHEADS_A_BLOCK * lookaheadRows, Math.floor(labels.length / FEWEST_BLOCKS));
  const order = Int32Array.from({ length: Math.ceil(labels.length / block) }, (_, i) => i);
  random.shuffle(order);
  const permuted = new Int8Array(labels.length);
  let filled = 0;
  for (const i of order) {
    const part = labels.subarray(i * block, (i + 1) * block);
    permuted.set(part, filled);
    filled += part.length;
  }
  return permuted;
}

/**
 * Labels shifted in a circle by a quarter to three quarters of the rows, each draw in its own part of that range: far
 * beyond the lookahead, and beyond most of the memory of volatility.
 */
export function shiftedLabels(
  labels: Int8Array,
  lookaheadRows: number,
  { random, draw, draws }: { readonly random: Random; readonly draw: number; readonly draws: number },
): Int8Array {
  requireRows(labels, lookaheadRows);
  const rows = labels.length;
  const shift = Math.floor(rows * (0.25 + (0.5 * (draw + random.uniform())) / draws));
  const shifted = new Int8Array(rows);
  shifted.set(labels.subarray(shift));
  shifted.set(labels.subarray(0, shift), rows - shift);
  return shifted;
}

export const enoughForNulls = (rows: number, lookaheadRows: number): boolean =>
  rows >= FEWEST_BLOCKS * (lookaheadRows + 1);

function requireRows({ length }: Int8Array, lookaheadRows: number): void {
  if (enoughForNulls(length, lookaheadRows)) return;
  throw new DataError(
    `${length} rows are too few for null labels of ${lookaheadRows} minutes ahead: ${FEWEST_BLOCKS * (lookaheadRows + 1)} or more are needed`,
    { code: 'NULL_ROWS_FEW', context: { rows: length, lookaheadRows } },
  );
}
