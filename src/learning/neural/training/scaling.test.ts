import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { scalingOf } from './scaling.ts';

describe('scalingOf', () => {
  it('takes mean and deviation of the chosen rows only', () => {
    const { mean, deviation } = scalingOf(Float64Array.of(1, 10, 3, 30, 99, 99), 2, Int32Array.of(0, 1));
    assert.deepEqual([...mean], [2, 20]);
    assert.deepEqual([...deviation], [1, 10]);
  });

  it('keeps a small variance beside a large mean', () => {
    const { deviation } = scalingOf(Float64Array.of(1e6, 1e6 + 1), 1, Int32Array.of(0, 1));
    assert.equal(deviation[0], 0.5);
  });

  it('leaves a constant feature alone, rounding noise or not', () => {
    assert.equal(scalingOf(Float64Array.of(5, 5, 5), 1, Int32Array.of(0, 1, 2)).deviation[0], 1);
    assert.equal(
      scalingOf(Float64Array.of(0.1, 0.1 + 1e-16, 0.1), 1, Int32Array.of(0, 1, 2)).deviation[0],
      1,
    );
  });

  it('refuses to work without rows', () => {
    assert.throws(() => scalingOf(new Float64Array(0), 1, new Int32Array(0)), /no row/);
  });
});
