/**
 * Candles of the simulated market, in the layout of Binance's USD-M archive. Trades happen at the touch of the book at the
 * time of its messages; the buyers' share shows the same impulse as the book.
 */
import { MINUTE_MS, type Random } from '../core/index.ts';
import type { SimulatedInstrument } from './instrument.ts';

export const CANDLE_MINUTES = 5;
export const CANDLE_INTERVAL = '5m';
const CANDLE_MS = CANDLE_MINUTES * MINUTE_MS;
const LOTS_A_MINUTE = 150_000;
const LOTS_A_TRADE = 900;

/** Header of a USD-M archive. */
export const CANDLE_CSV_HEADER =
  'open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore';

/** Prices in ticks, volumes in lots, quote volumes in ticks × lots. */
export interface Candle {
  readonly openTimeMs: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  readonly quoteVolume: number;
  readonly trades: number;
  readonly takerBuyVolume: number;
  readonly takerBuyQuoteVolume: number;
}

/** Share of the volume that buyers took in a minute with this impulse. */
const buyersShare = (impulse: number): number => 0.5 + 0.25 * Math.tanh(0.6 * impulse);

export class CandleBuilder {
  readonly #random: Random;
  #share = 0.5;
  #activity = 1;
  #minutes = 0;
  #minutePriceSum = 0;
  #minutePrices = 0;
  #candle = emptyCandle(0);

  constructor(random: Random) {
    this.#random = random;
  }

  beginMinute(minuteMs: number, impulse: number, activity: number): void {
    if (this.#minutes === 0) this.#candle = emptyCandle(minuteMs);
    this.#share = buyersShare(impulse);
    this.#activity = activity;
    this.#minutePriceSum = 0;
    this.#minutePrices = 0;
  }

  /** A message of the book: somebody trades at its touch. */
  trade(bidTick: number, askTick: number): void {
    const price = this.#random.uniform() < this.#share ? askTick : bidTick;
    const candle = this.#candle;
    if (Number.isNaN(candle.open)) candle.open = price;
    candle.high = Math.max(candle.high, price);
    candle.low = Math.min(candle.low, price);
    candle.close = price;
    this.#minutePriceSum += price;
    this.#minutePrices++;
  }

  /** Returns the candle when this minute was its last. */
  endMinute(): Candle | null {
    const candle = this.#candle;
    const lots = Math.round(LOTS_A_MINUTE * this.#activity * Math.exp(0.5 * this.#random.normal()));
    const share = Math.min(0.98, Math.max(0.02, this.#share + 0.04 * this.#random.normal()));
    const buyLots = Math.round(lots * share);
    const price = this.#minutePriceSum / this.#minutePrices;
    candle.volume += lots;
    candle.quoteVolume += lots * price;
    candle.takerBuyVolume += buyLots;
    candle.takerBuyQuoteVolume += buyLots * price;
    candle.trades += Math.max(1, Math.round((lots / LOTS_A_TRADE) * Math.exp(0.1 * this.#random.normal())));
    this.#minutes = (this.#minutes + 1) % CANDLE_MINUTES;
    return this.#minutes === 0 ? candle : null;
  }
}

function emptyCandle(openTimeMs: number) {
  return {
    openTimeMs,
    open: Number.NaN,
    high: Number.NEGATIVE_INFINITY,
    low: Number.POSITIVE_INFINITY,
    close: Number.NaN,
    volume: 0,
    quoteVolume: 0,
    trades: 0,
    takerBuyVolume: 0,
    takerBuyQuoteVolume: 0,
  };
}

/** One line of a USD-M archive, without its line end. */
export function candleCsvLine(candle: Candle, instrument: SimulatedInstrument): string {
  const { priceDecimals, sizeDecimals } = instrument;
  const price = (ticks: number): string => (ticks / 10 ** priceDecimals).toFixed(priceDecimals);
  const volume = (lots: number): string => (lots / 10 ** sizeDecimals).toFixed(sizeDecimals);
  const quote = (ticksLots: number): string => (ticksLots / 10 ** (priceDecimals + sizeDecimals)).toFixed(5);
  return [
    candle.openTimeMs,
    price(candle.open),
    price(candle.high),
    price(candle.low),
    price(candle.close),
    volume(candle.volume),
    candle.openTimeMs + CANDLE_MS - 1,
    quote(candle.quoteVolume),
    candle.trades,
    volume(candle.takerBuyVolume),
    quote(candle.takerBuyQuoteVolume),
    0,
  ].join(',');
}
