import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { exponentialAverage, wilderRsi } from './indicators.ts';

// Worked example of StockCharts' ChartSchool ("RSI"), QQQQ closes, which gives 70.53, 66.32, 66.55, 69.41, 66.36, 57.97.
const CLOSES = [
  44.3389, 44.0902, 44.1497, 43.6124, 44.3278, 44.8264, 45.0955, 45.4245, 45.8433, 46.0826, 45.8931, 46.0328,
  45.614, 46.282, 46.282, 46.0028, 46.0328, 46.4116, 46.2222, 45.6439,
];

describe('wilderRsi', () => {
  it('follows the published example', () => {
    [70.53, 66.32, 66.55, 69.41, 66.36, 57.97].forEach((expected, i) => {
      const rsi = wilderRsi(Float64Array.from(CLOSES.slice(0, 15 + i)), 14);
      assert.ok(Math.abs(rsi - expected) < 0.005, `${rsi} is not ${expected}`);
    });
  });

  it('is not available before period + 1 prices', () => {
    assert.ok(Number.isNaN(wilderRsi(Float64Array.from(CLOSES.slice(0, 14)), 14)));
  });

  it('is 100 without losses, 0 without gains and 50 without change', () => {
    assert.equal(wilderRsi(Float64Array.of(1, 2, 3), 2), 100);
    assert.equal(wilderRsi(Float64Array.of(3, 2, 1), 2), 0);
    assert.equal(wilderRsi(Float64Array.of(1, 1, 1), 2), 50);
  });
});

describe('exponentialAverage', () => {
  it('moves by 2 / (n + 1) of the way', () => {
    // k = 1/2: 8 → 6 → 7
    assert.equal(exponentialAverage(Float64Array.of(8, 4, 8), 3), 7);
    assert.equal(exponentialAverage(Float64Array.of(8, 4, 8), 1), 8);
  });

  it('is not available before n prices', () => {
    assert.ok(Number.isNaN(exponentialAverage(Float64Array.of(8, 4), 3)));
  });
});
