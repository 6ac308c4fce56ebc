/** How much an entry buys, and the volatility that some sizings go by. */
import type { CheckedCandles } from './candles.ts';
import type { Ledger } from './ledger.ts';
import type { Plan } from './settings.ts';

/** What else the account holds, at the prices of the moment. */
export interface OtherPositions {
  /** Sum of position times price, shorts below 0. */
  readonly value: number;
  /** The same without the signs. */
  readonly gross: number;
}

/** The account of one symbol. */
export const NOTHING_ELSE: OtherPositions = { value: 0, gross: 0 };

/** Where others hold the rest, a smaller share of the room than this is rounding, and nothing is left. */
const DUST = 1e-9;

interface Entry {
  /** Before slippage. */
  readonly marketPrice: number;
  /** After it. */
  readonly price: number;
  /** Realised and annualised, as known at the signal; NaN when it is not known. */
  readonly volatility: number;
  readonly others: OtherPositions;
}

/**
 * Units of the asset for an entry from flat; 0 or NaN when there is no money or no known size.
 * Shares of the equity include the fee: `size · price · (1 + takerFee) = share · equity`, the equity being cash and the other
 * positions; with theirs, the position is at most `maxLeverage · equity`.
 */
export function openingSize(plan: Plan, ledger: Ledger, entry: Entry): number {
  const { value, gross } = entry.others;
  const affordable = (ledger.cash + value) / (1 + plan.takerFee) / entry.price;
  const most = plan.maxLeverage * affordable;
  const room = most - gross / (1 + plan.takerFee) / entry.price;
  if (gross > 0 && room < DUST * most) return 0;
  return Math.min(wantedSize(plan, ledger, entry, affordable), room);
}

function wantedSize({ sizing }: Plan, ledger: Ledger, entry: Entry, affordable: number): number {
  switch (sizing.kind) {
    case 'quantity':
      return sizing.quantity;
    case 'notional':
      return sizing.notional / entry.marketPrice;
    case 'fraction':
      return sizing.fraction * affordable;
    case 'volatility':
      return Math.min(sizing.cap, sizing.annualVolatility / entry.volatility) * affordable;
    case 'kelly': {
      const { closedCount } = ledger.trades;
      if (closedCount < sizing.minTrades) return Math.min(sizing.cap, sizing.initial) * affordable;
      const mean = ledger.returnSum / closedCount;
      const variance = (ledger.returnSquares - ledger.returnSum * mean) / (closedCount - 1);
      const kelly = variance > 0 ? mean / variance : Math.sign(mean) * Infinity;
      return Math.min(sizing.cap, Math.max(sizing.floor, sizing.share * kelly)) * affordable;
    }
  }
}

/**
 * `[rows]` sample standard deviation of the last `window` log returns of the close, annualised by the candles in a year; NaN
 * before there are as many.
 */
export function realisedVolatility(
  { candles, candlesPerYear }: CheckedCandles,
  window: number,
): Float64Array {
  const { close } = candles;
  const returns = Float64Array.from(close, (price, row) =>
    row === 0 ? 0 : Math.log(price / close[row - 1]!),
  );
  const volatility = new Float64Array(close.length).fill(Number.NaN);
  let sum = 0;
  let squares = 0;
  for (let row = 1; row < close.length; row++) {
    const added = returns[row]!;
    sum += added;
    squares += added * added;
    if (row > window) {
      const dropped = returns[row - window]!;
      sum -= dropped;
      squares -= dropped * dropped;
    }
    // Rounding may leave a little below 0 where prices stand still.
    const variance = Math.max(0, squares - (sum * sum) / window) / (window - 1);
    if (row >= window) volatility[row] = Math.sqrt(variance * candlesPerYear);
  }
  return volatility;
}
