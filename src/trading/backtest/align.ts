/** Symbols on one grid of times, so that they can be valued together: a candle that one of them lacks is a halted one. */
import { type Candles, type CheckedCandles, refusal } from './candles.ts';

export interface AlignedSymbol {
  /** `[grid]` */
  readonly checked: CheckedCandles;
  /** `[rows]` where on the grid each of the symbol's own candles stands, ascending. */
  readonly gridRows: Uint32Array;
}

/**
 * The grid is every opening time that any symbol has. Where a symbol has no candle nothing of it is executed, and it stands at
 * its last close (before its first candle: at that candle's open).
 * @throws DataError when the symbols differ in interval
 */
export function alignCandles(symbols: readonly CheckedCandles[]): readonly AlignedSymbol[] {
  const [first] = symbols;
  for (const [index, { intervalMs }] of symbols.entries()) {
    if (intervalMs !== first!.intervalMs) {
      const fault = `symbol ${index} has candles of ${intervalMs} ms beside ${first!.intervalMs} ms; give all the same interval`;
      throw refusal('openTimeMs', 0, fault);
    }
  }
  const times = new Set(symbols.flatMap(({ candles }) => [...candles.openTimeMs]));
  const grid = Float64Array.from(times).toSorted();
  return symbols.map((checked) => alignOne(checked, grid));
}

function alignOne(checked: CheckedCandles, grid: Float64Array): AlignedSymbol {
  const { openTimeMs } = checked.candles;
  const gridRows = new Uint32Array(openTimeMs.length);
  const isWhole = openTimeMs.length === grid.length;
  for (let row = 0, at = 0; row < gridRows.length; at++) {
    if (grid[at] === openTimeMs[row]) gridRows[row++] = at;
  }
  return { checked: isWhole ? checked : spread(checked, grid, gridRows), gridRows };
}

function spread(checked: CheckedCandles, grid: Float64Array, gridRows: Uint32Array): CheckedCandles {
  const { open, high, low, close, fundingRate } = checked.candles;
  const halted = new Uint8Array(grid.length).fill(1);
  gridRows.forEach((at, row) => (halted[at] = checked.halted?.[row] ?? 0));
  const firstOpen = open[0]!;
  const standing = onGrid(close, grid.length, gridRows, firstOpen);
  const prices = (column: Float64Array): Float64Array => {
    const spreadColumn = standing.slice();
    gridRows.forEach((at, row) => (spreadColumn[at] = column[row]!));
    return spreadColumn;
  };
  const candles: Candles = {
    openTimeMs: grid,
    open: prices(open),
    high: prices(high),
    low: prices(low),
    close: standing,
  };
  if (fundingRate === undefined) return { ...checked, candles, halted };
  const rates = new Float64Array(grid.length);
  gridRows.forEach((at, row) => (rates[at] = fundingRate[row]!));
  return { ...checked, candles: { ...candles, fundingRate: rates }, halted };
}

/** `[grid]` the value of the symbol's last own candle; `before` until there is one. */
export function onGrid(
  column: Float64Array,
  length: number,
  gridRows: Uint32Array,
  before: number,
): Float64Array {
  const values = new Float64Array(length);
  let value = before;
  let row = 0;
  for (let at = 0; at < length; at++) {
    if (gridRows[row] === at) value = column[row++]!;
    values[at] = value;
  }
  return values;
}
