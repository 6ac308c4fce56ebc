import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { MINUTE_MS } from '../core/index.ts';
import type { Candle } from './candle.ts';
import { randomCandles } from './candles.fixture.ts';
import { type CandleRow, type RowRules, siftRows } from './row-rules.ts';

const START = Date.UTC(2025, 0, 1);
const RULES: RowRules = {
  intervalMs: 5 * MINUTE_MS,
  span: { fromMs: START, toMs: START + 1_000 * MINUTE_MS },
};
const GOOD: readonly Candle[] = randomCandles({ startMs: START, interval: '5m', count: 6, seed: 1 });
const good = (index: number, changes: Partial<Candle> = {}): Candle => ({ ...GOOD[index]!, ...changes });
const numbered = (candles: readonly Candle[]): CandleRow[] =>
  candles.map((candle, i) => ({ line: i + 2, candle, lacking: [] }));

describe('siftRows', () => {
  const refusals: readonly (readonly [string, Partial<Candle>, RegExp])[] = [
    ['a time off the grid', { openTimeMs: START + 1 }, /^off the grid: 2025-01-01T00:00:00\.001Z/],
    ['a time of another file', { openTimeMs: START - 5 * MINUTE_MS }, /^out of range: 2024-12-31T23:55Z/],
    ['the end of the range', { openTimeMs: RULES.span.toMs }, /^out of range/],
    ['a price that is not there', { close: Number.NaN }, /^close is not a number/],
    ['a volume that is not there', { volume: Number.NaN }, /^volume is not a number/],
    ['a price of zero', { low: 0 }, /^price 0 is not above zero/],
    ['a high below the low', { high: 1, low: 2 }, /^high 1 is below low 2/],
    ['an open above the high', { open: 10, high: 9, low: 7, close: 8 }, /^open 10 is outside low 7 … high 9/],
    ['a close below the low', { open: 8, high: 9, low: 7, close: 6 }, /^close 6 is outside low 7 … high 9/],
    ['a negative volume', { volume: -1, takerBuyVolume: -2 }, /^a volume or count is negative/],
    ['half a trade', { trades: 1.5 }, /^1\.5 trades are no whole number/],
    ['more taken than traded', { volume: 1, takerBuyVolume: 2 }, /^taker buy volume 2 is more than volume 1/],
  ];
  for (const [what, changes, reason] of refusals) {
    it(`refuses ${what}, and keeps the rows around it`, () => {
      const { candles, refused } = siftRows(numbered([good(0), good(1, changes), good(2)]), RULES);
      assert.deepEqual(candles, [good(0), good(2)]);
      assert.deepEqual(
        refused.map(({ line }) => line),
        [3],
      );
      assert.match(refused[0]!.reason, reason);
    });
  }

  it('keeps a candle without what a source may leave out, and says so', () => {
    const partial = good(0, { quoteVolume: Number.NaN, trades: Number.NaN });
    const row = { line: 2, candle: partial, lacking: ['quote_volume'] };
    const { candles, repaired, refused } = siftRows([row], RULES);
    assert.deepEqual(candles, [partial]);
    assert.deepEqual(refused, []);
    assert.deepEqual(repaired, [{ line: 2, reason: 'lacks quote_volume: kept as not available' }]);
  });

  it('puts rows in order, and says which it moved', () => {
    const { candles, repaired } = siftRows(numbered([good(1), good(3), good(0), good(2), good(4)]), RULES);
    assert.deepEqual(candles, [good(0), good(1), good(2), good(3), good(4)]);
    assert.deepEqual(
      repaired.map(({ line }) => line),
      [4, 5],
    );
  });

  it('keeps the first of equal rows, and none of rows that disagree about a time', () => {
    const rows = numbered([good(0), good(1), good(0), good(2), good(2, { volume: 1e6 })]);
    const { candles, refused } = siftRows(rows, RULES);
    assert.deepEqual(candles, [good(0), good(1)]);
    assert.deepEqual(refused, [
      { line: 4, reason: 'repeats line 2' },
      { line: 5, reason: 'disagrees with line 6 about the same time' },
      { line: 6, reason: 'disagrees with line 5 about the same time' },
    ]);
  });

  it('accounts for every row, whatever the rows are', () => {
    const number = fc.oneof(fc.double({ noDefaultInfinity: true }), fc.constantFrom(1, 2, 3));
    const candle = fc.record({
      openTimeMs: fc.integer({ min: -2, max: 8 }).map((i) => START + i * 2.5 * MINUTE_MS),
      open: number,
      high: number,
      low: number,
      close: number,
      volume: number,
      quoteVolume: number,
      trades: number,
      takerBuyVolume: number,
    });
    fc.assert(
      fc.property(fc.array(fc.oneof(candle, fc.constantFrom(...GOOD))), (candles) => {
        const sifted = siftRows(numbered(candles), RULES);
        assert.equal(sifted.candles.length + sifted.refused.length, candles.length);
        assert.ok(sifted.repaired.length <= sifted.candles.length);
        const times = sifted.candles.map(({ openTimeMs }) => openTimeMs);
        assert.ok(times.every((timeMs, i) => i === 0 || timeMs > times[i - 1]!));
      }),
    );
  });
});
