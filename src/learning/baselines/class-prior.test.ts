import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DataError } from '../../domain/core/index.ts';
import { predictClassPrior, trainClassPrior } from './class-prior.ts';

describe('trainClassPrior', () => {
  it('gives every row the shares of the classes in training', () => {
    const prior = trainClassPrior(Int8Array.of(0, 1, 1, 1), 3);
    assert.deepEqual(prior.probabilities, [0.25, 0.75, 0]);
    assert.deepEqual([...predictClassPrior(prior, 2)], [0.25, 0.75, 0, 0.25, 0.75, 0]);
  });

  it('refuses rows without a label, and no rows', () => {
    assert.throws(() => trainClassPrior([1, -1], 3), DataError);
    assert.throws(() => trainClassPrior([], 3), DataError);
  });
});
