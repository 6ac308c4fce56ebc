/** How much of a result chance could have given: `domain/validation` on the daily returns of a run. */
import {
  bootstrapInterval,
  deflatedSharpe,
  type Interval,
  minimumTrackRecord,
  probabilisticSharpe,
  returnMoments,
} from '../../domain/validation/index.ts';
import { type Metric, undefinedBecause, valueOf } from './metric.ts';

const DAYS_PER_YEAR = 365;
/** Under it a Sharpe ratio's own error is larger than any that is traded. */
const LEAST_DAYS = 3;

export interface Trials {
  /** Parameter sets that were tried to find this one, itself included. */
  readonly count: number;
  /** Variance over the trials of their daily Sharpe ratios, not annualised. */
  readonly variance: number;
}

export interface Significance {
  readonly days: number;
  /** Annualised, from daily returns. */
  readonly sharpe: Metric;
  /** Percentile interval of the annualised Sharpe ratio, stationary bootstrap of the days; null where there is none. */
  readonly interval: Interval | null;
  /** Probability that the true Sharpe ratio is above 0. */
  readonly probabilistic: Metric;
  /** The same against the best that so many trials give by chance. */
  readonly deflated: Metric;
  /** Days needed until a record like this is above 0 with 95 % confidence. */
  readonly minimumDays: Metric;
}

/**
 * @param daily `[days]` simple returns
 * @param options `expectedBlockDays` of the bootstrap, default 5; `trials` default one
 */
export function significanceOf(
  daily: Float64Array,
  options: { readonly seed: number; readonly expectedBlockDays?: number; readonly trials?: Trials },
): Significance {
  const { seed, expectedBlockDays = 5, trials = { count: 1, variance: 0 } } = options;
  const none = (reason: 'too-short' | 'returns-do-not-vary'): Significance => {
    const metric = undefinedBecause(reason);
    return {
      days: daily.length,
      sharpe: metric,
      interval: null,
      probabilistic: metric,
      deflated: metric,
      minimumDays: metric,
    };
  };
  if (daily.length < LEAST_DAYS) return none('too-short');
  const moments = returnMoments(daily);
  if (Number.isNaN(moments.sharpe)) return none('returns-do-not-vary');
  const annual = Math.sqrt(DAYS_PER_YEAR);
  const minimumDays = minimumTrackRecord(moments);
  return {
    days: daily.length,
    sharpe: valueOf(moments.sharpe * annual),
    interval: bootstrapInterval(
      daily.length,
      { expectedBlockRows: expectedBlockDays, seed },
      (rows) => annual * returnMoments(Float64Array.from(rows, (row) => daily[row]!)).sharpe,
    ),
    probabilistic: valueOf(probabilisticSharpe(moments)),
    deflated: valueOf(deflatedSharpe(moments, trials).probability),
    minimumDays: minimumDays === Infinity ? undefinedBecause('never') : valueOf(minimumDays),
  };
}

/** What {@link significanceOf} must know about a search: the daily returns of everything that was tried. */
export function trialsOf(daily: readonly Float64Array[]): Trials {
  const ratios = daily
    .map((returns) => returnMoments(returns).sharpe)
    .filter((ratio) => !Number.isNaN(ratio));
  const mean = ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length;
  const squares = ratios.reduce((sum, ratio) => sum + (ratio - mean) ** 2, 0);
  return { count: daily.length, variance: ratios.length < 2 ? 0 : squares / (ratios.length - 1) };
}
