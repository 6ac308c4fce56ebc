/**
 * The strategy's hands: turns what it says into orders, watches the levels of its exits, and keeps the books of what the
 * exchange has reported so far. It knows of nothing before its report has arrived.
 */
import { type Instrument, type OrderBook, priceOf, sizeOf } from '../../domain/market/index.ts';
import {
  type Exchange,
  type ExecutionReport,
  limitTicks,
  LIQUIDATION_ORDER,
  lotsWithin,
  type NewOrder,
  type OrderFill,
  type RejectReason,
  signOf,
} from '../exchange/index.ts';
import { intentOf } from './intent.ts';
import type { Fill, Ledger } from './ledger.ts';
import type { Plan } from './settings.ts';
import { NOTHING_ELSE, openingSize } from './sizing.ts';
import type { ExitReason } from './trade-log.ts';

export interface EventTraderOptions {
  readonly instrument: Instrument;
  readonly exchange: Exchange;
  readonly plan: Plan;
  readonly ledger: Ledger;
  /** Row of the candle under way at a time that has passed. */
  readonly rowAt: (timeMs: number) => number;
  /** Realised volatility as of the last close; NaN when the sizing needs none. */
  readonly volatility: () => number;
}

export class EventTrader {
  readonly refusals = new Map<RejectReason, number>();
  readonly #options: EventTraderOptions;
  readonly #hasStops: boolean;
  /** Why each order that may still be filled was sent. */
  readonly #reasons = new Map<number, ExitReason>();
  /** Market orders whose end is not known yet. */
  readonly #inFlight = new Set<number>();
  #takeProfitId = 0;
  /** In whole lots, as reported. */
  #positionLots = 0;
  /** The newest decision that has not been acted on. */
  #order = 0;
  #leaving: ExitReason | null = null;
  /** Side to be entered when the position has been left. */
  #entering: 1 | -1 | 0 = 0;
  #book: OrderBook | null = null;

  constructor(options: EventTraderOptions) {
    this.#options = options;
    const { stopLoss, trailingStop } = options.plan;
    this.#hasStops = stopLoss > 0 || trailingStop > 0;
  }

