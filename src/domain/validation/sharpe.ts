/**
 * What a Sharpe ratio is worth: its distribution under returns that are not normal, and after many trials.
 * All ratios here are per observation (not annualised). Sources: Bailey & López de Prado, The Sharpe Ratio Efficient
 * Frontier (2012) and The Deflated Sharpe Ratio (2014).
 */
import { invariant } from '../core/index.ts';
import { normalCdf, normalQuantile } from '../math/index.ts';

const EULER_MASCHERONI = 0.5772156649015329;

export interface ReturnMoments {
  readonly observations: number;
  /** Mean over sample standard deviation (n − 1); NaN when the returns do not vary. */
  readonly sharpe: number;
  readonly skewness: number;
  /** Pearson's: 3 for a normal distribution. */
  readonly kurtosis: number;
}

/** @param returns `[observations]` of equal spacing in time */
export function returnMoments(returns: ArrayLike<number>): ReturnMoments {
  const observations = returns.length;
  let mean = 0;
  for (let i = 0; i < observations; i++) mean += returns[i]! / observations;
  let second = 0;
  let third = 0;
  let fourth = 0;
  for (let i = 0; i < observations; i++) {
    const deviation = returns[i]! - mean;
    second += deviation ** 2 / observations;
    third += deviation ** 3 / observations;
    fourth += deviation ** 4 / observations;
  }
  const sampleDeviation = Math.sqrt((second * observations) / (observations - 1));
  return {
    observations,
    sharpe: sampleDeviation > 0 ? mean / sampleDeviation : Number.NaN,
    skewness: third / second ** 1.5,
    kurtosis: fourth / second ** 2,
  };
}

/** Standard error of the Sharpe ratio times √(n − 1), with the moments that make it wider than a normal's. */
const spreadOf = ({ sharpe, skewness, kurtosis }: ReturnMoments): number =>
  Math.sqrt(1 - skewness * sharpe + ((kurtosis - 1) / 4) * sharpe ** 2);

/** Probability that the true Sharpe ratio is above `benchmark` (per observation). */
export function probabilisticSharpe(moments: ReturnMoments, benchmark = 0): number {
  const { observations, sharpe } = moments;
  return normalCdf(((sharpe - benchmark) * Math.sqrt(observations - 1)) / spreadOf(moments));
}

/**
 * The greatest Sharpe ratio to be expected from `trials` strategies without any skill whose ratios have this variance.
 * @param variance of the trials' Sharpe ratios, per observation
 * @returns 0 for a single trial
 */
export function expectedMaximumSharpe(trials: number, variance: number): number {
  invariant(trials >= 1 && variance >= 0, 'trials are counted from 1 and a variance is not negative', {
    trials,
    variance,
  });
  if (trials === 1) return 0;
  const first = normalQuantile(1 - 1 / trials);
  const second = normalQuantile(1 - 1 / (trials * Math.E));
  return Math.sqrt(variance) * ((1 - EULER_MASCHERONI) * first + EULER_MASCHERONI * second);
}

export interface DeflatedSharpe {
  /** Sharpe ratio that chance alone would give the best of so many trials, per observation. */
  readonly benchmark: number;
  /** Probability that the true Sharpe ratio is above zero, the search for it taken into account. */
  readonly probability: number;
}

/** The probabilistic Sharpe ratio against the expected maximum of the trials that were made to find it. */
export function deflatedSharpe(
  moments: ReturnMoments,
  trials: { readonly count: number; readonly variance: number },
): DeflatedSharpe {
  const benchmark = expectedMaximumSharpe(trials.count, trials.variance);
  return { benchmark, probability: probabilisticSharpe(moments, benchmark) };
}

/**
 * Observations needed before a Sharpe ratio like this one is above `benchmark` with this confidence.
 * @returns Infinity when it is not above the benchmark at all
 */
export function minimumTrackRecord(moments: ReturnMoments, benchmark = 0, confidence = 0.95): number {
  if (!(moments.sharpe > benchmark)) return Infinity;
  return 1 + ((spreadOf(moments) * normalQuantile(confidence)) / (moments.sharpe - benchmark)) ** 2;
}
