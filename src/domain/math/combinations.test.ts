import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { combinations } from './combinations.ts';

describe('combinations', () => {
  it('gives every choice once, in order', () => {
    assert.deepEqual(
      [...combinations(4, 2)],
      [
        [0, 1],
        [0, 2],
        [0, 3],
        [1, 2],
        [1, 3],
        [2, 3],
      ],
    );
    assert.equal([...combinations(16, 8)].length, 12_870);
    assert.deepEqual([...combinations(3, 3)], [[0, 1, 2]]);
    assert.deepEqual([...combinations(2, 3)], []);
  });
});
