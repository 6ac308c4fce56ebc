import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { softmaxInPlace } from './softmax.ts';

describe('softmaxInPlace', () => {
  it('changes only its own stretch and sums to one', () => {
    const values = Float64Array.of(9, Math.log(1), Math.log(2), Math.log(5), 9);
    softmaxInPlace(values, 1, 3);
    [9, 0.125, 0.25, 0.625, 9].forEach((expected, i) =>
      assert.ok(Math.abs(values[i]! - expected) < 1e-15, `element ${i}`),
    );
  });

  it('bears logits far beyond the range of exp', () => {
    const values = Float64Array.of(-1e4, 1e4, 1e4);
    softmaxInPlace(values, 0, 3);
    assert.deepEqual([...values], [0, 0.5, 0.5]);
  });
});
