/**
 * From book states to minute bars: the only implementation, used by ingest and live alike (source: QuantGod's bars, with
 * messages instead of samples counted).
 *
 * Sampling: the first message, then the first one at least a second after the last sample's time, which is rounded down
 * to the second. A message whose time lies before the current minute counts to the current minute: a closed bar is never
 * opened again. A minute without a sample gives no bar.
 *
 * The first minute of a stream is as long as the stream saw of it; having no previous close it carries no return, so no
 * model input contains it.
 */
import { MINUTE_MS, SECOND_MS, minuteOf } from '../core/index.ts';
import { type BreakReason, type Instrument, type OrderBook, priceOf, sizeOf } from '../market/index.ts';
import { BAR_LEVELS, FEATURE_COUNT, type IncompleteReason, type MinuteBar } from './bar.ts';
import { STATIONARY, StationaryFeatures } from './stationary-features.ts';
import { TopLevels } from './top-levels.ts';

/** `samples` reproduces what QuantGod's batch code computed, so that both can be compared column by column. */
export const LOG_VOLUME_MODES = ['messages', 'samples'] as const;
export type LogVolumeMode = (typeof LOG_VOLUME_MODES)[number];

export interface MinuteBarOptions {
  readonly logVolume?: LogVolumeMode;
  /** Closes of complete bars from before the stream, by minute: the stream's first bar finds its previous close there. */
  readonly earlierCloses?: ReadonlyMap<number, number>;
}

/** Levels of each side in `deep_obi_5`. */
const DEEP_LEVELS = 5;

/** What a bar's features need of its prices. */
export type BarPrices = Pick<MinuteBar, 'open' | 'high' | 'low' | 'close'>;

/** `upper_wick`, `lower_wick`, `log_ret_close`: the features that hang on the previous minute's close; NaN without one. */
export function joinedFeatures(
  { open, high, low, close }: BarPrices,
  previousClose: number,
): readonly [upperWick: number, lowerWick: number, logReturn: number] {
  return [
    (high - Math.max(open, close)) / previousClose,
    (Math.min(open, close) - low) / previousClose,
    Math.log(close / previousClose),
  ];
}

export class MinuteBarBuilder {
  readonly #instrument: Instrument;
  readonly #logVolume: LogVolumeMode;
  /** At the last sample. */
  readonly #bids = new TopLevels();
  readonly #asks = new TopLevels();
  readonly #stationary = new StationaryFeatures();
  readonly #reasons = new Set<IncompleteReason>();
  #minuteMs = Number.NEGATIVE_INFINITY;
  #lastSampleMs = Number.NEGATIVE_INFINITY;
  readonly #earlierCloses: ReadonlyMap<number, number>;
  /** The last complete bar. */
  #previousMinuteMs = Number.NaN;
  #previousClose = Number.NaN;
  #messages = 0;
  #samples = 0;
  #open = 0;
  #high = 0;
  #low = 0;
  #close = 0;
  /** Welford's running mean and sum of squared deviations of the micro price. */
  #mean = 0;
  #squares = 0;
  #maxSpread = 0;
  #obiSum = 0;
  #deepObiSum = 0;

  constructor(instrument: Instrument, options: MinuteBarOptions = {}) {
    this.#instrument = instrument;
    this.#logVolume = options.logVolume ?? 'messages';
    this.#earlierCloses = options.earlierCloses ?? new Map();
  }

  /** A message has been applied to the book. Returns the bar that this message closed, if any. */
  onMessage(book: OrderBook, exchangeTimeMs: number): MinuteBar | null {
    const closed = this.onTime(exchangeTimeMs);
    this.#messages++;
    this.#stationary.onMessage(book);
    if (exchangeTimeMs - this.#lastSampleMs >= SECOND_MS && book.isTwoSided) {
      this.#lastSampleMs = Math.floor(exchangeTimeMs / SECOND_MS) * SECOND_MS;
      this.#sample(book);
    }
    return closed;
  }

  /** Messages are missing: neither the minute of the last one seen nor the minute of `exchangeTimeMs` is whole. */
  onBreak(exchangeTimeMs: number, reason: BreakReason): MinuteBar | null {
    this.#reasons.add(reason);
    const closed = this.onTime(exchangeTimeMs);
    this.#reasons.add(reason);
    this.#stationary.onBreak();
    return closed;
  }

