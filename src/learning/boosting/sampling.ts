/** Which rows and columns a tree sees. */
import type { Random } from '../../domain/core/index.ts';

const TWO_POW_32 = 4_294_967_296;

export interface DrawnRows {
  /** Views of memory that the next draw overwrites; each ascending. */
  readonly drawn: Int32Array;
  readonly rest: Int32Array;
}

/** Draws rows, each on its own with the same probability, as XGBoost's uniform sampling. */
export class RowSampler {
  readonly #drawn: Int32Array;
  readonly #rest: Int32Array;
  readonly #share: number;
  readonly #random: Random;

  constructor(rows: number, share: number, random: Random) {
    this.#drawn = new Int32Array(rows);
    this.#rest = new Int32Array(rows);
    this.#share = share;
    this.#random = random;
  }

  draw(): DrawnRows {
    const threshold = this.#share * TWO_POW_32;
    const rows = this.#drawn.length;
    let drawn = 0;
    let rest = 0;
    for (let row = 0; row < rows; row++) {
      if (this.#share >= 1 || this.#random.uint32() < threshold) this.#drawn[drawn++] = row;
      else this.#rest[rest++] = row;
    }
    return { drawn: this.#drawn.subarray(0, drawn), rest: this.#rest.subarray(0, rest) };
  }
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
