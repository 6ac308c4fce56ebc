/** What a venue says, as values: integer ticks and lots, two times, the venue's own sequence numbers. */

/**
 * A whole book (`snapshot`) or changes to it (`delta`).
 * Levels are interleaved `[priceTicks, qtyLots, …]` in `levels`: the bids from `offset`, the asks right behind them.
 * Many updates share one array; it is never written again once the update exists.
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
  readonly levels: Float64Array;
  readonly offset: number;
  readonly bidCount: number;
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

export type MarketEvent = BookUpdate | BestQuote;

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

/** A {@link BookUpdate} with an array of its own. Decoders of large files pack many updates into one array instead. */
export function createBookUpdate(spec: BookUpdateSpec): BookUpdate {
  return {
    kind: spec.kind,
    exchangeTimeMs: spec.exchangeTimeMs,
    receivedTimeMs: spec.receivedTimeMs ?? Number.NaN,
    firstUpdateId: spec.firstUpdateId ?? Number.NaN,
    lastUpdateId: spec.lastUpdateId,
    previousUpdateId: spec.previousUpdateId ?? Number.NaN,
    levels: Float64Array.from([...spec.bids, ...spec.asks].flat()),
    offset: 0,
    bidCount: spec.bids.length,
    askCount: spec.asks.length,
  };
}
