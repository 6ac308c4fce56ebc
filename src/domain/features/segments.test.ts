import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BarTable } from './bar.ts';
import { usableSegments, windowEnds } from './segments.ts';

function table(minutes: readonly number[], unusable: readonly number[] = []): BarTable {
  const features = new Float64Array(minutes.length).fill(1);
  for (const row of unusable) features[row] = Number.NaN;
  return {
    rows: minutes.length,
    minuteMs: Float64Array.from(minutes, (m) => m * 60_000),
    featureNames: ['x'],
    features,
    close: new Float64Array(minutes.length),
  };
}

describe('usableSegments', () => {
  it('cuts at a missing minute and at a row that is not finite', () => {
    assert.deepEqual(usableSegments(table([0, 1, 2, 5, 6, 7], [5])), [
      { start: 0, end: 3 },
      { start: 3, end: 5 },
    ]);
  });

  it('is empty when nothing is usable', () => {
    assert.deepEqual(usableSegments(table([0, 1], [0, 1])), []);
  });
});

describe('windowEnds', () => {
  it('marks only rows whose whole window lies in one segment', () => {
    const bars = table([0, 1, 2, 5, 6, 7, 8]);
    assert.deepEqual([...windowEnds(bars.rows, usableSegments(bars), 3)], [0, 0, 1, 0, 0, 1, 1]);
  });
});
