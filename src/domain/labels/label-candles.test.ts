import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { BUY, ConfigError, DataError, NEUTRAL, SELL } from '../core/index.ts';
import { type CandlePrices, labelByThreshold, labelByTrade, labelByVolatility } from './label-candles.ts';

const STEP = 300_000;

/** Candles without wicks; `null` is a hole in the grid. */
function candles(closes: readonly (number | null)[]): CandlePrices {
  const rows = closes.flatMap((close, i) => (close === null ? [] : [{ close, timeMs: i * STEP }]));
  const close = Float64Array.from(rows, (row) => row.close);
  const openTimeMs = Float64Array.from(rows, (row) => row.timeMs);
  return { openTimeMs, high: close, low: close, close, intervalMs: STEP };
}

const THRESHOLD = { horizonCandles: 2, threshold: Math.log(1.1) };
const VOLATILITY = { horizonCandles: 2, deviations: 1, volatilityCandles: 2 };
const TRADE = { horizonCandles: 3, stop: 0.05, takeProfit: 0.1, costs: 0.01 };

describe('labelByThreshold', () => {
  it('takes the return over the horizon, strictly beyond the threshold', () => {
    const { label, labelEndMs } = labelByThreshold(candles([100, 100, 111, 100, 100, 110]), THRESHOLD);
    assert.deepEqual([...label], [BUY, NEUTRAL, SELL, NEUTRAL, -1, -1]);
    assert.deepEqual([labelEndMs[0], labelEndMs[1]], [3 * STEP, 4 * STEP]);
    assert.deepEqual(
      [...labelByThreshold(candles([111, 105, 100]), { ...THRESHOLD, threshold: 0.1 }).label],
      [SELL, -1, -1],
    );
  });

  it('has no label where a candle is missing or has no price', () => {
    const holes = candles([100, null, 120, 100, Number.NaN, 100, 100, 100]);
    assert.deepEqual([...labelByThreshold(holes, THRESHOLD).label], [-1, -1, -1, -1, NEUTRAL, -1, -1]);
  });
});

describe('labelByVolatility', () => {
  it('scales its threshold with the returns up to the candle', () => {
    const calm = labelByVolatility(candles([100, 100.1, 100, 100.1, 101, 100.6]), VOLATILITY);
    assert.deepEqual([...calm.label], [-1, -1, BUY, BUY, -1, -1]);
    const wild = labelByVolatility(candles([100, 104, 100, 104, 101, 100.6]), VOLATILITY);
    assert.deepEqual([...wild.label], [-1, -1, NEUTRAL, NEUTRAL, -1, -1]);
  });
});

describe('labelByTrade', () => {
  it('knows the three exits', () => {
    assert.equal(labelByTrade(candles([100, 104, 111, 100]), TRADE).label[0], BUY);
    assert.equal(labelByTrade(candles([100, 96, 89, 100]), TRADE).label[0], SELL);
    const timeout = labelByTrade(candles([100, 101, 101, 103]), TRADE);
    assert.equal(timeout.label[0], BUY);
    assert.ok(Math.abs(timeout.outcome[0]! - 0.02) < 1e-12);
    assert.equal(timeout.labelEndMs[0], 4 * STEP);
    assert.equal(labelByTrade(candles([100, 100, 100, 100.5]), TRADE).label[0], NEUTRAL);
  });

  it('takes a candle that touches both for the stop', () => {
    const both = { ...candles([100, 100, 100, 100]), high: Float64Array.of(100, 111, 100, 100) };
    assert.equal(labelByTrade({ ...both, low: Float64Array.of(100, 94, 100, 100) }, TRADE).label[0], NEUTRAL);
    assert.equal(labelByTrade(both, TRADE).label[0], BUY);
  });

  it('needs no candle after both trades are over', () => {
    const wide = {
      ...candles([100, 100, null]),
      high: Float64Array.of(100, 120),
      low: Float64Array.of(100, 80),
    };
    const { label, labelEndMs } = labelByTrade(wide, TRADE);
    assert.deepEqual([label[0], labelEndMs[0]], [NEUTRAL, 2 * STEP]);
    assert.equal(labelByTrade(candles([100, 100, null, 120]), TRADE).label[0], -1);
  });
});

describe('every candle label', () => {
  const prices = fc.array(
    fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 90, max: 110 }) }, fc.constant(null)),
    {
      maxLength: 60,
    },
  );
  const all = [
    (p: CandlePrices) => labelByThreshold(p, THRESHOLD),
    (p: CandlePrices) => labelByVolatility(p, VOLATILITY),
    (p: CandlePrices) => labelByTrade(p, TRADE),
  ];

  it('depends on no candle after the time at which it is known', () => {
    fc.assert(
      fc.property(prices, fc.nat(60), (closes, cut) => {
        for (const labels of all) {
          const whole = labels(candles(closes));
          const part = labels(candles(closes.slice(0, cut)));
          for (const [row, end] of whole.labelEndMs.entries()) {
            if (end <= cut * STEP) assert.equal(part.label[row], whole.label[row]);
            else if (row < part.label.length) assert.equal(part.label[row], -1);
          }
        }
      }),
    );
  });

  it('refuses bad definitions and candles off the grid', () => {
    assert.throws(
      () => labelByThreshold(candles([1, 2]), { horizonCandles: 0, threshold: 0 }),
      (error: unknown) =>
        error instanceof ConfigError &&
        error.problems.map(({ path }) => path).join() === 'label.horizonCandles,label.threshold',
    );
    const off = { ...candles([1, 2]), openTimeMs: Float64Array.of(0, STEP + 1) };
    for (const labels of all) assert.throws(() => labels(off), DataError);
    assert.throws(() => all[0]!({ ...candles([1, 2]), close: Float64Array.of(1) }), DataError);
  });
});
