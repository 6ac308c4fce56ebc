import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DataError } from '../../domain/core/index.ts';
import { flatCandles } from './candles.fixture.ts';
import { type Candles, checkCandles } from './candles.ts';

const good = flatCandles([10, 11, 12, 11], { volume: Float64Array.of(1, 0, 1, 1) });

/** The good candles with one cell changed. */
function changed(field: keyof Candles, row: number, value: number): Candles {
  const column = good[field]?.slice() ?? new Float64Array(4);
  column[row] = value;
  return { ...good, [field]: column };
}

const refuses = (candles: Candles, field: string, row: number): void =>
  assert.throws(
    () => checkCandles(candles),
    (error: unknown) =>
      error instanceof DataError && error.context['field'] === field && error.context['row'] === row,
  );

describe('checkCandles', () => {
  it('names row and field of what cannot be used', () => {
    refuses(changed('openTimeMs', 2, 0), 'openTimeMs', 2);
    refuses(changed('openTimeMs', 2, 300_000), 'openTimeMs', 2);
    refuses(changed('openTimeMs', 1, 0.5), 'openTimeMs', 1);
    refuses(changed('close', 3, Number.NaN), 'close', 3);
    refuses(changed('open', 1, 0), 'open', 1);
    refuses(changed('low', 1, -1), 'low', 1);
    refuses(changed('high', 2, Infinity), 'high', 2);
    refuses(changed('high', 2, 11.5), 'close', 2);
    refuses(changed('low', 2, 11.5), 'open', 2);
    refuses(changed('volume', 0, -1), 'volume', 0);
    refuses(changed('volume', 0, Number.NaN), 'volume', 0);
    refuses(changed('fundingRate', 3, Number.NaN), 'fundingRate', 3);
    refuses({ ...good, low: good.low.slice(1) }, 'low', 3);
    refuses(flatCandles([1]), 'openTimeMs', 1);
  });

  it('marks candles that did not trade, unless told that they did', () => {
    assert.deepEqual(checkCandles(good).halted, Uint8Array.of(0, 1, 0, 0));
    assert.equal(checkCandles(good, 'trade').halted, null);
    assert.equal(checkCandles(flatCandles([1, 2])).halted, null);
  });

  it('takes the interval from most of the candles, not from a gap', () => {
    const gap = changed('openTimeMs', 3, 3_000_000);
    assert.equal(checkCandles(gap).intervalMs, 300_000);
    assert.equal(checkCandles(gap).candlesPerYear, 105_120);
  });
});
