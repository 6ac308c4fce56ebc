/** A candle: what was traded in one interval of the exchange's grid, and many of them as columns. */

/** Prices in the quote currency, volumes in the base currency; NaN where a source does not tell. */
export interface Candle {
  /** Start of the interval, UTC. */
  readonly openTimeMs: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  /** In the quote currency. */
  readonly quoteVolume: number;
  readonly trades: number;
  /** Part of `volume` in which the buyer was the taker. */
  readonly takerBuyVolume: number;
}

/** The numbers of a candle, in the order of every file. */
export const CANDLE_FIELDS = [
  'open',
  'high',
  'low',
  'close',
  'volume',
  'quoteVolume',
  'trades',
  'takerBuyVolume',
] as const satisfies readonly (keyof Candle)[];

export type CandleField = (typeof CANDLE_FIELDS)[number];

/** Candles of one symbol and interval in order of time, each column `[rows]`. */
export interface CandleTable extends Readonly<Record<CandleField, Float64Array>> {
  readonly rows: number;
  readonly openTimeMs: Float64Array;
}

export function candleAt(table: CandleTable, row: number): Candle {
  return {
    openTimeMs: table.openTimeMs[row]!,
    open: table.open[row]!,
    high: table.high[row]!,
    low: table.low[row]!,
    close: table.close[row]!,
    volume: table.volume[row]!,
    quoteVolume: table.quoteVolume[row]!,
    trades: table.trades[row]!,
    takerBuyVolume: table.takerBuyVolume[row]!,
  };
}

export function candleTable(candles: readonly Candle[]): CandleTable {
  const column = (field: keyof Candle): Float64Array => Float64Array.from(candles, (candle) => candle[field]);
  return {
    rows: candles.length,
    openTimeMs: column('openTimeMs'),
    open: column('open'),
    high: column('high'),
    low: column('low'),
    close: column('close'),
    volume: column('volume'),
    quoteVolume: column('quoteVolume'),
    trades: column('trades'),
    takerBuyVolume: column('takerBuyVolume'),
  };
}