  /** The venue's clock has come this far. */
  onTime(exchangeTimeMs: number): MinuteBar | null {
    const minuteMs = minuteOf(exchangeTimeMs);
    if (minuteMs <= this.#minuteMs) return null;
    const closed = this.#finish();
    this.#minuteMs = minuteMs;
    return closed;
  }

  /** The stream has ended: the open bar, which nothing will complete any more. */
  flush(): MinuteBar | null {
    this.#reasons.add('stream-end');
    return this.#finish();
  }

  #sample(book: OrderBook): void {
    const { bids, asks } = book;
    const bidPrice = priceOf(this.#instrument, bids.bestTicks);
    const askPrice = priceOf(this.#instrument, asks.bestTicks);
    const bidSize = sizeOf(this.#instrument, bids.bestLots);
    const askSize = sizeOf(this.#instrument, asks.bestLots);
    const microPrice = (bidPrice * askSize + askPrice * bidSize) / (bidSize + askSize);
    const deepBid = bids.sumLots(DEEP_LEVELS);
    const deepAsk = asks.sumLots(DEEP_LEVELS);

    const first = this.#samples === 0;
    this.#samples++;
    this.#open = first ? microPrice : this.#open;
    this.#high = first ? microPrice : Math.max(this.#high, microPrice);
    this.#low = first ? microPrice : Math.min(this.#low, microPrice);
    this.#close = microPrice;
    const deviation = microPrice - this.#mean;
    this.#mean += deviation / this.#samples;
    this.#squares += deviation * (microPrice - this.#mean);
    this.#maxSpread = Math.max(this.#maxSpread, askPrice - bidPrice);
    this.#obiSum += (bidSize - askSize) / (bidSize + askSize);
    this.#deepObiSum += (deepBid - deepAsk) / (deepBid + deepAsk);
    this.#bids.count = bids.copyBest(this.#bids.ticks, this.#bids.lots);
    this.#asks.count = asks.copyBest(this.#asks.ticks, this.#asks.lots);
    this.#stationary.onSample(this.#bids, this.#asks);
  }

  /** Ends the current minute; null when it has no sample. */
  #finish(): MinuteBar | null {
    const bar = this.#samples > 0 ? this.#bar() : null;
    if (bar !== null && bar.incomplete.length === 0) {
      this.#previousMinuteMs = bar.minuteMs;
      this.#previousClose = bar.close;
    }
    this.#reasons.clear();
    this.#messages = 0;
    this.#samples = 0;
    this.#mean = 0;
    this.#squares = 0;
    this.#maxSpread = 0;
    this.#obiSum = 0;
    this.#deepObiSum = 0;
    this.#stationary.startMinute();
    return bar;
  }

  #bar(): MinuteBar {
    if (this.#samples < 2) this.#reasons.add('few-samples');
    const isComplete = this.#reasons.size === 0;
    const features = isComplete ? this.#features() : new Float64Array(FEATURE_COUNT).fill(Number.NaN);
    return {
      minuteMs: this.#minuteMs,
      features,
      stationary: isComplete
        ? this.#stationary.row(features, this.#close)
        : new Float64Array(STATIONARY.length).fill(Number.NaN),
      open: this.#open,
      high: this.#high,
      low: this.#low,
      close: this.#close,
      bidPrices: this.#prices(this.#bids),
      bidSizes: this.#sizes(this.#bids),
      askPrices: this.#prices(this.#asks),
      askSizes: this.#sizes(this.#asks),
      messages: this.#messages,
      samples: this.#samples,
      incomplete: [...this.#reasons],
    };
  }

  /** `[9]` in the order of `QUANTGOD_9`. */
  #features(): Float64Array {
    const previousClose = this.#closeOf(this.#minuteMs - MINUTE_MS);
    const counted = this.#logVolume === 'messages' ? this.#messages : this.#samples;
    const candle = { open: this.#open, high: this.#high, low: this.#low, close: this.#close };
    return Float64Array.of(
      Math.log(this.#close / this.#open),
      ...joinedFeatures(candle, previousClose),
      Math.sqrt(this.#squares / (this.#samples - 1)),
      this.#maxSpread,
      this.#obiSum / this.#samples,
      this.#deepObiSum / this.#samples,
      Math.log(1 + counted),
    );
  }

  /** Close of a complete bar; NaN when there is none for the minute. */
  #closeOf(minuteMs: number): number {
    if (minuteMs === this.#previousMinuteMs) return this.#previousClose;
    return this.#earlierCloses.get(minuteMs) ?? Number.NaN;
  }

  #prices(levels: TopLevels): Float64Array {
    const prices = new Float64Array(BAR_LEVELS).fill(Number.NaN);
    for (let i = 0; i < levels.count; i++) prices[i] = priceOf(this.#instrument, levels.ticks[i]!);
    return prices;
  }

  #sizes(levels: TopLevels): Float64Array {
    const sizes = new Float64Array(BAR_LEVELS);
    for (let i = 0; i < levels.count; i++) sizes[i] = sizeOf(this.#instrument, levels.lots[i]!);
    return sizes;
  }
}
