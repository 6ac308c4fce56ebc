/**
 * The candles behind a day's embedding and scaling: the `days` UTC days before its 00:00, whole, each feature there.
 * Nothing that closed later is looked at.
 */
import { CANDLE_WARM_UP, fitCandleScaler, type ScalerKind } from '../../domain/candles/index.ts';
import { DAY_MS, dayOf, isoMinute } from '../../domain/core/index.ts';
import type { FeatureScale } from '../../learning/candles/index.ts';
import { type CandleRows, type CandleSeries, hashCandles, rowsBetween } from './candle-series.ts';

/** How far back a candle model looks once a day, and how it scales what it sees. */
export interface DaySettings {
  readonly days: number;
  readonly scaler: ScalerKind;
}

export type DayWindow =
  | { readonly kind: 'whole'; readonly rows: CandleRows }
  /** Why there is no embedding, in words. */
  | { readonly kind: 'incomplete'; readonly reason: string };

/** The rows of the `days` days that end at `endMs`, which is any time on the candles' grid. */
export function windowBefore(series: CandleSeries, endMs: number, days: number): DayWindow {
  const { candles, intervalMs, features, featureNames } = series;
  const fromMs = endMs - days * DAY_MS;
  const rows = rowsBetween(candles.openTimeMs, { fromMs, toMs: endMs });
  const missing = (days * DAY_MS) / intervalMs - (rows.end - rows.start);
  if (missing > 0) {
    return {
      kind: 'incomplete',
      reason: `${missing} candles are missing between ${isoMinute(fromMs)} and ${isoMinute(endMs)}`,
    };
  }
  const width = featureNames.length;
  const bad = features.subarray(rows.start * width, rows.end * width).findIndex(Number.isNaN);
  if (bad >= 0) {
    const timeMs = candles.openTimeMs[rows.start + Math.floor(bad / width)]!;
    return {
      kind: 'incomplete',
      reason: `${featureNames[bad % width]} is not available at ${isoMinute(timeMs)}`,
    };
  }
  return { kind: 'whole', rows };
}

/** Statistics of the window's rows alone. */
export function scaleOf(series: CandleSeries, { start, end }: CandleRows, kind: ScalerKind): FeatureScale {
  const { symbol, candles, features, featureNames, intervalMs } = series;
  const openTimeMs = candles.openTimeMs.subarray(start, end);
  const period = { fromMs: openTimeMs[0]!, toMs: openTimeMs.at(-1)! + intervalMs };
  const rows = {
    openTimeMs,
    featureNames,
    features: featuresOf(features, { start, end }, featureNames.length),
  };
  return fitCandleScaler(rows, { kind, symbol, period });
}

const featuresOf = (features: Float64Array, { start, end }: CandleRows, width: number): Float64Array =>
  features.subarray(start * width, end * width);

/** Of everything that the window's features are made from: the candles before it, which the first of them need, too. */
export function windowHash({ candles }: CandleSeries, { start, end }: CandleRows): string {
  return hashCandles(candles, { start: Math.max(0, start - CANDLE_WARM_UP), end });
}

/** Every 00:00 UTC from the first candle's day on to the one after the last candle. */
export function daysOf({ candles, intervalMs }: CandleSeries): readonly number[] {
  const first = dayOf(candles.openTimeMs[0]!);
  const lastCloseMs = candles.openTimeMs.at(-1)! + intervalMs;
  const days: number[] = [];
  for (let dayMs = first; dayMs <= lastCloseMs; dayMs += DAY_MS) days.push(dayMs);
  return days;
}
