/**
 * The account of one symbol: money, position, and the trade that is open. Money may go below 0 (a leveraged or short account
 * is in debt); `cash + position · price` is the equity, always.
 */
import { type ExitReason, TradeLog } from './trade-log.ts';

/** What a fill is made of beside its size. */
export interface Fill {
  readonly row: number;
  readonly price: number;
  /** What it would have been without slippage and impact. */
  readonly marketPrice: number;
  /** Share of the notional. */
  readonly feeRate: number;
  /** Recorded when the fill ends a trade. */
  readonly reason: ExitReason;
}

export class Ledger {
  readonly trades = new TradeLog();
  /** NaN until {@link reset}: V8 then keeps it, and the position, as plain doubles. */
  cash = Number.NaN;
  /** Units of the asset; below 0 when short. */
  position = Number.NaN;
  /** Row of the fill that opened the position, its average price, and the best price since. */
  entryRow = -1;
  entryPrice = Number.NaN;
  bestPrice = Number.NaN;
  fees = 0;
  funding = 0;
  /** Money lost between the market's prices and those of the fills. */
  slippage = 0;
  /** Market orders for which the recorded levels were not enough. */
  cutOrders = 0;
  /** Money that changed hands at fills, both ways. */
  tradedNotional = 0;
  /** Entries for which no money was left, or no size was known. */
  refused = 0;
  /** Candles at whose close there was a position. */
  rowsInPosition = 0;
  /** Returns of closed trades: their sum and the sum of their squares. */
  returnSum = 0;
  returnSquares = 0;
  #openedSize = 0;
  #openedGross = 0;
  #openedFees = 0;
  #closedGross = 0;
  #closedFees = 0;
  #tradeFunding = 0;

  reset(initialCash: number): void {
    this.trades.clear();
    this.cash = initialCash;
    this.position = 0;
    this.fees = 0;
    this.funding = 0;
    this.slippage = 0;
    this.cutOrders = 0;
    this.tradedNotional = 0;
    this.refused = 0;
    this.rowsInPosition = 0;
    this.returnSum = 0;
    this.returnSquares = 0;
    this.#forgetTrade();
  }

  /** Buys (`size` above 0) or sells. A fill that passes through flat ends one trade and begins the next. */
  fill(size: number, fill: Fill): void {
    const closing =
      size * this.position < 0 ? Math.sign(size) * Math.min(Math.abs(size), Math.abs(this.position)) : 0;
    if (closing !== 0) this.#reduce(closing, fill);
    const opening = size - closing;
    if (opening !== 0) this.#increase(opening, fill);
  }

  /** Ends the position, all of it. */
  close(fill: Fill): void {
    this.#reduce(-this.position, fill);
  }

  /** @param rate what longs pay, as a share of the notional */
  settleFunding(price: number, rate: number): void {
    const paid = this.position * price * rate;
    this.cash -= paid;
    this.funding += paid;
    this.#tradeFunding += paid;
  }

  /** Records the trade that is still open, valued at `price`; the account itself does not change. */
  recordOpenTrade(row: number, price: number): void {
    if (this.position === 0) return;
    this.#record(row, this.#closedGross + Math.abs(this.position) * price, 'open');
  }

  #increase(size: number, fill: Fill): void {
    const { row, price } = fill;
    const gross = Math.abs(size) * price;
    if (this.position === 0) {
      this.#forgetTrade();
      this.entryRow = row;
      this.bestPrice = price;
    }
    this.#openedFees += this.#pay(size, gross, fill);
    this.#openedSize += Math.abs(size);
    this.#openedGross += gross;
    this.entryPrice = this.#openedGross / this.#openedSize;
    this.position += size;
  }

  #reduce(size: number, fill: Fill): void {
    const { row, price, reason } = fill;
    const gross = Math.abs(size) * price;
    this.#closedFees += this.#pay(size, gross, fill);
    this.#closedGross += gross;
    if (this.position + size !== 0) {
      this.position += size;
      return;
    }
    this.#record(row, this.#closedGross, reason);
    const last = this.trades.return(this.trades.count - 1);
    this.returnSum += last;
    this.returnSquares += last * last;
    this.position = 0;
  }

  /** Moves the money of a fill; returns its fee. */
  #pay(size: number, gross: number, { price, marketPrice, feeRate }: Fill): number {
    const fee = gross * feeRate;
    this.slippage += size * (price - marketPrice);
    this.cash -= (size > 0 ? gross : -gross) + fee;
    this.fees += fee;
    this.tradedNotional += gross;
    return fee;
  }

  #record(exitRow: number, exitGross: number, exitReason: ExitReason): void {
    this.trades.push({
      side: Math.sign(this.position),
      entryRow: this.entryRow,
      exitRow,
      entryPrice: this.entryPrice,
      exitPrice: exitGross / this.#openedSize,
      size: this.#openedSize,
      entryFees: this.#openedFees,
      exitFees: this.#closedFees,
      funding: this.#tradeFunding,
      exitReason,
    });
  }

  #forgetTrade(): void {
    this.entryRow = -1;
    this.entryPrice = Number.NaN;
    this.bestPrice = Number.NaN;
    this.#openedSize = 0;
    this.#openedGross = 0;
    this.#openedFees = 0;
    this.#closedGross = 0;
    this.#closedFees = 0;
    this.#tradeFunding = 0;
  }
}
