import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { sortedFloats } from './float-sort.ts';

describe('sortedFloats', () => {
  it('sorts as the language does, signs of zero and infinities included', () => {
    fc.assert(
      fc.property(fc.float32Array({ noNaN: true, maxLength: 60 }), (values) => {
        assert.deepEqual(sortedFloats(values), values.slice().sort());
      }),
    );
  });

  it('leaves what it is given as it was', () => {
    const values = Float32Array.of(2, -1, 0);
    sortedFloats(values);
    assert.deepEqual(values, Float32Array.of(2, -1, 0));
  });
});
