/** How much of a result chance could have given: `domain/validation` on the returns of a run over equal periods, such as days. */
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
const LEAST_PERIODS = 3;

export interface Trials {
  /** Parameter sets that were tried to find this one, itself included. */
  readonly count: number;
  /** Variance over the trials of their Sharpe ratios, not annualised. */
  readonly variance: number;
}

export interface Significance {
  readonly periods: number;
  /** Annualised. */
  readonly sharpe: Metric;
  /** Percentile interval of the annualised Sharpe ratio, stationary bootstrap of the periods; null where there is none. */
  readonly interval: Interval | null;
  /** Probability that the true Sharpe ratio is above 0. */
  readonly probabilistic: Metric;
  /** The same against the best that so many trials give by chance. */
  readonly deflated: Metric;
  /** Periods needed until a record like this is above 0 with 95 % confidence. */
  readonly minimumPeriods: Metric;
}

/**
 * @param returns `[periods]` simple returns
 * @param options `periodsPerYear` default 365: days; `expectedBlock` of the bootstrap in periods, default 5; `trials` default
 * one; `replicates` default 1,000
 */
export function significanceOf(
  returns: Float64Array,
  options: {
    readonly seed: number;
    readonly periodsPerYear?: number;
    readonly expectedBlock?: number;
    readonly replicates?: number;
    readonly trials?: Trials;
  },
): Significance {
  const { seed, periodsPerYear = DAYS_PER_YEAR, expectedBlock = 5, replicates = 1_000 } = options;
  const { trials = { count: 1, variance: 0 } } = options;
  const none = (reason: 'too-short' | 'returns-do-not-vary'): Significance => {
    const metric = undefinedBecause(reason);
    return {
      periods: returns.length,
      sharpe: metric,
      interval: null,
      probabilistic: metric,
      deflated: metric,
      minimumPeriods: metric,
    };
  };
  if (returns.length < LEAST_PERIODS) return none('too-short');
  const moments = returnMoments(returns);
  if (Number.isNaN(moments.sharpe)) return none('returns-do-not-vary');
  const annual = Math.sqrt(periodsPerYear);
  const minimum = minimumTrackRecord(moments);
  return {
    periods: returns.length,
    sharpe: valueOf(moments.sharpe * annual),
    interval: bootstrapInterval(
      returns.length,
      { expectedBlockRows: expectedBlock, seed, replicates },
      (rows) => annual * returnMoments(Float64Array.from(rows, (row) => returns[row]!)).sharpe,
    ),
    probabilistic: valueOf(probabilisticSharpe(moments)),
    deflated: valueOf(deflatedSharpe(moments, trials).probability),
    minimumPeriods: minimum === Infinity ? undefinedBecause('never') : valueOf(minimum),
  };
}

/** What {@link significanceOf} must know about a search: the returns of everything that was tried, over the same periods. */
export function trialsOf(tried: readonly ArrayLike<number>[]): Trials {
  const ratios = tried
    .map((returns) => returnMoments(returns).sharpe)
    .filter((ratio) => !Number.isNaN(ratio));
  const mean = ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length;
  const squares = ratios.reduce((sum, ratio) => sum + (ratio - mean) ** 2, 0);
  return { count: tried.length, variance: ratios.length < 2 ? 0 : squares / (ratios.length - 1) };
}
