/**
 * What remains of a run when its equity and trades are dropped: sums from which every metric of a sweep follows. A run alone
 * and a run within a sweep go through the same sums, so that their metrics are the same to the last bit.
 */
import type { Ledger } from './ledger.ts';

/** Sums over candles are of simple returns `equity[t] / equity[t − 1] − 1`, the first against the initial cash. */
export interface RunSummary {
  readonly initialCash: number;
  readonly finalEquity: number;
  readonly lowestEquity: number;
  readonly equitySum: number;
  readonly candles: number;
  /** From the opening of the first candle to the end of the last. */
  readonly elapsedMs: number;
  readonly candlesPerYear: number;
  readonly returnSum: number;
  readonly returnSquares: number;
  /** Sum of the returns below 0, without their sign, and of their squares. */
  readonly lossSum: number;
  readonly lossSquares: number;
  /** Largest fall from a peak (the initial cash is the first), as a share of the peak, from 0. */
  readonly maxDrawdown: number;
  /** Most candles from a peak to the candle that is as high again, or to the end. */
  readonly longestDrawdown: number;
  readonly candlesInPosition: number;
  readonly tradedNotional: number;
  readonly fees: number;
  readonly funding: number;
  readonly slippage: number;
  readonly cutOrders: number;
  readonly refusedEntries: number;
  readonly closedTrades: number;
  readonly winningTrades: number;
  /** Sums of the pnl of closed trades above 0, and below it without the sign. */
  readonly grossProfit: number;
  readonly grossLoss: number;
}

export const SUMMARY_FIELDS = [
  'initialCash',
  'finalEquity',
  'lowestEquity',
  'equitySum',
  'candles',
  'elapsedMs',
  'candlesPerYear',
  'returnSum',
  'returnSquares',
  'lossSum',
  'lossSquares',
  'maxDrawdown',
  'longestDrawdown',
  'candlesInPosition',
  'tradedNotional',
  'fees',
  'funding',
  'slippage',
  'cutOrders',
  'refusedEntries',
  'closedTrades',
  'winningTrades',
  'grossProfit',
  'grossLoss',
] as const satisfies readonly (keyof RunSummary)[];

interface Span {
  readonly initialCash: number;
  readonly elapsedMs: number;
  readonly candlesPerYear: number;
}

/** @param equity `[candles]` at each close */
export function summarise(equity: Float64Array, ledger: Ledger, span: Span): RunSummary {
  return { ...span, ...pathOf(equity, span.initialCash), ...accountOf(ledger), candles: equity.length };
}

/** Sums over the equity `[candles]`. */
export function pathOf(equity: Float64Array, initialCash: number) {
  let before = initialCash;
  let lowestEquity = initialCash;
  let equitySum = 0;
  let returnSum = 0;
  let returnSquares = 0;
  let lossSum = 0;
  let lossSquares = 0;
  let peak = initialCash;
  let peakRow = -1;
  let trough = initialCash;
  let maxDrawdown = 0;
  let longestDrawdown = 0;
  const rows = equity.length;
  for (let row = 0; row < rows; row++) {
    const value = equity[row]!;
    equitySum += value;
    if (value !== before) {
      const change = value / before - 1;
      const loss = Math.max(0, -change);
      returnSum += change;
      returnSquares += change * change;
      lossSum += loss;
      lossSquares += loss * loss;
      before = value;
      trough = Math.min(trough, value);
    }
    if (value >= peak) {
      if (trough < peak) {
        maxDrawdown = Math.max(maxDrawdown, 1 - trough / peak);
        lowestEquity = Math.min(lowestEquity, trough);
        longestDrawdown = Math.max(longestDrawdown, row - peakRow);
      }
      peak = value;
      peakRow = row;
      trough = value;
    }
  }
  maxDrawdown = Math.max(maxDrawdown, 1 - trough / peak);
  lowestEquity = Math.min(lowestEquity, trough);
  if (before < peak) longestDrawdown = Math.max(longestDrawdown, rows - 1 - peakRow);
  return {
    finalEquity: equity[rows - 1]!,
    lowestEquity,
    equitySum,
    returnSum,
    returnSquares,
    lossSum,
    lossSquares,
    maxDrawdown,
    longestDrawdown,
  };
}

/** Sums over what an account, or one symbol on it, has done. */
export type AccountSums = ReturnType<typeof accountOf>;

export function accountOf(ledger: Ledger) {
  const { trades } = ledger;
  let winningTrades = 0;
  let grossProfit = 0;
  let grossLoss = 0;
  for (let i = 0; i < trades.closedCount; i++) {
    const pnl = trades.pnl(i);
    if (pnl > 0) {
      winningTrades++;
      grossProfit += pnl;
    } else {
      grossLoss -= pnl;
    }
  }
  return {
    candlesInPosition: ledger.rowsInPosition,
    tradedNotional: ledger.tradedNotional,
    fees: ledger.fees,
    funding: ledger.funding,
    slippage: ledger.slippage,
    cutOrders: ledger.cutOrders,
    refusedEntries: ledger.refused,
    closedTrades: trades.closedCount,
    winningTrades,
    grossProfit,
    grossLoss,
  };
}
