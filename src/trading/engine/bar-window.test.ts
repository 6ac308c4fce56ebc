import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FEATURE_COUNT } from '../../domain/features/index.ts';
import type { MinuteBar } from '../../domain/features/index.ts';
import { BarWindow } from './bar-window.ts';

const none = new Float64Array(0);
const bar = (minute: number, value = minute): MinuteBar => ({
  minuteMs: minute * 60_000,
  features: new Float64Array(FEATURE_COUNT).fill(value),
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
    const window = new BarWindow(3);
    assert.equal(window.push(bar(1)), null);
    assert.equal(window.push(bar(2)), null);
    assert.deepEqual(firstColumn(window.push(bar(3))), [1, 2, 3]);
    assert.deepEqual(firstColumn(window.push(bar(4))), [2, 3, 4]);
  });

  it('starts again after a missing minute', () => {
    const window = new BarWindow(2);
    window.push(bar(1));
    assert.equal(window.push(bar(3)), null);
    assert.deepEqual(firstColumn(window.push(bar(4))), [3, 4]);
  });

  it('starts again after a bar that has a feature which is not available', () => {
    const window = new BarWindow(2);
    window.push(bar(1));
    assert.equal(window.push(bar(2, Number.NaN)), null);
    assert.equal(window.push(bar(3)), null);
    assert.deepEqual(firstColumn(window.push(bar(4))), [3, 4]);
  });

  it('hands out copies: a later bar does not change an earlier window', () => {
    const window = new BarWindow(1);
    const first = window.push(bar(1));
    window.push(bar(2));
    assert.deepEqual(firstColumn(first), [1]);
  });
});
