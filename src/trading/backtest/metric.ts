/** A figure that may not exist, and then says why; never NaN, never a 0 that means nothing. */

export type UndefinedReason =
  /** Shorter than the figure's unit: under two candles or days. */
  | 'too-short'
  /** Equity was at or below 0, where returns and growth have no meaning. */
  | 'equity-not-positive'
  /** All returns are the same: their spread is 0. */
  | 'returns-do-not-vary'
  | 'no-loss'
  | 'no-drawdown'
  | 'no-closed-trades'
  /** The fifth percentile of the returns is 0. */
  | 'no-left-tail'
  /** There is no benchmark that so short or poor a record could beat. */
  | 'never';

export type Metric =
  | { readonly kind: 'value'; readonly value: number }
  | { readonly kind: 'undefined'; readonly reason: UndefinedReason };

export const valueOf = (value: number): Metric => ({ kind: 'value', value });

export const undefinedBecause = (reason: UndefinedReason): Metric => ({ kind: 'undefined', reason });

/** The quotient, or why there is none when its divisor is 0. */
export const quotient = (dividend: number, divisor: number, reasonAtZero: UndefinedReason): Metric =>
  divisor === 0 ? undefinedBecause(reasonAtZero) : valueOf(dividend / divisor);
