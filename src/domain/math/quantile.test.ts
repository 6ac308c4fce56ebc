import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { quantileOfSorted } from './quantile.ts';

describe('quantileOfSorted', () => {
  const sample = Float64Array.of(1, 2, 4, 8);

  it('interpolates as NumPy does', () => {
    // numpy.quantile([1, 2, 4, 8], [0, 0.025, 0.5, 0.9, 1])
    const expected = [1, 1.075, 3, 6.8, 8];
    [0, 0.025, 0.5, 0.9, 1].forEach((share, i) =>
      assert.ok(Math.abs(quantileOfSorted(sample, share) - expected[i]!) < 1e-12),
    );
  });

  it('has no value for an empty sample and refuses a share outside [0, 1]', () => {
    assert.ok(Number.isNaN(quantileOfSorted(new Float64Array(0), 0.5)));
    assert.throws(() => quantileOfSorted(sample, 1.1), /share/);
  });
});
