/** Is every stored book a book? Hot code: level by level over columns, nothing allocated unless something is wrong. */
import type { BookSideColumns } from '../../platform/storage/index.ts';
import type { FindingKind } from './findings.ts';

/** Told for each violation; `column` as in the file. */
export type ReportCell = (kind: FindingKind, row: number, column: string, value: number) => void;

/**
 * Prices strictly ordered from the best, missing levels only at the end, a price exactly where there is a size.
 * @returns `[rows]` levels that each row has
 */
export function checkSide({ side, prices, sizes }: BookSideColumns, report: ReportCell): Uint16Array {
  const rows = prices[0]!.length;
  const direction = side === 'bid' ? -1 : 1;
  const levels = new Uint16Array(rows);
  for (let rank = 0; rank < prices.length; rank++) {
    const price = prices[rank]!;
    const size = sizes[rank]!;
    const better = prices[rank - 1] ?? price;
    for (let row = 0; row < rows; row++) {
      const p = price[row]!;
      const s = size[row]!;
      if (Number.isNaN(p)) {
        if (s !== 0) report('level-size-alone', row, `${side}_${rank}_s`, s);
        continue;
      }
      if (!(p > 0 && p < Infinity)) report('level-price', row, `${side}_${rank}_p`, p);
      if (!(s > 0 && s < Infinity)) report('level-size', row, `${side}_${rank}_s`, s);
      if (levels[row] !== rank) report('level-hole', row, `${side}_${rank}_p`, p);
      else if (rank > 0 && !(direction * (p - better[row]!) > 0))
        report('level-order', row, `${side}_${rank}_p`, p);
      levels[row] = rank + 1;
    }
  }
  for (let row = 0; row < rows; row++) {
    if (levels[row] === 0) report('book-one-sided', row, `${side}_0_p`, Number.NaN);
  }
  return levels;
}

/** Best bid below best ask; a side that is empty has been reported already. */
export function checkCrossing(bids: BookSideColumns, asks: BookSideColumns, report: ReportCell): void {
  const bid = bids.prices[0]!;
  const ask = asks.prices[0]!;
  for (let row = 0; row < bid.length; row++) {
    if (bid[row]! >= ask[row]!) report('book-crossed', row, 'bid_0_p', bid[row]!);
  }
}

/** How many levels bars have, kept as a histogram so that years of them cost nothing. */
export class LevelCounts {
  readonly #rows = new Map<number, number>();
  #total = 0;

  add(levels: Uint16Array): void {
    for (const count of levels) this.#rows.set(count, (this.#rows.get(count) ?? 0) + 1);
    this.#total += levels.length;
  }

  /** Bars with fewer than `depth` levels. */
  below(depth: number): number {
    let rows = 0;
    for (const [count, n] of this.#rows) if (count < depth) rows += n;
    return rows;
  }

  /** Null before the first bar. */
  get summary(): { readonly least: number; readonly median: number } | null {
    const ascending = [...this.#rows].toSorted(([a], [b]) => a - b);
    const [first] = ascending;
    if (first === undefined) return null;
    let before = 0;
    for (const [count, n] of ascending) {
      before += n;
      if (2 * before >= this.#total) return { least: first[0], median: count };
    }
    return null;
  }
}
