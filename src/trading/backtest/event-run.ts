/**
 * One strategy on one simulated exchange, driven by whoever has the events. Each event is told in three steps: `before` it,
 * while the market is still the old one; what it changes; `after` it. What exactly happens when: `docs/event-engine.md`.
 */
import { DataError } from '../../domain/core/index.ts';
import {
  type Instrument,
  type MarketTrade,
  type OrderBook,
  priceOf,
  sizeOf,
} from '../../domain/market/index.ts';
import { Exchange, type ExecutionReport, type RejectReason } from '../exchange/index.ts';
import { resultOf, type SymbolResult } from './backtest.ts';
import { type Candles, type CheckedCandles, YEAR_MS } from './candles.ts';
import { type CandleFeed, closedCandles } from './event-candles.ts';
import { type EventSettings, eventPlanOf } from './event-settings.ts';
import { EventTrader } from './event-trader.ts';
import { Ledger } from './ledger.ts';
import type { Plan } from './settings.ts';
import { resolveSignal } from './signals.ts';
import { realisedVolatility } from './sizing.ts';
import { type Strategy, viewOf } from './strategy.ts';

/** One fill as the exchange made it. */
export interface EventFill {
  readonly timeMs: number;
  /** 0 for a liquidation. */
  readonly orderId: number;
  readonly side: 'buy' | 'sell';
  readonly liquidity: 'maker' | 'taker';
  readonly price: number;
  readonly size: number;
  /** Paid; below 0 for a rebate. */
  readonly fee: number;
  /** Middle of the book in which it was filled. */
  readonly mid: number;
}

/** What {@link SymbolResult} says, on the candles that closed while the events passed, and what only events can tell. */
export interface EventResult extends SymbolResult {
  readonly candles: Candles;
  readonly fills: readonly EventFill[];
  /** Orders that the exchange refused, by reason. */
  readonly refusals: Readonly<Partial<Record<RejectReason, number>>>;
  readonly liquidations: number;
  /** The exchange's own books: `equity = initialCash + gains − fees − funding`, exact to the money's last decimal. */
  readonly account: {
    readonly cash: number;
    readonly fees: number;
    readonly funding: number;
    readonly position: number;
  };
}

export interface EventRunOptions {
  readonly instrument: Instrument;
  readonly strategy: Strategy;
  readonly candles: CandleFeed;
  /** What is sampled into candles. Default `mid`. */
  readonly price?: 'mid' | 'micro' | undefined;
  readonly settings?: EventSettings | undefined;
}

export class EventRun {
  readonly exchange: Exchange;
  readonly #instrument: Instrument;
  readonly #strategy: Strategy;
  readonly #feed: CandleFeed;
  readonly #isMicro: boolean;
  readonly #view: ReturnType<typeof viewOf>;
  readonly #trader: EventTrader;
  readonly #ledger = new Ledger();
  readonly #plan: Plan;
  readonly #equity: number[] = [];
  readonly #fills: EventFill[] = [];
  /** What has happened and is not known to the strategy's hands yet. */
  readonly #unheard = new Set<ExecutionReport>();
  #liquidations = 0;
  /** Last sample. */
  #price = Number.NaN;
  /** What the candles that closed before this event have decided; −1 when none did. */
  #decided = -1;

