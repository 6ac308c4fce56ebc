/**
 * The book that was recorded with each candle, and what a market order pays in it. The book is the one at the candle's close,
 * so that only orders executed at a close can meet it.
 */
import type { CheckedCandles } from './candles.ts';
import { refusal } from './candles.ts';

/** Levels of both sides, best first, each `[rows × levels]` row-major; a missing level has a NaN price or no size. */
export interface Depth {
  readonly levels: number;
  readonly bidPrices: Float64Array;
  readonly bidSizes: Float64Array;
  readonly askPrices: Float64Array;
  readonly askSizes: Float64Array;
}

export interface Walk {
  /** Volume-weighted over the levels that were eaten; NaN when there was none. */
  readonly price: number;
  /** Units of the asset; below the size asked for where the levels ended. */
  readonly filled: number;
}

/** Eats the asks (side 1, a purchase) or the bids (side −1) of one candle's book until `size` units are filled. */
export function walkDepth(depth: Depth, row: number, side: 1 | -1, size: number): Walk {
  const [prices, sizes] = side > 0 ? [depth.askPrices, depth.askSizes] : [depth.bidPrices, depth.bidSizes];
  const end = (row + 1) * depth.levels;
  let left = size;
  let paid = 0;
  for (let at = row * depth.levels; at < end && left > 0; at++) {
    const price = prices[at]!;
    const there = sizes[at]!;
    if (!(price > 0 && there > 0)) break;
    const eaten = Math.min(left, there);
    paid += eaten * price;
    left -= eaten;
  }
  const filled = left > 0 ? size - left : size;
  return { price: paid / filled, filled };
}

/**
 * Candles whose market orders walk their books; a candle without a level on either side is halted.
 * @throws DataError when the columns have other lengths than the candles' rows ask for
 */
export function withDepth(checked: CheckedCandles, depth: Depth): CheckedCandles {
  const rows = checked.candles.openTimeMs.length;
  for (const field of ['bidPrices', 'bidSizes', 'askPrices', 'askSizes'] as const) {
    const { length } = depth[field];
    if (length === rows * depth.levels) continue;
    throw refusal(`depth.${field}`, length, `${length} levels for ${rows} candles of ${depth.levels}`);
  }
  const isEmpty = (prices: Float64Array, sizes: Float64Array, row: number): boolean =>
    !(prices[row * depth.levels]! > 0 && sizes[row * depth.levels]! > 0);
  const halted = Uint8Array.from({ length: rows }, (_, row) =>
    checked.halted?.[row] === 1 ||
    isEmpty(depth.bidPrices, depth.bidSizes, row) ||
    isEmpty(depth.askPrices, depth.askSizes, row)
      ? 1
      : 0,
  );
  return { ...checked, halted: halted.includes(1) ? halted : null, depth };
}
