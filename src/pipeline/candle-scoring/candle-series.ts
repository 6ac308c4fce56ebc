/** Candles of one symbol with their features: what every candle model reads, in training, in batch and live. */
import { createHash } from 'node:crypto';
import {
  CANDLE_FEATURE_SETS,
  CANDLE_FIELDS,
  CANDLE_INTERVALS,
  candleFeatures,
  type CandleFeatureSetName,
  type CandleInterval,
  type CandleTable,
  type TimeSpan,
} from '../../domain/candles/index.ts';

/** The features of all candle models. */
export const CANDLE_MODEL_FEATURES: CandleFeatureSetName = 'candles-7';

const FEATURE_NAMES = CANDLE_FEATURE_SETS[CANDLE_MODEL_FEATURES];
const TAKER_BUY_RATIO = FEATURE_NAMES.indexOf('taker_buy_ratio');

export interface CandleSeries {
  readonly symbol: string;
  readonly interval: CandleInterval;
  readonly intervalMs: number;
  readonly candles: CandleTable;
  readonly featureNames: readonly string[];
  /** `[rows × features]`, row-major, raw; NaN where a feature is not available. */
  readonly features: Float64Array;
}

/** Rows `start … end − 1`. */
export interface CandleRows {
  readonly start: number;
  readonly end: number;
}

/** @param candles in order of time; what is before the first of them is not known */
export function candleSeries(symbol: string, interval: CandleInterval, candles: CandleTable): CandleSeries {
  const features = candleFeatures(candles, interval);
  for (let row = 0; row < candles.rows; row++)
    fillQuiet(candles.volume[row]!, features, row * FEATURE_NAMES.length);
  const intervalMs = CANDLE_INTERVALS[interval];
  return { symbol, interval, intervalMs, candles, featureNames: FEATURE_NAMES, features };
}

/**
 * A candle without volume has no takers, so that `taker_buy_ratio` is not available. For models it is ½, neither side:
 * otherwise one candle of a halted exchange would leave the coming days without an embedding.
 */
export function fillQuiet(volume: number, features: Float64Array, offset: number): void {
  if (volume === 0) features[offset + TAKER_BUY_RATIO] = 0.5;
}

/** Rows whose times are in the span; `openTimeMs` ascends. */
export function rowsBetween(openTimeMs: Float64Array, { fromMs, toMs }: TimeSpan): CandleRows {
  return { start: firstFrom(openTimeMs, fromMs), end: firstFrom(openTimeMs, toMs) };
}

/** Of the first row at or after `timeMs`; the number of rows when there is none. */
function firstFrom(openTimeMs: Float64Array, timeMs: number): number {
  let [low, high] = [0, openTimeMs.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (openTimeMs[middle]! < timeMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function cutTable(candles: CandleTable, { start, end }: CandleRows): CandleTable {
  const columns = (['openTimeMs', ...CANDLE_FIELDS] as const).map(
    (field) => [field, candles[field].subarray(start, end)] as const,
  );
  return { ...candles, ...Object.fromEntries(columns), rows: end - start };
}

/** SHA-256 of times and numbers of some rows. */
export function hashCandles(candles: CandleTable, { start, end }: CandleRows): string {
  const hash = createHash('sha256');
  for (const field of ['openTimeMs', ...CANDLE_FIELDS] as const) {
    hash.update(candles[field].subarray(start, end));
  }
  return hash.digest('hex');
}
