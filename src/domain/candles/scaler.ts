/**
 * Scaling of one symbol's features with statistics of a stated period, and of nothing after it: `(x − centre) / scale`.
 * As scikit-learn's RobustScaler (median, interquartile range), MinMaxScaler and StandardScaler (mean, deviation over n).
 */
import { DataError, invariant } from '../core/index.ts';
import { quantileOfSorted } from '../math/index.ts';
import type { TimeSpan } from './interval.ts';

export const SCALER_KINDS = ['robust', 'min-max', 'standard'] as const;

export type ScalerKind = (typeof SCALER_KINDS)[number];

/** Plain data: `JSON.stringify` keeps every bit, {@link parseCandleScaler} reads it back. */
export interface CandleScaler {
  readonly format: 1;
  readonly kind: ScalerKind;
  readonly symbol: string;
  /** Of candles' open times. */
  readonly period: TimeSpan;
  readonly featureNames: readonly string[];
  /** `[features]` */
  readonly centre: readonly number[];
  /** `[features]`; 1 for a feature that does not vary. */
  readonly scale: readonly number[];
  /** `[features]`, values that the statistics are of: NaN is none. */
  readonly samples: readonly number[];
}

export interface FeatureRows {
  /** `[rows]`, ascending. */
  readonly openTimeMs: Float64Array;
  readonly featureNames: readonly string[];
  /** `[rows × features]`, row-major; NaN is passed over. */
  readonly features: Float64Array;
}

export interface ScalerOptions {
  readonly kind: ScalerKind;
  readonly symbol: string;
  readonly period: TimeSpan;
}

/** @throws DataError when a feature has no value in the period */
export function fitCandleScaler(rows: FeatureRows, { kind, symbol, period }: ScalerOptions): CandleScaler {
  const { featureNames } = rows;
  const statistics = featureNames.map((name, feature) => {
    const values = valuesIn(rows, feature, period);
    if (values.length === 0) {
      const from = new Date(period.fromMs).toISOString();
      const to = new Date(period.toMs).toISOString();
      throw new DataError(
        `${symbol}: ${name} has no value from ${from} to before ${to}; scale with a longer period`,
        {
          code: 'SCALER_NO_VALUES',
          context: { symbol, feature: name },
        },
      );
    }
    return { ...STATISTICS[kind](values), samples: values.length };
  });
  return {
    format: 1,
    kind,
    symbol,
    period,
    featureNames,
    centre: statistics.map(({ centre }) => centre),
    scale: statistics.map(({ scale }) => (scale > 0 ? scale : 1)),
    samples: statistics.map(({ samples }) => samples),
  };
}

/** Scaled copy of `features [rows × features]`; NaN stays NaN. */
export function scaleFeatures(
  { featureNames: fitted, centre, scale }: CandleScaler,
  { featureNames, features }: Pick<FeatureRows, 'featureNames' | 'features'>,
): Float64Array {
  invariant(fitted.join() === featureNames.join(), 'a scaler is for the features that it was fitted to');
  const width = fitted.length;
  return features.map((value, i) => (value - centre[i % width]!) / scale[i % width]!);
}

/** @throws DataError when `value` is not what {@link fitCandleScaler} gives */
export function parseCandleScaler(value: unknown): CandleScaler {
  const scaler = value as CandleScaler | null;
  const width = scaler?.featureNames?.length ?? -1;
  const isVector = (numbers: readonly number[] | undefined): boolean =>
    Array.isArray(numbers) && numbers.length === width && numbers.every((x) => Number.isFinite(x));
  const isScaler =
    scaler?.format === 1 &&
    SCALER_KINDS.includes(scaler.kind) &&
    typeof scaler.symbol === 'string' &&
    Number.isFinite(scaler.period?.fromMs) &&
    Number.isFinite(scaler.period?.toMs) &&
    [scaler.centre, scaler.scale, scaler.samples].every(isVector) &&
    scaler.scale.every((scale) => scale > 0);
  if (isScaler) return scaler;
  throw new DataError('not a candle scaler of format 1; fit it again', { code: 'SCALER_UNREADABLE' });
}

function valuesIn(
  { openTimeMs, featureNames, features }: FeatureRows,
  feature: number,
  { fromMs, toMs }: TimeSpan,
): Float64Array {
  const values: number[] = [];
  for (const [row, timeMs] of openTimeMs.entries()) {
    const value = features[row * featureNames.length + feature]!;
    if (timeMs >= fromMs && timeMs < toMs && !Number.isNaN(value)) values.push(value);
  }
  return Float64Array.from(values);
}

interface Statistics {
  readonly centre: number;
  readonly scale: number;
}

const STATISTICS: Readonly<Record<ScalerKind, (values: Float64Array) => Statistics>> = {
  robust: (values) => {
    const sorted = values.toSorted();
    return {
      centre: quantileOfSorted(sorted, 0.5),
      scale: quantileOfSorted(sorted, 0.75) - quantileOfSorted(sorted, 0.25),
    };
  },
  'min-max': (values) => {
    const centre = values.reduce((a, b) => Math.min(a, b));
    return { centre, scale: values.reduce((a, b) => Math.max(a, b)) - centre };
  },
  standard: (values) => {
    const centre = values.reduce((sum, value) => sum + value, 0) / values.length;
    const squares = values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
    return { centre, scale: Math.sqrt(squares / values.length) };
  },
};
