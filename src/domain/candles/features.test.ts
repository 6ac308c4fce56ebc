import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { candleTable, type Candle } from './candle.ts';
import { randomCandles } from './candles.fixture.ts';
import { CANDLE_FEATURE_SETS, CANDLE_WARM_UP, CandleFeatures, candleFeatures } from './features.ts';

const WIDTH = CANDLE_FEATURE_SETS['candles-7'].length;
const WALK = randomCandles({ startMs: Date.UTC(2025, 0, 1), interval: '5m', count: 160, seed: 3 });
const LOG_RETURN = 0;
const VOLUME_Z = 4;
const TAKER_BUY_RATIO = 6;

const batch = (candles: readonly Candle[]): Float64Array => candleFeatures(candleTable(candles), '5m');
const row = (features: Float64Array, index: number): number[] => [
  ...features.subarray(index * WIDTH, (index + 1) * WIDTH),
];
const available = (features: Float64Array, index: number): boolean =>
  row(features, index).every((value) => Number.isFinite(value));

function streamed(stream: CandleFeatures, candles: readonly Candle[]): Float64Array {
  const features = new Float64Array(candles.length * WIDTH);
  for (const [i, candle] of candles.entries()) stream.process(candle, features, i * WIDTH);
  return features;
}

describe('candle features', () => {
  const whole = batch(WALK);

  it('warm up: a feature is there from its window on, and all of them from the stated row on', () => {
    const firstOf = [1, 12, 24, 48, 47, 0, 0];
    for (const [feature, first] of firstOf.entries()) {
      for (let i = 0; i < WALK.length; i++)
        assert.equal(Number.isNaN(whole[i * WIDTH + feature]!), i < first, `${feature} of row ${i}`);
    }
    assert.ok(!available(whole, CANDLE_WARM_UP - 1) && available(whole, CANDLE_WARM_UP));
  });

  it('are the same to the bit in a batch and one by one, and after a reset', () => {
    const stream = new CandleFeatures('5m');
    assert.deepEqual(streamed(stream, WALK), whole);
    stream.reset();
    assert.deepEqual(streamed(stream, WALK), whole);
  });

  it('do not change when the future is cut off', () => {
    for (const length of [1, 13, 49, 100, 159])
      assert.deepEqual(batch(WALK.slice(0, length)), whole.slice(0, length * WIDTH));
  });

  it('do not depend on what lies before their windows', () => {
    const late = batch(WALK.slice(60));
    assert.deepEqual(row(late, CANDLE_WARM_UP), row(whole, 60 + CANDLE_WARM_UP));
  });

  it('bridge no missing candle: what needs the past starts again behind the hole', () => {
    const holed = batch(WALK.toSpliced(60, 1));
    assert.deepEqual(holed.slice(0, 60 * WIDTH), whole.slice(0, 60 * WIDTH));
    assert.deepEqual(holed.slice(60 * WIDTH), batch(WALK.slice(61)));
    assert.ok(Number.isNaN(holed[60 * WIDTH + LOG_RETURN]!));
  });

  it('say that a ratio of nothing, or a score among equals, is not available', () => {
    const quiet = WALK.map((candle) => ({ ...candle, volume: 0.1, takerBuyVolume: 0.1 }));
    assert.ok(Number.isNaN(batch(quiet)[100 * WIDTH + VOLUME_Z]!));
    const empty = WALK.with(70, { ...WALK[70]!, volume: 0, takerBuyVolume: 0 });
    assert.ok(Number.isNaN(batch(empty)[70 * WIDTH + TAKER_BUY_RATIO]!));
    const unknown = batch(WALK.with(70, { ...WALK[70]!, takerBuyVolume: Number.NaN }));
    assert.deepEqual(
      [...unknown.entries()].filter(([i, value]) => !Object.is(value, whole[i])).map(([i]) => i),
      [70 * WIDTH + TAKER_BUY_RATIO],
    );
  });

  it('keep a small deviation exact behind a large one', () => {
    const step = (i: number): number => (i === 5 ? 1e6 : 1) * (1 + 1e-9 * (i % 2));
    const wild = WALK.map((candle, i) => ({ ...candle, volume: step(i), takerBuyVolume: 0 }));
    const calm = batch(wild);
    assert.deepEqual(row(calm, 120), row(batch(wild.slice(40)), 80));
  });

  it('refuse candles that go back in time', () => {
    const stream = new CandleFeatures('5m');
    stream.process(WALK[1]!, new Float64Array(WIDTH));
    assert.throws(() => stream.process(WALK[1]!, new Float64Array(WIDTH)), { name: 'InvariantError' });
  });
});