  /** A candle has closed and this was decided; while an order is in flight it waits, and a newer signal replaces it. */
  onClose(order: number): void {
    if (order !== 0 || this.#inFlight.size === 0) this.#order = order;
    if (this.#isIdle) this.#act();
  }

  onBook(book: OrderBook): void {
    this.#book = book;
    if (this.#positionLots === 0 || this.#inFlight.size > 0) return;
    if (this.#leaving !== null) this.#sendExit();
    else if (this.#hasStops) this.#watchStops(book);
  }

  /** There is no book to be trusted. */
  onBreak(): void {
    this.#book = null;
  }

  onReport(report: ExecutionReport): void {
    this.keepBooks(report);
    switch (report.kind) {
      case 'accepted':
      case 'cancel-rejected':
      case 'funding':
        return;
      case 'fill':
        if (report.leavesLots === 0) this.#ended(report.orderId);
        return;
      case 'rejected':
      case 'cancelled':
        this.#ended(report.orderId);
    }
  }

  /** Writes a report down and does nothing about it. */
  keepBooks(report: ExecutionReport): void {
    const { ledger, instrument } = this.#options;
    if (report.kind === 'fill') this.#bookFill(report);
    else if (report.kind === 'rejected') this.#refused(report.orderId, report.reason);
    else if (report.kind === 'funding')
      ledger.settleFunding(priceOf(instrument, report.markTicks), report.rate);
    else if (report.kind === 'cancelled' && report.reason === 'book-exhausted') ledger.cutOrders++;
  }

  get #isIdle(): boolean {
    return this.#inFlight.size === 0 && this.#leaving === null;
  }

  #act(): void {
    const { ledger, plan, rowAt, exchange } = this.#options;
    const held = rowAt(exchange.clockMs) - ledger.entryRow;
    const { leave, enter } = intentOf(this.#order, this.#positionLots, held >= plan.holdCandles);
    this.#order = 0;
    this.#entering = enter;
    if (leave !== null) this.#leave(leave);
    else if (enter !== 0) this.#enter();
  }

  #leave(reason: ExitReason): void {
    this.#leaving = reason;
    if (this.#takeProfitId !== 0) this.#options.exchange.cancel(this.#takeProfitId);
    this.#takeProfitId = 0;
    this.#sendExit();
  }

  /** What the book could not take at once is sent again when it has changed. */
  #sendExit(): void {
    const side = this.#positionLots > 0 ? 'sell' : 'buy';
    const qtyLots = Math.abs(this.#positionLots);
    this.#send({ type: 'market', side, qtyLots, reduceOnly: true }, this.#leaving ?? 'signal');
  }

  #enter(): void {
    const { instrument, ledger, plan, volatility } = this.#options;
    const side = this.#entering;
    this.#entering = 0;
    const touch = side > 0 ? this.#book?.asks.bestTicks : this.#book?.bids.bestTicks;
    const price = priceOf(instrument, touch ?? Number.NaN);
    const entry = { marketPrice: price, price, volatility: volatility(), others: NOTHING_ELSE };
    const qtyLots = lotsWithin(instrument, openingSize(plan, ledger, entry));
    if (qtyLots > 0) this.#send({ type: 'market', side: side > 0 ? 'buy' : 'sell', qtyLots }, 'signal');
    else ledger.refused++;
  }

  #send(order: NewOrder, reason: ExitReason): void {
    const id = this.#options.exchange.submit(order);
    this.#reasons.set(id, reason);
    this.#inFlight.add(id);
  }

  #watchStops(book: OrderBook): void {
    const { ledger, plan, instrument } = this.#options;
    const side = this.#positionLots > 0 ? 1 : -1;
    const price = priceOf(instrument, side > 0 ? book.bids.bestTicks : book.asks.bestTicks);
    if (side * price > side * ledger.bestPrice) ledger.bestPrice = price;
    const fixed = ledger.entryPrice * (1 - side * plan.stopLoss);
    const trailing = ledger.bestPrice * (1 - side * plan.trailingStop);
    if (side * price <= side * fixed) this.#leave('stop-loss');
    else if (side * price <= side * trailing) this.#leave('trailing-stop');
  }

  #bookFill(fill: OrderFill): void {
    const { instrument, exchange, ledger, rowAt } = this.#options;
    const price = priceOf(instrument, fill.priceTicks);
    const size = sizeOf(instrument, fill.qtyLots);
    const terms: Fill = {
      row: rowAt(fill.timeMs),
      price,
      marketPrice: priceOf(instrument, fill.midTicks),
      feeRate: exchange.account.money.amountOf(fill.feeSteps) / (size * price),
      reason: this.#reasonOf(fill),
    };
    const sign = signOf(fill.side);
    this.#positionLots += sign * fill.qtyLots;
    // Sizes that are no binary fractions leave dust behind; whole lots know when the position is flat.
    if (this.#positionLots === 0) ledger.close(terms);
    else ledger.fill(sign * size, terms);
  }

  #reasonOf({ orderId }: OrderFill): ExitReason {
    return orderId === LIQUIDATION_ORDER ? 'liquidation' : (this.#reasons.get(orderId) ?? 'signal');
  }

  #refused(orderId: number, reason: RejectReason): void {
    this.refusals.set(reason, (this.refusals.get(reason) ?? 0) + 1);
    const isEntry = this.#reasons.get(orderId) === 'signal' && this.#leaving === null;
    if (isEntry) this.#options.ledger.refused++;
  }

  /** Nothing more will come of an order. */
  #ended(orderId: number): void {
    const wasInFlight = this.#inFlight.delete(orderId);
    this.#reasons.delete(orderId);
    if (orderId === this.#takeProfitId) this.#takeProfitId = 0;
    if (this.#positionLots === 0) this.#leaving = null;
    if (!wasInFlight || !this.#isIdle) return;
    if (this.#positionLots === 0) {
      if (this.#entering !== 0) this.#enter();
    } else if (this.#takeProfitId === 0) {
      this.#placeTakeProfit();
    }
    if (this.#order !== 0 && this.#isIdle) this.#act();
  }

  #placeTakeProfit(): void {
    const { ledger, plan, instrument, exchange } = this.#options;
    if (!(plan.takeProfit > 0)) return;
    const sign = this.#positionLots > 0 ? 1 : -1;
    const side = sign > 0 ? 'sell' : 'buy';
    const priceTicks = limitTicks(instrument, side, ledger.entryPrice * (1 + sign * plan.takeProfit));
    const qtyLots = Math.abs(this.#positionLots);
    this.#takeProfitId = exchange.submit({ type: 'limit', side, qtyLots, priceTicks, reduceOnly: true });
    this.#reasons.set(this.#takeProfitId, 'take-profit');
  }
}
