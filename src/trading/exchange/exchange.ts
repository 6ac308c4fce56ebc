/**
 * A simulated exchange for one linear contract: the recorded market comes in event by event, a client's orders arrive between
 * the events after their latency and are matched with the book as it is then. What exactly happens when: `docs/event-engine.md`.
 */
import { ConfigError } from '../../domain/core/index.ts';
import {
  type Instrument,
  type MarketTrade,
  type OrderBook,
  priceOf,
  sizeOf,
} from '../../domain/market/index.ts';
import { Account } from './account.ts';
import { DueQueue } from './due-queue.ts';
import { SideLiquidity, type Slice } from './liquidity.ts';
import { liquidationPrice } from './margin.ts';
import {
  type CancelReason,
  type ExecutionReport,
  LIQUIDATION_ORDER,
  type LimitOrder,
  type NewOrder,
  type RejectReason,
  type Side,
  signOf,
} from './orders.ts';
import { canAfford, formFault, reducibleLots } from './order-checks.ts';
import { RestingOrder, RestingOrders } from './resting-orders.ts';
import { type ExchangePlan, exchangePlan, type ExchangeSettings, type LatencyMs } from './settings.ts';

export interface ExchangeOptions {
  readonly instrument: Instrument;
  readonly settings?: ExchangeSettings;
  /** The client: hears of everything when the response arrives, and may submit and cancel from within. */
  readonly onReport?: (report: ExecutionReport) => void;
  /** A record for later, of everything at the moment at which it happens. */
  readonly journal?: (report: ExecutionReport) => void;
}

const ignore = (): void => {};

