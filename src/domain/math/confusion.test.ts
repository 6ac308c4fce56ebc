import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { confusionMatrix, macroF1 } from './confusion.ts';

describe('confusionMatrix', () => {
  it('counts truth in rows and prediction in columns, and skips rows without truth', () => {
    const confusion = confusionMatrix([0, 0, 1, 2, 2, -1], [0, 1, 1, 0, 2, 2], 3);
    assert.deepEqual([...confusion], [1, 1, 0, 0, 1, 0, 1, 0, 1]);
  });

  it('refuses a number that is no class', () => {
    assert.throws(() => confusionMatrix([3], [0], 3), /not a class/);
    assert.throws(() => confusionMatrix([0], [0, 1], 3), /differ in length/);
  });
});

describe('macroF1', () => {
  it('is the unweighted mean of the per-class F1', () => {
    // F1: class 0 = 2/4, class 1 = 2/3, class 2 = 2/3.
    const confusion = confusionMatrix([0, 0, 1, 2, 2], [0, 1, 1, 0, 2], 3);
    assert.ok(Math.abs(macroF1(confusion, 3) - (0.5 + 2 / 3 + 2 / 3) / 3) < 1e-15);
  });

  it('is 1 for a perfect classifier and counts an absent class as 0', () => {
    assert.equal(macroF1(confusionMatrix([0, 1, 2], [0, 1, 2], 3), 3), 1);
    assert.equal(macroF1(confusionMatrix([0, 1], [0, 1], 3), 3), 2 / 3);
  });
});
