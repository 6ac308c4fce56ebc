/** A market by hand for the tests: a book whose levels are set directly, and an exchange that keeps what it reported. */
import { createInstrument, type Funding, OrderBook } from '../../domain/market/index.ts';
import { Exchange } from './exchange.ts';
import type { ExecutionReport, Side } from './orders.ts';
import type { ExchangeSettings } from './settings.ts';

/** Tick 0.1, lot 0.001. */
export const INSTRUMENT = createInstrument({
  venue: 'binance-usdm',
  symbol: 'BTCUSDT',
  tickSize: '0.1',
  lotSize: '0.001',
});

type Levels = readonly (readonly [priceTicks: number, qtyLots: number])[];

export class HandMarket {
  readonly book = new OrderBook();
  readonly exchange: Exchange;
  /** Everything at the moment at which it happened, and what the client has heard. */
  readonly journal: ExecutionReport[] = [];
  readonly heard: ExecutionReport[] = [];
  onReport: (report: ExecutionReport) => void = () => {};

  constructor(settings: ExchangeSettings = {}) {
    this.exchange = new Exchange({
      instrument: INSTRUMENT,
      settings: { initialCash: 1_000_000, ...settings },
      journal: (report) => this.journal.push(report),
      onReport: (report) => {
        this.heard.push(report);
        this.onReport(report);
      },
    });
  }

  /** Levels change at a time; a size of 0 takes one away. */
  change(timeMs: number, levels: { readonly bids?: Levels; readonly asks?: Levels }): void {
    this.exchange.advanceTo(timeMs);
    for (const [ticks, lots] of levels.bids ?? []) this.book.bids.set(ticks, lots);
    for (const [ticks, lots] of levels.asks ?? []) this.book.asks.set(ticks, lots);
    this.exchange.onBook(this.book, timeMs);
  }

  trade(timeMs: number, aggressor: Side, priceTicks: number, qtyLots: number): void {
    this.exchange.advanceTo(timeMs);
    this.exchange.onTrade({ timeMs, aggressor, priceTicks, qtyLots });
  }

  /** Lets time pass without a change. */
  wait(timeMs: number): void {
    this.exchange.advanceTo(timeMs);
  }

  /** The journal, one short line each. */
  get story(): readonly string[] {
    return this.journal.map(lineOf);
  }
}

export function lineOf(report: ExecutionReport): string {
  switch (report.kind) {
    case 'fill':
      return `${report.orderId} ${report.liquidity} ${report.side} ${report.qtyLots} at ${report.priceTicks}`;
    case 'rejected':
      return `${report.orderId} rejected ${report.reason}`;
    case 'cancelled':
      return `${report.orderId} cancelled ${report.leavesLots} ${report.reason}`;
    case 'funding':
      return `funding ${report.paidSteps}`;
    case 'accepted':
    case 'cancel-rejected':
      return `${report.orderId} ${report.kind}`;
  }
}

/** Three levels a side. */
export const BIDS: Levels = [
  [999, 5],
  [998, 10],
  [990, 100],
];
export const ASKS: Levels = [
  [1_001, 5],
  [1_002, 10],
  [1_010, 100],
];

/** A market with these levels at time 0. */
export function opened(settings: ExchangeSettings = {}): HandMarket {
  const market = new HandMarket(settings);
  market.change(0, { bids: BIDS, asks: ASKS });
  return market;
}

export function fundingOf(...settlements: readonly (readonly [timeMs: number, rate: number])[]): Funding {
  return {
    timeMs: Float64Array.from(settlements, ([timeMs]) => timeMs),
    rate: Float64Array.from(settlements, ([, rate]) => rate),
  };
}
