import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DataError } from '../../domain/core/index.ts';
import { flatCandles } from './candles.fixture.ts';
import { checkCandles } from './candles.ts';
import {
  crossoverSignals,
  ENTER_LONG,
  ENTER_SHORT,
  EXIT_LONG,
  EXIT_SHORT,
  scheduleOrders,
  signalsOf,
  simpleMovingAverage,
  thresholdSignals,
} from './signals.ts';

function ordersOf(signals: readonly number[], volume: readonly number[], execution: 'close' | 'next-open') {
  const candles = checkCandles(
    flatCandles(
      signals.map(() => 1),
      { volume: Float64Array.from(volume) },
    ),
  );
  const orders = new Uint8Array(signals.length);
  scheduleOrders(Uint8Array.from(signals), candles, execution === 'close' ? 0 : 1, orders);
  return [...orders];
}

describe('scheduleOrders', () => {
  it('executes at the next candle, or at once', () => {
    assert.deepEqual(ordersOf([1, 0, 2, 4], [1, 1, 1, 1], 'next-open'), [0, 1, 0, 2]);
    assert.deepEqual(ordersOf([1, 0, 2, 4], [1, 1, 1, 1], 'close'), [1, 0, 2, 4]);
  });

  it('lets orders wait over candles that did not trade; the newest counts', () => {
    assert.deepEqual(ordersOf([1, 0, 0, 0], [1, 0, 0, 1], 'next-open'), [0, 0, 0, 1]);
    assert.deepEqual(ordersOf([1, 2, 0, 0], [1, 0, 0, 1], 'next-open'), [0, 0, 0, 2]);
    assert.deepEqual(ordersOf([0, 4, 0, 0], [1, 0, 1, 1], 'close'), [0, 0, 4, 0]);
  });

  it('cancels contradictions', () => {
    const both = [
      ENTER_LONG | EXIT_LONG,
      ENTER_LONG | ENTER_SHORT,
      ENTER_LONG | EXIT_LONG | ENTER_SHORT,
      ENTER_LONG | EXIT_SHORT,
      EXIT_LONG | EXIT_SHORT,
    ];
    assert.deepEqual(ordersOf(both, [1, 1, 1, 1, 1], 'close'), [0, 0, ENTER_SHORT, both[3], both[4]]);
  });

  it('refuses signals of a wrong length and numbers that are none', () => {
    const candles = checkCandles(flatCandles([1, 1]));
    const orders = new Uint8Array(2);
    assert.throws(() => scheduleOrders(new Uint8Array(3), candles, 0, orders), /field signals, row 3/);
    assert.throws(() => scheduleOrders(Uint8Array.of(0, 16), candles, 0, orders), /field signals, row 1/);
    assert.throws(() => signalsOf([1], [0, 1], 'long'), DataError);
  });
});

describe('signals', () => {
  it('come from entries and exits of a direction', () => {
    assert.deepEqual([...signalsOf([true, false], [false, true], 'long')], [ENTER_LONG, EXIT_LONG]);
    assert.deepEqual([...signalsOf([1, 0], [0, 1], 'short')], [ENTER_SHORT, EXIT_SHORT]);
    assert.deepEqual([...signalsOf([1, 0], [0, 1], 'both')], [ENTER_LONG, ENTER_SHORT]);
  });

  it('come from crossings, not from touching, and not from the first side', () => {
    const out = new Uint8Array(8);
    const fast = Float64Array.of(Number.NaN, 2, 0, 1, 2, 1, 2, 0);
    crossoverSignals({ fast, slow: new Float64Array(8).fill(1), direction: 'both' }, out);
    assert.deepEqual([...out], [0, 0, ENTER_SHORT, 0, ENTER_LONG, 0, 0, ENTER_SHORT]);
  });

  it('come from scores beyond thresholds', () => {
    const out = new Uint8Array(4);
    const scores = Float64Array.of(0.6, 0.2, -0.6, Number.NaN);
    thresholdSignals(scores, { enter: 0.5, exit: 0.3, direction: 'long' }, out);
    assert.deepEqual([...out], [ENTER_LONG | EXIT_SHORT, EXIT_LONG | EXIT_SHORT, EXIT_LONG, 0]);
    thresholdSignals(scores, { enter: 0.5, exit: 0.3, direction: 'both' }, out);
    assert.equal(out[2], EXIT_LONG | ENTER_SHORT);
  });

  it('average the last values and no others', () => {
    const averages = simpleMovingAverage(Float64Array.of(1, 2, 3, 10), 3);
    assert.deepEqual([...averages], [Number.NaN, Number.NaN, 2, 5]);
    assert.throws(() => simpleMovingAverage(averages, 0), /backtest.window/);
  });
});
