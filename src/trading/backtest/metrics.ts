/** The metrics of a run; each is defined in `docs/backtest.md`. A year has 365 days, the free rate is 0. */
import { DAY_MS } from '../../domain/core/index.ts';
import { quantileOfSorted } from '../../domain/math/index.ts';
import { YEAR_MS } from './candles.ts';
import { type Metric, quotient, undefinedBecause, valueOf } from './metric.ts';
import type { RunSummary } from './summary.ts';

export interface Metrics {
  readonly totalReturn: Metric;
  readonly cagr: Metric;
  readonly volatility: Metric;
  readonly sharpe: Metric;
  readonly sortino: Metric;
  readonly calmar: Metric;
  readonly omega: Metric;
  readonly maxDrawdown: Metric;
  readonly longestDrawdownMs: Metric;
  readonly hitRatio: Metric;
  readonly profitFactor: Metric;
  readonly expectancy: Metric;
  readonly turnover: Metric;
  readonly exposure: Metric;
  readonly trades: number;
}

/** Metrics that need only sums; all that a sweep keeps. */
export function metricsOf(run: RunSummary): Metrics {
  const { candles, candlesPerYear, returnSum, closedTrades } = run;
  const isSound = run.lowestEquity > 0;
  const years = run.elapsedMs / YEAR_MS;
  const mean = returnSum / candles;
  const variance = Math.max(0, run.returnSquares - returnSum * mean) / (candles - 1);
  const growth = run.finalEquity / run.initialCash;
  const cagr = growth ** (1 / years) - 1;
  const sound = (metric: () => Metric): Metric =>
    isSound ? metric() : undefinedBecause('equity-not-positive');
  const traded = (value: number): Metric =>
    closedTrades === 0 ? undefinedBecause('no-closed-trades') : valueOf(value);
  const annual = Math.sqrt(candlesPerYear);
  return {
    totalReturn: valueOf(growth - 1),
    cagr: sound(() => valueOf(cagr)),
    volatility: sound(() => valueOf(Math.sqrt(variance) * annual)),
    sharpe: sound(() => quotient(mean * annual, Math.sqrt(variance), 'returns-do-not-vary')),
    sortino: sound(() => quotient(mean * annual, Math.sqrt(run.lossSquares / candles), 'no-loss')),
    calmar: sound(() => quotient(cagr, run.maxDrawdown, 'no-drawdown')),
    omega: sound(() => quotient(returnSum + run.lossSum, run.lossSum, 'no-loss')),
    maxDrawdown: valueOf(run.maxDrawdown),
    longestDrawdownMs: valueOf((run.longestDrawdown * YEAR_MS) / candlesPerYear),
    hitRatio: traded(run.winningTrades / closedTrades),
    profitFactor:
      closedTrades === 0
        ? undefinedBecause('no-closed-trades')
        : quotient(run.grossProfit, run.grossLoss, 'no-loss'),
    expectancy: traded((run.grossProfit - run.grossLoss) / closedTrades),
    turnover: sound(() => valueOf(run.tradedNotional / (run.equitySum / candles) / years)),
    exposure: valueOf(run.candlesInPosition / candles),
    trades: closedTrades,
  };
}

export interface ReturnMetrics {
  readonly tailRatio: Metric;
  readonly valueAtRisk: Metric;
  readonly conditionalValueAtRisk: Metric;
  readonly meanDailyReturn: Metric;
}

const TAIL = 0.05;

/** Metrics that need the returns themselves, `[candles]` and `[days]`. */
export function returnMetrics(returns: Float64Array | null, daily: Float64Array | null): ReturnMetrics {
  if (returns === null || daily === null) {
    const none = undefinedBecause('equity-not-positive');
    return { tailRatio: none, valueAtRisk: none, conditionalValueAtRisk: none, meanDailyReturn: none };
  }
  const sorted = returns.toSorted();
  const low = quantileOfSorted(sorted, TAIL);
  const worst = sorted.subarray(0, Math.floor((sorted.length - 1) * TAIL) + 1);
  const mean = (values: Float64Array): number => values.reduce((sum, x) => sum + x, 0) / values.length;
  return {
    tailRatio: quotient(Math.abs(quantileOfSorted(sorted, 1 - TAIL)), Math.abs(low), 'no-left-tail'),
    valueAtRisk: valueOf(low),
    conditionalValueAtRisk: valueOf(mean(worst)),
    meanDailyReturn: valueOf(mean(daily)),
  };
}

/** `[candles]` simple returns, the first against the initial cash; null when the equity is not always above 0. */
export function returnsOf(equity: Float64Array, initialCash: number): Float64Array | null {
  if (equity.some((value) => value <= 0)) return null;
  return equity.map((value, row) => value / (row === 0 ? initialCash : equity[row - 1]!) - 1);
}

/** `[days]` simple returns from the last close of each UTC day that has a candle to that of the next. */
export function dailyReturns(
  equity: Float64Array,
  openTimeMs: Float64Array,
  initialCash: number,
): Float64Array | null {
  const last = lastRows(openTimeMs, DAY_MS);
  return returnsOf(
    Float64Array.from(last, (row) => equity[row]!),
    initialCash,
  );
}

/** The last row of each period that has a candle; periods are counted from 1970-01-01 UTC. */
export function lastRows(openTimeMs: Float64Array, periodMs: number): Int32Array {
  const periodOf = (row: number): number => Math.floor(openTimeMs[row]! / periodMs);
  return Int32Array.from(openTimeMs.keys()).filter(
    (row) => row === openTimeMs.length - 1 || periodOf(row) !== periodOf(row + 1),
  );
}
