/**
 * Indicators of a price path. Both are the same for any scale of the price, so a path that starts at 1 will do.
 * Source: Wilder, New Concepts in Technical Trading Systems (1978) for RSI.
 */
import { invariant } from '../core/index.ts';

/**
 * Relative strength index at the end of the path, in [0, 100].
 *
 * `100 − 100 / (1 + gain / loss)`; mean gain and mean loss start as plain means of the first `period` changes and are
 * then smoothed by `(previous · (period − 1) + change) / period`. 100 without any loss, 50 without any change.
 *
 * @returns NaN with fewer than `period + 1` prices
 */
export function wilderRsi(prices: Float64Array, period: number): number {
  invariant(Number.isInteger(period) && period >= 1, 'an RSI needs a whole period above 0', { period });
  if (prices.length <= period) return Number.NaN;
  let meanGain = 0;
  let meanLoss = 0;
  for (let i = 1; i <= period; i++) {
    const change = prices[i]! - prices[i - 1]!;
    if (change > 0) meanGain += change / period;
    else meanLoss -= change / period;
  }
  for (let i = period + 1; i < prices.length; i++) {
    const change = prices[i]! - prices[i - 1]!;
    meanGain = (meanGain * (period - 1) + Math.max(change, 0)) / period;
    meanLoss = (meanLoss * (period - 1) + Math.max(-change, 0)) / period;
  }
  const movement = meanGain + meanLoss;
  return movement > 0 ? (100 * meanGain) / movement : 50;
}

/**
 * Exponential moving average at the end of the path: starts as the first price, then moves by `k = 2 / (period + 1)` of
 * the way to each following one.
 *
 * @returns NaN with fewer than `period` prices, where the first price would still weigh too much
 */
export function exponentialAverage(prices: Float64Array, period: number): number {
  invariant(Number.isInteger(period) && period >= 1, 'an EMA needs a whole period above 0', { period });
  if (prices.length < period) return Number.NaN;
  const k = 2 / (period + 1);
  let average = prices[0]!;
  for (let i = 1; i < prices.length; i++) average += k * (prices[i]! - average);
  return average;
}
