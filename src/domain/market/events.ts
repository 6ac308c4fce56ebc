/** What a venue says, as values: integer ticks and lots, two times, the venue's own sequence numbers. */

/**
 * A whole book (`snapshot`) or changes to it (`delta`). It belongs to whoever hands it over and is good until the call it
 * is handed to returns, for readers of large files use one update for all messages; see {@link copyBookUpdate}.
 */
export interface BookUpdate {
  readonly kind: 'snapshot' | 'delta';
  /** The venue's clock; it decides to which minute the update belongs. NaN for a REST snapshot that carries none. */
  readonly exchangeTimeMs: number;
  /** The recorder's clock; NaN in archives that keep none. */
  readonly receivedTimeMs: number;
  /** Binance `U`; NaN where the venue has none. */
  readonly firstUpdateId: number;
  /** Bybit and Binance `u`; `lastUpdateId` of a REST snapshot. */
  readonly lastUpdateId: number;
  /** Binance USD-M `pu`; NaN where the venue has none. */
  readonly previousUpdateId: number;
  /** `[priceTicks, qtyLots, …]`, best first in a snapshot; what lies behind `2 × bidCount` numbers is of no concern. */
  readonly bids: Float64Array;
  readonly bidCount: number;
  readonly asks: Float64Array;
  readonly askCount: number;
}

/** The venue's own statement of the best bid and ask: an independent check of a rebuilt book. */
export interface BestQuote {
  readonly kind: 'quote';
  readonly exchangeTimeMs: number;
  readonly receivedTimeMs: number;
  readonly updateId: number;
  readonly bidTicks: number;
  readonly bidLots: number;
  readonly askTicks: number;
  readonly askLots: number;
}

/** Someone's trade. */
export interface MarketTrade {
  /** The venue's clock, when it was matched. */
  readonly timeMs: number;
  readonly priceTicks: number;
  readonly qtyLots: number;
  /** The side that took: a seller hits the bids. */
  readonly aggressor: 'buy' | 'sell';
}

/** The trades of one message, in the venue's order; at least one. */
export interface TradesReport {
  readonly kind: 'trades';
  /** Of the last of them. */
  readonly exchangeTimeMs: number;
  readonly receivedTimeMs: number;
  /** Whether each is all that one order took at one price (Binance `aggTrade`), and not a single match. */
  readonly isAggregated: boolean;
  readonly trades: readonly MarketTrade[];
}

/** The price at which the venue values positions. It lies on no grid. */
export interface MarkPrice {
  readonly kind: 'mark';
  readonly exchangeTimeMs: number;
  readonly receivedTimeMs: number;
  /** In quote currency. */
  readonly price: number;
}

export type MarketEvent = BookUpdate | BestQuote | TradesReport | MarkPrice;

export function isBookUpdate(event: MarketEvent): event is BookUpdate {
  return event.kind === 'delta' || event.kind === 'snapshot';
}

export type LevelPair = readonly [priceTicks: number, qtyLots: number];

export interface BookUpdateSpec {
  readonly kind: 'snapshot' | 'delta';
  readonly exchangeTimeMs: number;
  readonly receivedTimeMs?: number;
  readonly firstUpdateId?: number;
  readonly lastUpdateId: number;
  readonly previousUpdateId?: number;
  readonly bids: readonly LevelPair[];
  readonly asks: readonly LevelPair[];
}

export function createBookUpdate(spec: BookUpdateSpec): BookUpdate {
  return {
    kind: spec.kind,
    exchangeTimeMs: spec.exchangeTimeMs,
    receivedTimeMs: spec.receivedTimeMs ?? Number.NaN,
    firstUpdateId: spec.firstUpdateId ?? Number.NaN,
    lastUpdateId: spec.lastUpdateId,
    previousUpdateId: spec.previousUpdateId ?? Number.NaN,
    bids: Float64Array.from(spec.bids.flat()),
    bidCount: spec.bids.length,
    asks: Float64Array.from(spec.asks.flat()),
    askCount: spec.asks.length,
  };
}

/** The same update, to be kept. */
export function copyBookUpdate(update: BookUpdate): BookUpdate {
  return {
    kind: update.kind,
    exchangeTimeMs: update.exchangeTimeMs,
    receivedTimeMs: update.receivedTimeMs,
    firstUpdateId: update.firstUpdateId,
    lastUpdateId: update.lastUpdateId,
    previousUpdateId: update.previousUpdateId,
    bids: update.bids.slice(0, 2 * update.bidCount),
    bidCount: update.bidCount,
    asks: update.asks.slice(0, 2 * update.askCount),
    askCount: update.askCount,
  };
}