export class Exchange {
  readonly instrument: Instrument;
  readonly account: Account;
  readonly #plan: ExchangePlan;
  readonly #onReport: (report: ExecutionReport) => void;
  readonly #journal: (report: ExecutionReport) => void;
  readonly #due = new DueQueue();
  readonly #resting: RestingOrders;
  /** By the side of the order that takes: purchases take asks. */
  readonly #liquidity: Readonly<Record<Side, SideLiquidity>> = {
    buy: new SideLiquidity(),
    sell: new SideLiquidity(),
  };
  #clockMs = -Infinity;
  #nextFunding = 0;
  #lastId = LIQUIDATION_ORDER;
  /** Null while there is no book that can be trusted. */
  #book: OrderBook | null = null;
  #midTicks = Number.NaN;
  #givenMarkTicks = Number.NaN;
  #liquidationTicks = Number.NaN;

  constructor({ instrument, settings = {}, onReport = ignore, journal = ignore }: ExchangeOptions) {
    this.instrument = instrument;
    this.#plan = exchangePlan(instrument, settings);
    this.account = new Account(this.#plan.money, this.#plan.initialSteps);
    this.#resting = new RestingOrders(this.#plan.queue);
    this.#onReport = onReport;
    this.#journal = journal;
  }

  /** The exchange's time: that of the latest event, which never goes back. */
  get clockMs(): number {
    return this.#clockMs;
  }

  /** The mark price in ticks: as given, or the middle of the book when none is; NaN before there is a book. */
  get markTicks(): number {
    return Number.isNaN(this.#givenMarkTicks) ? this.#midTicks : this.#givenMarkTicks;
  }

  /** The middle of the last whole book, in ticks. */
  get midTicks(): number {
    return this.#midTicks;
  }

  /** The mark price at which the position is liquidated, in ticks; NaN when flat. */
  get liquidationTicks(): number {
    return this.#liquidationTicks;
  }

  get openOrders(): number {
    return this.#resting.count;
  }

  /** Everything that is due before `timeMs` happens. To be called before the market changes at that time. */
  advanceTo(timeMs: number): void {
    if (this.#nextDueMs < timeMs) this.#actWhile((dueMs) => dueMs < timeMs);
    this.#setClock(timeMs);
  }

  /** The recording has ended: what is due by now still happens, what is on its way later never arrives. */
  finish(): void {
    this.#actWhile((dueMs) => dueMs <= this.#clockMs);
  }

  /** The book has changed, and is whole. It is kept and read until the next call. */
  onBook(book: OrderBook, timeMs: number): void {
    this.#setClock(timeMs);
    if (!book.isTwoSided) {
      this.#book = null;
      return;
    }
    this.#book = book;
    this.#midTicks = (book.bids.bestTicks + book.asks.bestTicks) / 2;
    if (this.#resting.count > 0) this.#resting.onBook(book, this.#liquidity, this.#fillMaker);
    if (this.account.positionLots !== 0) this.#watchMargin();
  }

  /**
   * There is no book to be trusted until the next {@link onBook}. What we took of the old one is forgotten, and so is the mark
   * price until it is given again: nobody knows how long the silence was.
   */
  onBreak(timeMs: number): void {
    this.#setClock(timeMs);
    this.#book = null;
    this.#liquidity.buy.clear();
    this.#liquidity.sell.clear();
    this.#givenMarkTicks = Number.NaN;
  }

  /** Someone traded; {@link advanceTo} comes first. Trades of no size or price are none. */
  onTrade(trade: MarketTrade): void {
    this.#setClock(trade.timeMs);
    if (this.#resting.count === 0 || !(trade.qtyLots > 0 && trade.priceTicks > 0)) return;
    this.#resting.onTrade(trade, this.#fillMaker);
  }

  /** The exchange's own mark price, in ticks and fractions of them; from now on it counts instead of the middle. */
  onMark(markTicks: number, timeMs: number): void {
    this.#setClock(timeMs);
    if (!(markTicks > 0)) return;
    this.#givenMarkTicks = markTicks;
    if (this.account.positionLots !== 0) this.#watchMargin();
  }

  /** Sends an order now; it arrives one entry latency later. @returns its id, from 1 on */
  submit(order: NewOrder): number {
    const id = ++this.#lastId;
    this.#send(this.#plan.entryMs, () => this.#arrive(id, order));
    return id;
  }

  cancel(orderId: number): void {
    this.#send(this.#plan.entryMs, () => {
      const order = this.#resting.remove(orderId);
      if (order === null) this.#report({ kind: 'cancel-rejected', orderId, timeMs: this.#clockMs });
      else this.#cancelled(orderId, order.leavesLots, 'requested');
    });
  }

  get #nextDueMs(): number {
    const funding = this.#plan.funding.timeMs[this.#nextFunding] ?? Infinity;
    return Math.min(funding, this.#due.nextMs);
  }

  /** Funding comes before orders and reports of the same time. */
  #actWhile(isDue: (dueMs: number) => boolean): void {
    for (let next = this.#nextDueMs; next < Infinity && isDue(next); next = this.#nextDueMs) {
      this.#setClock(next);
      if (this.#plan.funding.timeMs[this.#nextFunding] === next) this.#settleFunding();
      else this.#due.actNext();
    }
  }

  #setClock(timeMs: number): void {
    if (timeMs > this.#clockMs) this.#clockMs = timeMs;
  }

  #send(latency: LatencyMs, act: () => void): void {
    const latencyMs = typeof latency === 'function' ? latency(this.#clockMs) : latency;
    if (latencyMs >= 0 && latencyMs < Infinity) {
      this.#due.push(this.#clockMs + latencyMs, act);
      return;
    }
    const message = `gave ${latencyMs} at time ${this.#clockMs}; it must be milliseconds from 0 on`;
    throw new ConfigError([{ path: 'exchange.latency', message }]);
  }

  #report(report: ExecutionReport): void {
    this.#journal(report);
    this.#send(this.#plan.responseMs, () => this.#onReport(report));
  }

  #reject(orderId: number, reason: RejectReason): void {
    this.#report({ kind: 'rejected', orderId, reason, timeMs: this.#clockMs });
  }

  #cancelled(orderId: number, leavesLots: number, reason: CancelReason): void {
    this.#report({ kind: 'cancelled', orderId, leavesLots, reason, timeMs: this.#clockMs });
  }

  #arrive(id: number, sent: NewOrder): void {
    const { markTicks } = this;
    const position = this.account.positionLots;
    const fault = formFault(sent, { plan: this.#plan, markTicks, position });
    if (fault !== null) return this.#reject(id, fault);
    const book = this.#book;
    if (book === null) return this.#reject(id, 'no-market');
    const qtyLots = sent.reduceOnly ? Math.min(sent.qtyLots, reducibleLots(sent, position)) : sent.qtyLots;
    const order = { ...sent, qtyLots };
    const slices = this.#marketable(book, order);
    const isMaker = order.type === 'limit' && order.timeInForce === 'GTX';
    if (isMaker && slices.length > 0) return this.#reject(id, 'would-take');
    const filled = slices.reduce((sum, slice) => sum + slice.qtyLots, 0);
    const rests = order.type === 'limit' && order.timeInForce !== 'IOC';
    const restLots = rests ? qtyLots - filled : 0;
    const { account } = this;
    const reservedTickLots = this.#resting.reservedTickLots;
    if (!canAfford({ order, slices, restLots, account, reservedTickLots, plan: this.#plan })) {
      return this.#reject(id, 'insufficient-margin');
    }
    this.#take(book, order, slices, (slice, leavesLots) =>
      this.#fillTaker(id, order.side, slice, leavesLots),
    );
    const leavesLots = qtyLots - filled;
    if (leavesLots === 0) return;
    if (rests) this.#rest(id, order, leavesLots);
    else this.#cancelled(id, leavesLots, order.type === 'limit' ? 'immediate-or-cancel' : 'book-exhausted');
  }

  /** What an order gets at once; nothing is taken yet. */
  #marketable(book: OrderBook, { side, qtyLots, ...order }: NewOrder): readonly Slice[] {
    const sign = signOf(side);
    const band = this.markTicks * (1 + sign * this.#plan.priceBand);
    const worstTicks = order.type === 'limit' ? order.priceTicks : band;
    const opposite = side === 'buy' ? book.asks : book.bids;
    const isUnbounded = Math.abs(worstTicks) === Infinity;
    return this.#liquidity[side].walk(
      opposite,
      qtyLots,
      (ticks) => isUnbounded || sign * ticks <= sign * worstTicks,
    );
  }

  #take(
    book: OrderBook,
    { side, qtyLots }: NewOrder,
    slices: readonly Slice[],
    fill: (slice: Slice, leavesLots: number) => void,
  ): void {
    const opposite = side === 'buy' ? book.asks : book.bids;
    let leavesLots = qtyLots;
    for (const slice of slices) {
      this.#liquidity[side].take(opposite, slice);
      leavesLots -= slice.qtyLots;
      fill(slice, leavesLots);
    }
  }

  #rest(id: number, order: LimitOrder, leavesLots: number): void {
    const book = this.#book!;
    const own = order.side === 'buy' ? book.bids : book.asks;
    const reducible = reducibleLots(order, this.account.positionLots);
    this.#resting.add(
      new RestingOrder(id, order, {
        leavesLots,
        openingLots: Math.max(0, leavesLots - reducible),
        levelLots: own.lotsAt(order.priceTicks),
      }),
    );
    this.#report({ kind: 'accepted', orderId: id, timeMs: this.#clockMs });
  }

  #fillTaker(orderId: number, side: Side, slice: Slice, leavesLots: number, fee = this.#plan.takerFee): void {
    this.#fill({ orderId, side, ...slice, leavesLots, liquidity: 'taker', feeRate: fee });
  }

  readonly #fillMaker = (order: RestingOrder, offeredLots: number): number => {
    const { id, side, priceTicks } = order;
    const most = order.reduceOnly ? reducibleLots(order, this.account.positionLots) : Infinity;
    const qtyLots = Math.min(offeredLots, order.leavesLots, most);
    if (qtyLots === 0) return 0;
    order.leavesLots -= qtyLots;
    const { leavesLots } = order;
    if (leavesLots === 0) this.#resting.remove(id);
    const feeRate = this.#plan.makerFee;
    this.#fill({ orderId: id, side, priceTicks, qtyLots, leavesLots, liquidity: 'maker', feeRate });
    return qtyLots;
  };

  #fill({ feeRate, ...fill }: FillTerms): void {
    const { account } = this;
    const steps = fill.priceTicks * fill.qtyLots * account.money.stepsPerTickLot;
    const feeSteps = Math.round(steps * feeRate);
    account.fill(signOf(fill.side) * fill.qtyLots, fill.priceTicks, feeSteps);
    this.#liquidationTicks = this.#liquidationPrice();
    this.#report({ kind: 'fill', ...fill, feeSteps, midTicks: this.#midTicks, timeMs: this.#clockMs });
    for (const order of this.#resting.count > 0 ? this.#resting.all() : []) {
      if (order.reduceOnly && reducibleLots(order, account.positionLots) === 0) {
        this.#resting.remove(order.id);
        this.#cancelled(order.id, order.leavesLots, 'nothing-to-reduce');
      }
    }
  }

  #settleFunding(): void {
    const rate = this.#plan.funding.rate[this.#nextFunding++]!;
    if (this.account.positionLots === 0 || rate === 0) return;
    const { markTicks } = this;
    const paidSteps = this.account.settleFunding(markTicks, rate);
    this.#report({ kind: 'funding', rate, markTicks, paidSteps, timeMs: this.#clockMs });
  }

  #liquidationPrice(): number {
    const { positionLots, entryTicks } = this.account;
    if (positionLots === 0) return Number.NaN;
    const tick = priceOf(this.instrument, 1);
    const size = sizeOf(this.instrument, positionLots);
    const entryPrice = entryTicks * tick;
    const margin = (Math.abs(size) * entryPrice) / this.#plan.leverage;
    return liquidationPrice({ size, entryPrice, margin }, this.#plan.tiers) / tick;
  }

  /** Liquidates the position when the mark price has come to its liquidation price; what the book lacks, at its next change. */
  #watchMargin(): void {
    const { positionLots } = this.account;
    const sign = Math.sign(positionLots);
    const book = this.#book;
    if (sign * this.markTicks > sign * this.#liquidationTicks || book === null) return;
    for (const order of this.#resting.all()) {
      this.#resting.remove(order.id);
      this.#cancelled(order.id, order.leavesLots, 'liquidation');
    }
    const side = positionLots > 0 ? 'sell' : 'buy';
    const qtyLots = Math.abs(positionLots);
    const order: NewOrder = { type: 'market', side, qtyLots };
    const fee = this.#plan.takerFee + this.#plan.liquidationFee;
    const opposite = side === 'buy' ? book.asks : book.bids;
    const slices = this.#liquidity[side].walk(opposite, qtyLots, () => true);
    this.#take(book, order, slices, (slice, leavesLots) =>
      this.#fillTaker(LIQUIDATION_ORDER, side, slice, leavesLots, fee),
    );
  }
}

interface FillTerms extends Slice {
  readonly orderId: number;
  readonly side: Side;
  readonly leavesLots: number;
  readonly liquidity: 'maker' | 'taker';
  readonly feeRate: number;
}
