/** What trades alone say of an account. For tests. */
import type { Candles } from './candles.ts';
import type { Trade } from './trade-log.ts';

/** Equity at the close of each row, from nothing but the trades and the market. */
export function equityFromTrades(
  trades: readonly Trade[],
  { open, close, fundingRate }: Candles,
  cash: number,
): number[] {
  return [...close.keys()].map((row) =>
    trades.reduce((equity, trade) => {
      if (trade.entryRow > row) return equity;
      const isOver = trade.exitReason !== 'open' && trade.exitRow <= row;
      if (isOver) return equity + trade.pnl;
      const units = trade.side === 'long' ? trade.size : -trade.size;
      let value = equity + units * (close[row]! - trade.entryPrice) - trade.entryFees;
      for (let k = trade.entryRow + 1; k <= row; k++) value -= units * open[k]! * fundingRate![k]!;
      return value;
    }, cash),
  );
}
