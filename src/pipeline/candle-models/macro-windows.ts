/** Which windows MacroNet learns from and which ones judge its epochs. */
import { DAY_MS, DataError, dayOf, isoDay } from '../../domain/core/index.ts';
import { developmentTestSplit, purgedTail } from '../../domain/validation/index.ts';
import type { FeatureScale, WindowSet } from '../../learning/candles/index.ts';
import {
  type CandleRows,
  type CandleSeries,
  type DaySettings,
  daysOf,
  scaleOf,
  windowBefore,
} from '../candle-scoring/index.ts';

export interface MacroSplit {
  /** Windows that end before the first validation window begins, every `strideCandles` candles. */
  readonly train: WindowSet;
  /** Windows that end at 00:00 UTC, in the last part of the development period. */
  readonly validation: WindowSet;
  /** 00:00 UTC; nothing from here on was looked at. */
  readonly developmentEndMs: number;
}

interface SplitOptions extends DaySettings {
  readonly strideCandles: number;
  readonly testShare: number;
  readonly stopShare: number;
}

/**
 * 00:00 UTC of the day in which the last `testShare` of all candle times begins.
 * @throws DataError when there is no whole day before it
 */
export function developmentEnd(series: readonly CandleSeries[], testShare: number): number {
  const all = new Set(series.flatMap(({ candles }) => Array.from(candles.openTimeMs)));
  const timeMs = Float64Array.from(all).toSorted();
  const labelEndMs = timeMs.map((ms) => ms + 1);
  const { boundaryMs } = developmentTestSplit({ timeMs, labelEndMs }, { testShare });
  return dayOf(boundaryMs);
}

/** @throws DataError when either part would have no window, saying what is missing */
export function macroWindows(series: readonly CandleSeries[], options: SplitOptions): MacroSplit {
  const { strideCandles, testShare, stopShare, days } = options;
  const developmentEndMs = developmentEnd(series, testShare);
  const ends = series.flatMap((each) => daysOf(each).filter((dayMs) => isWhole(each, dayMs, days)));
  const served = [...new Set(ends)].filter((dayMs) => dayMs <= developmentEndMs).toSorted((a, b) => a - b);
  if (served.length < 2) throw tooFew(series, { days, developmentEndMs, windows: served.length });
  const spans = {
    timeMs: Float64Array.from(served, (dayMs) => dayMs - days * DAY_MS),
    labelEndMs: Float64Array.from(served),
  };
  const { boundaryMs } = purgedTailOr(
    () => tooFew(series, { days, developmentEndMs, windows: served.length }),
    {
      spans,
      share: stopShare,
    },
  );
  const firstValidationMs = boundaryMs + days * DAY_MS;
  const windowsIn = (toMs: number, fromMs: number, stride: (each: CandleSeries) => number): WindowSet =>
    windowSet(series, options, (each) => gridTimes(each, { fromMs, toMs, stepMs: stride(each) }));
  return {
    train: windowsIn(boundaryMs, Number.NEGATIVE_INFINITY, ({ intervalMs }) => strideCandles * intervalMs),
    validation: windowsIn(developmentEndMs, firstValidationMs, () => DAY_MS),
    developmentEndMs,
  };
}

function purgedTailOr(refusal: () => DataError, options: Parameters<typeof purgedTail>[0]) {
  try {
    return purgedTail(options);
  } catch (error) {
    if (error instanceof DataError && error.code === 'SPLIT_PART_EMPTY') throw refusal();
    throw error;
  }
}

const isWhole = (series: CandleSeries, endMs: number, days: number): boolean =>
  windowBefore(series, endMs, days).kind === 'whole';

interface TimeGrid {
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number;
}

/** Multiples of the step within the series and from `fromMs` to `toMs`, both included. */
function gridTimes(
  { candles, intervalMs }: CandleSeries,
  { fromMs, toMs, stepMs }: TimeGrid,
): readonly number[] {
  const first = Math.max(candles.openTimeMs[0]!, fromMs);
  const last = Math.min(candles.openTimeMs.at(-1)! + intervalMs, toMs);
  const times: number[] = [];
  for (let timeMs = Math.ceil(first / stepMs) * stepMs; timeMs <= last; timeMs += stepMs) times.push(timeMs);
  return times;
}

/** All whole windows that end at the times wanted, of all symbols, one symbol after the other. */
export function windowSet(
  series: readonly CandleSeries[],
  { days, scaler }: DaySettings,
  endsOf: (series: CandleSeries) => readonly number[],
): WindowSet {
  const ends: number[] = [];
  const scales: FeatureScale[] = [];
  let offset = 0;
  for (const each of series) {
    for (const endMs of endsOf(each)) {
      const window = windowBefore(each, endMs, days);
      if (window.kind !== 'whole') continue;
      ends.push(offset + window.rows.end - 1);
      scales.push(scaleOf(each, window.rows, scaler));
    }
    offset += each.candles.rows;
  }
  return {
    featureNames: series[0]!.featureNames,
    features: joinedFeatures(series),
    ends: Int32Array.from(ends),
    scales,
  };
}

/** `[rows of all × features]`, one symbol after the other; of a single symbol its own. */
export function joinedFeatures(series: readonly CandleSeries[]): Float64Array {
  if (series.length === 1) return series[0]!.features;
  const joined = new Float64Array(series.reduce((sum, { features }) => sum + features.length, 0));
  let at = 0;
  for (const { features } of series) {
    joined.set(features, at);
    at += features.length;
  }
  return joined;
}

interface Shortage {
  readonly days: number;
  readonly developmentEndMs: number;
  readonly windows: number;
}

function tooFew(series: readonly CandleSeries[], { days, developmentEndMs, windows }: Shortage): DataError {
  const reasons = series.map((each) => {
    const window = windowBefore(each, developmentEndMs, days);
    return `${each.symbol} has ${each.candles.rows} candles from ${isoDay(each.candles.openTimeMs[0]!)} on${
      window.kind === 'whole' ? '' : ` (${window.reason})`
    }`;
  });
  return new DataError(
    `${windows} days until ${isoDay(developmentEndMs)} have ${days} whole days of candles before them, too few to ` +
      `learn from some and be judged by later ones: ${reasons.join('; ')}. Bring more with \`tidemark ingest candles\`, ` +
      'fill gaps by running it again without --no-rest, or give fewer --days',
    { code: 'MACRO_NO_WINDOWS', context: { windows, days } },
  );
}

/** Rows that open in the development period: what is hashed and told as the data of a model. */
export function developmentRows({ candles }: CandleSeries, developmentEndMs: number): CandleRows {
  const end = candles.openTimeMs.findIndex((ms) => ms >= developmentEndMs);
  return { start: 0, end: end < 0 ? candles.rows : end };
}
