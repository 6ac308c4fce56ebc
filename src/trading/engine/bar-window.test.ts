import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FEATURE_COUNT, FEATURE_SETS, STATIONARY } from '../../domain/features/index.ts';
import type { MinuteBar } from '../../domain/features/index.ts';
import { BarWindow } from './bar-window.ts';

const NINE = FEATURE_SETS['quantgod-9'];
const none = new Float64Array(0);
const bar = (minute: number, value = minute): MinuteBar => ({
  minuteMs: minute * 60_000,
  features: new Float64Array(FEATURE_COUNT).fill(value),
  stationary: new Float64Array(STATIONARY.length).fill(10 * value),
  open: 1,
  high: 1,
  low: 1,
  close: 1,
  bidPrices: none,
  bidSizes: none,
  askPrices: none,
  askSizes: none,
  messages: 2,
  samples: 2,
  incomplete: [],
});

const firstColumn = (window: Float64Array | null): number[] | null =>
  window === null
    ? null
    : Array.from({ length: window.length / FEATURE_COUNT }, (_, i) => window[i * FEATURE_COUNT]!);

describe('BarWindow', () => {
  it('gives the last bars, oldest first, once it is full', () => {
    const window = new BarWindow(3, NINE);
    assert.equal(window.push(bar(1)), null);
    assert.equal(window.push(bar(2)), null);
    assert.deepEqual(firstColumn(window.push(bar(3))), [1, 2, 3]);
    assert.deepEqual(firstColumn(window.push(bar(4))), [2, 3, 4]);
  });

  it('starts again after a missing minute', () => {
    const window = new BarWindow(2, NINE);
    window.push(bar(1));
    assert.equal(window.push(bar(3)), null);
    assert.deepEqual(firstColumn(window.push(bar(4))), [3, 4]);
  });

  it('starts again after a bar that has a feature which is not available', () => {
    const window = new BarWindow(2, NINE);
    window.push(bar(1));
    assert.equal(window.push(bar(2, Number.NaN)), null);
    assert.equal(window.push(bar(3)), null);
    assert.deepEqual(firstColumn(window.push(bar(4))), [3, 4]);
  });

  it('holds the features of its set', () => {
    const window = new BarWindow(2, FEATURE_SETS.stationary);
    window.push(bar(1));
    const full = window.push(bar(2));
    assert.deepEqual(
      full,
      Float64Array.from({ length: 2 * STATIONARY.length }, (_, i) => (i < STATIONARY.length ? 10 : 20)),
    );
  });

  it('hands out copies: a later bar does not change an earlier window', () => {
    const window = new BarWindow(1, NINE);
    const first = window.push(bar(1));
    window.push(bar(2));
    assert.deepEqual(firstColumn(first), [1]);
  });
});
