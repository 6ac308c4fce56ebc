import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { candleGaps } from './gaps.ts';
import { isoMonth, monthSpan } from './interval.ts';

describe('candleGaps', () => {
  const span = { fromMs: 100, toMs: 200 };

  it('finds none where every candle is there, and one where none is', () => {
    assert.deepEqual(candleGaps([100, 120, 140, 160, 180], span, 20), []);
    assert.deepEqual(candleGaps([], span, 20), [{ fromMs: 100, toMs: 200, candles: 5 }]);
    assert.deepEqual(candleGaps([], { fromMs: 100, toMs: 100 }, 20), []);
  });

  it('finds those before the first, between two and behind the last, and looks at nothing outside', () => {
    assert.deepEqual(candleGaps([80, 120, 160, 220], span, 20), [
      { fromMs: 100, toMs: 120, candles: 1 },
      { fromMs: 140, toMs: 160, candles: 1 },
      { fromMs: 180, toMs: 200, candles: 1 },
    ]);
  });

  it('refuses candles off the grid or out of order', () => {
    assert.throws(() => candleGaps([110], span, 20), { name: 'InvariantError' });
    assert.throws(() => candleGaps([140, 120], span, 20), { name: 'InvariantError' });
  });
});

describe('months', () => {
  it('reach from the first instant to the next month’s, leap days and year ends included', () => {
    assert.deepEqual(monthSpan('2024-02'), { fromMs: Date.UTC(2024, 1, 1), toMs: Date.UTC(2024, 2, 1) });
    assert.deepEqual(monthSpan('2024-12'), { fromMs: Date.UTC(2024, 11, 1), toMs: Date.UTC(2025, 0, 1) });
    assert.equal(isoMonth(Date.UTC(2025, 0, 1) - 1), '2024-12');
    for (const text of ['2024-13', '2024-1', '2024', '2024-01-01', '']) assert.equal(monthSpan(text), null);
  });
});
