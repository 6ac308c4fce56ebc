import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DAY_MS } from '../../domain/core/index.ts';
import { backtest } from './backtest.ts';
import { flatCandles } from './candles.fixture.ts';
import { checkCandles } from './candles.ts';
import type { Metric } from './metric.ts';
import { dailyReturns } from './index.ts';
import { ENTER_LONG, EXIT_LONG } from './signals.ts';

function metricsFor(closes: readonly number[], signals: readonly number[], stepMs = DAY_MS) {
  const openTimeMs = Float64Array.from(closes, (_, row) => row * stepMs);
  const candles = checkCandles(flatCandles(closes, { openTimeMs }));
  const settings = { execution: 'close', initialCash: 1_000 } as const;
  return backtest([{ candles, signals: Uint8Array.from(signals) }], settings)[0]!.metrics;
}

function assertValue(metric: Metric, expected: number): void {
  assert.equal(metric.kind, 'value', JSON.stringify(metric));
  const value = metric.kind === 'value' ? metric.value : Number.NaN;
  assert.ok(
    Math.abs(value - expected) < 1e-9 * Math.max(1, Math.abs(expected)),
    `${value} is not ${expected}`,
  );
}

describe('metrics', () => {
  // All of the equity from row 0 to 3: daily returns 0, 0.1, −0.2, 0.25, then flat.
  const metrics = metricsFor([100, 110, 88, 110, 90], [ENTER_LONG, 0, 0, EXIT_LONG, 0]);
  const returns = [0, 0.1, -0.2, 0.25, 0];
  const mean = 0.15 / 5;
  const deviation = Math.sqrt(returns.reduce((sum, r) => sum + (r - mean) ** 2, 0) / 4);

  it('follow their definitions on a path worked by hand', () => {
    assertValue(metrics.totalReturn, 0.1);
    assertValue(metrics.cagr, 1.1 ** 73 - 1);
    assertValue(metrics.volatility, deviation * Math.sqrt(365));
    assertValue(metrics.sharpe, (mean / deviation) * Math.sqrt(365));
    assertValue(metrics.sortino, (mean / Math.sqrt(0.04 / 5)) * Math.sqrt(365));
    assertValue(metrics.omega, 0.35 / 0.2);
    assertValue(metrics.maxDrawdown, 0.2);
    assertValue(metrics.calmar, (1.1 ** 73 - 1) / 0.2);
    // From the peak of row 1 to its height again in row 3.
    assertValue(metrics.longestDrawdownMs, 2 * DAY_MS);
    assertValue(metrics.exposure, 3 / 5);
    assertValue(metrics.turnover, 2_100 / ((1_000 + 1_100 + 880 + 1_100 + 1_100) / 5) / (5 / 365));
    assertValue(metrics.meanDailyReturn, mean);
    assertValue(metrics.valueAtRisk, -0.2 + 0.2 * 0.2);
    assertValue(metrics.conditionalValueAtRisk, -0.2);
    assertValue(metrics.tailRatio, (0.1 + 0.8 * 0.15) / 0.16);
    assertValue(metrics.hitRatio, 1);
    assertValue(metrics.expectancy, 100);
    assert.equal(metrics.trades, 1);
  });

  it('that do not exist say why', () => {
    const because = (metric: Metric): string => (metric.kind === 'undefined' ? metric.reason : 'it exists');
    assert.equal(because(metrics.profitFactor), 'no-loss');
    const idle = metricsFor([100, 110, 120], [0, 0, 0]);
    assert.equal(because(idle.sharpe), 'returns-do-not-vary');
    assert.equal(because(idle.sortino), 'no-loss');
    assert.equal(because(idle.omega), 'no-loss');
    assert.equal(because(idle.calmar), 'no-drawdown');
    assert.equal(because(idle.tailRatio), 'no-left-tail');
    for (const metric of [idle.hitRatio, idle.profitFactor, idle.expectancy]) {
      assert.equal(because(metric), 'no-closed-trades');
    }
    assertValue(idle.totalReturn, 0);
    assertValue(idle.exposure, 0);
  });

  it('count a drawdown that never ends to the end', () => {
    const falling = metricsFor([100, 90, 80, 85], [ENTER_LONG, 0, 0, 0]);
    assertValue(falling.longestDrawdownMs, 3 * DAY_MS);
    assertValue(falling.maxDrawdown, 0.2);
  });

  it('annualise by the candle’s length', () => {
    const closes = [100, 101, 100, 103];
    const signals = [ENTER_LONG, 0, 0, 0];
    const [daily, hourly] = [metricsFor(closes, signals), metricsFor(closes, signals, DAY_MS / 24)];
    const ratio =
      hourly.sharpe.kind === 'value' && daily.sharpe.kind === 'value'
        ? hourly.sharpe.value / daily.sharpe.value
        : 0;
    assert.ok(Math.abs(ratio - Math.sqrt(24)) < 1e-9);
  });
});

describe('dailyReturns', () => {
  it('go from the last close of a day to that of the next', () => {
    const openTimeMs = Float64Array.of(0, DAY_MS / 2, DAY_MS, 3 * DAY_MS - 1);
    const returns = dailyReturns(Float64Array.of(90, 110, 121, 60.5), openTimeMs, 100);
    [0.1, 0.1, -0.5].forEach((expected, day) => assert.ok(Math.abs(returns![day]! - expected) < 1e-12));
    assert.equal(returns!.length, 3);
    assert.equal(dailyReturns(Float64Array.of(1, 0, 1, 1), openTimeMs, 1), null);
  });
});