  constructor({ instrument, strategy, candles, price = 'mid', settings = {} }: EventRunOptions) {
    const { plan, exchange } = eventPlanOf(settings);
    this.#instrument = instrument;
    this.#strategy = strategy;
    this.#feed = candles;
    this.#isMicro = price === 'micro';
    this.#plan = plan;
    this.#view = viewOf(candles, () => candles.closed - 1);
    this.#ledger.reset(plan.initialCash);
    this.exchange = new Exchange({
      instrument,
      settings: exchange,
      journal: (report) => this.#record(report),
      onReport: (report) => {
        this.#unheard.delete(report);
        this.#trader.onReport(report);
      },
    });
    this.#trader = new EventTrader({
      instrument,
      exchange: this.exchange,
      plan,
      ledger: this.#ledger,
      rowAt: (timeMs) => this.#rowAt(timeMs),
      volatility: () => this.#volatility(),
    });
  }

  /** An event of this time comes next. Times that go back are taken as the time reached; NaN is no time. */
  before(timeMs: number): void {
    while (timeMs >= this.#feed.endMs) {
      this.exchange.advanceTo(this.#feed.endMs);
      this.#closeCandle();
      const said = resolveSignal(this.#strategy.decide(this.#view), this.#feed.closed - 1);
      if (said !== 0 || this.#decided < 0) this.#decided = said;
    }
    this.exchange.advanceTo(timeMs);
  }

  onBook(book: OrderBook, timeMs: number): void {
    this.exchange.onBook(book, timeMs);
    if (book.isTwoSided) {
      const ticks = this.#isMicro ? microTicks(book) : this.exchange.midTicks;
      this.#price = priceOf(this.#instrument, ticks);
      this.#feed.sample(this.#price, this.exchange.clockMs);
    }
    this.#trader.onBook(book);
  }

  onBreak(timeMs: number): void {
    this.exchange.onBreak(timeMs);
    this.#trader.onBreak();
  }

  onTrade(trade: MarketTrade): void {
    this.exchange.onTrade(trade);
    if (trade.qtyLots > 0) this.#feed.addVolume(sizeOf(this.#instrument, trade.qtyLots));
  }

  onMark(price: number, timeMs: number): void {
    this.exchange.onMark(price / priceOf(this.#instrument, 1), timeMs);
  }

  /** The event has been told: what the closed candles decided is sent. */
  after(): void {
    if (this.#decided < 0) return;
    const decided = this.#decided;
    this.#decided = -1;
    this.#trader.onClose(decided);
  }

  /**
   * The events have ended; the candle under way is taken as it is.
   * @throws DataError when no candle came about
   */
  finish(): EventResult {
    const { exchange } = this;
    const feed = this.#feed;
    exchange.finish();
    for (const report of this.#unheard) this.#trader.keepBooks(report);
    // What was filled since the last candle needs one to stand in.
    if (feed.endMs === Infinity && !Number.isNaN(this.#price)) feed.sample(this.#price, exchange.clockMs);
    if (feed.endMs < Infinity) this.#closeCandle();
    if (feed.closed === 0) {
      throw new DataError('the events hold no whole book, and so no price to trade at', {
        code: 'BACKTEST_INPUT',
      });
    }
    const { account, midTicks } = exchange;
    const ledger = this.#ledger;
    ledger.recordOpenTrade(feed.closed - 1, priceOf(this.#instrument, midTicks));
    const candles = closedCandles(feed);
    const checked = checkedOf(candles, feed.intervalMs);
    const { money } = account;
    return {
      ...resultOf({ ledger, equity: Float64Array.from(this.#equity), checked, plan: this.#plan }),
      candles,
      fills: this.#fills,
      refusals: Object.fromEntries(this.#trader.refusals),
      liquidations: this.#liquidations,
      account: {
        cash: money.amountOf(account.cashSteps),
        fees: money.amountOf(account.feeSteps),
        funding: money.amountOf(account.fundingSteps),
        position: sizeOf(this.#instrument, account.positionLots),
      },
    };
  }

  #closeCandle(): void {
    const { account, midTicks } = this.exchange;
    if (account.positionLots !== 0) this.#ledger.rowsInPosition++;
    this.#feed.close();
    this.#equity.push(account.equity(midTicks));
  }

  #rowAt(timeMs: number): number {
    const { openTimeMs } = this.#feed.candles;
    let row = this.#feed.closed;
    while (row > 0 && timeMs < openTimeMs[row - 1]! + this.#feed.intervalMs) row--;
    return Math.min(row, openTimeMs.length - 1);
  }

  #volatility(): number {
    const { sizing } = this.#plan;
    if (sizing.kind !== 'volatility') return Number.NaN;
    const { candles, closed, intervalMs } = this.#feed;
    const close = candles.close.subarray(Math.max(0, closed - sizing.windowCandles - 1), closed);
    const known = checkedOf({ ...candles, close }, intervalMs);
    return realisedVolatility(known, sizing.windowCandles).at(-1) ?? Number.NaN;
  }

  #record(report: ExecutionReport): void {
    this.#unheard.add(report);
    if (report.kind !== 'fill') return;
    const { timeMs, orderId, side, liquidity } = report;
    if (orderId === 0) this.#liquidations++;
    this.#fills.push({
      timeMs,
      orderId,
      side,
      liquidity,
      price: priceOf(this.#instrument, report.priceTicks),
      size: sizeOf(this.#instrument, report.qtyLots),
      fee: this.exchange.account.money.amountOf(report.feeSteps),
      mid: priceOf(this.#instrument, report.midTicks),
    });
  }
}

/** In ticks: both prices, each weighted by the size of the other. */
function microTicks({ bids, asks }: OrderBook): number {
  const { bestTicks: bidTicks, bestLots: bidLots } = bids;
  const { bestTicks: askTicks, bestLots: askLots } = asks;
  return (bidTicks * askLots + askTicks * bidLots) / (bidLots + askLots);
}

const checkedOf = (candles: Candles, intervalMs: number): CheckedCandles => ({
  candles,
  intervalMs,
  halted: null,
  candlesPerYear: YEAR_MS / intervalMs,
});
