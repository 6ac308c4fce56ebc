/**
 * Minute bars: what order books become, and the only thing that models ever see of them.
 * Source of the schema: QuantGod, 810 columns (9 features, close, 4 × 200 level columns) plus `datetime`.
 */

/** The original nine features, in the order in which every file and model holds them. */
export const QUANTGOD_9 = [
  'body',
  'upper_wick',
  'lower_wick',
  'log_ret_close',
  'volatility',
  'max_spread',
  'mean_obi',
  'mean_deep_obi',
  'log_volume',
] as const;

export const FEATURE_COUNT = QUANTGOD_9.length;

/** Index of `log_ret_close` in a feature row of any set: labels and price paths are rebuilt from it. */
export const LOG_RETURN_FEATURE = 3;

/** Levels of each side that a bar keeps. */
export const BAR_LEVELS = 200;

/** Why a bar is not whole. An incomplete bar keeps its close and its book, but its features are NaN. */
export type IncompleteReason =
  /** A message was lost within this minute, or the book was rebuilt within it. */
  | 'sequence-gap'
  /** Bid met ask within this minute: some message was not what it seemed. */
  | 'crossed-book'
  /** Fewer than two one-second samples: no volatility. */
  | 'few-samples'
  /** The recording ended before a message of a later minute closed this one. */
  | 'stream-end';

export interface MinuteBar {
  /** Start of the UTC minute, integer milliseconds. */
  readonly minuteMs: number;
  /** `[9]` in the order of {@link QUANTGOD_9}; all NaN when incomplete; wicks and return NaN without a previous close. */
  readonly features: Float64Array;
  /** `[16]` in the order of `STATIONARY`; NaN where `features` are. */
  readonly stationary: Float64Array;
  /** Micro prices of the minute's samples, in quote currency: first, highest, lowest, last. */
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  /** The book at the minute's last sample, best first; missing levels are NaN prices and zero sizes. Each `[200]`. */
  readonly bidPrices: Float64Array;
  readonly bidSizes: Float64Array;
  readonly askPrices: Float64Array;
  readonly askSizes: Float64Array;
  /** Order-book messages applied in the minute, and one-second samples taken. */
  readonly messages: number;
  readonly samples: number;
  readonly incomplete: readonly IncompleteReason[];
}

/** Bars as columns, in order of time, without their books: what labelling, training and scoring read. */
export interface BarTable {
  readonly rows: number;
  /** `[rows]` start of each minute, strictly increasing. */
  readonly minuteMs: Float64Array;
  readonly featureNames: readonly string[];
  /** `[rows × featureNames.length]`, row-major, raw (unscaled). */
  readonly features: Float64Array;
  /** `[rows]` */
  readonly close: Float64Array;
}
