/** Which rows and columns a tree sees. */
import type { Random } from '../../domain/core/index.ts';

const TWO_POW_32 = 4_294_967_296;

/**
 * Draws rows, each on its own with the same probability, as XGBoost's uniform sampling.
 *
 * @param rows filled with all row numbers: first the drawn ones, ascending, then the others, descending
 * @returns how many were drawn
 */
export function drawRows(share: number, rows: Int32Array, random: Random): number {
  const threshold = share * TWO_POW_32;
  let drawn = 0;
  let rest = rows.length;
  for (let row = 0; row < rows.length; row++) {
    if (share >= 1 || random.uint32() < threshold) rows[drawn++] = row;
    else rows[--rest] = row;
  }
  return drawn;
}

/** How many of `columns` a tree draws: XGBoost's `max(1, floor(share · columns))`. */
export function drawnColumnCount(columns: number, share: number): number {
  return Math.max(1, Math.floor(share * columns));
}

/** `count` different columns, ascending. */
export function drawColumns(columns: number, count: number, random: Random): Int32Array {
  const all = Int32Array.from({ length: columns }, (_, i) => i);
  if (count === columns) return all;
  random.shuffle(all);
  return all.slice(0, count).sort();
}
