import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { DAY_MS } from '../../domain/core/index.ts';
import { distributionDistance, embeddingDriftOf, embeddingReference } from './drift.ts';

describe('distributionDistance', () => {
  it('is the largest distance of the distribution functions', () => {
    assert.equal(distributionDistance([1, 2, 3], [1, 2, 3]), 0);
    assert.equal(distributionDistance([1, 2], [3, 4]), 1);
    assert.equal(distributionDistance([1, 2, 3, 4], [3, 4, 5, 6]), 0.5);
    assert.equal(distributionDistance([1, 1, 1, 2], [1]), 0.25);
    assert.ok(Number.isNaN(distributionDistance([], [1])));
  });

  it('is that of counting at every value, and the same from both sides', () => {
    const numbers = fc.array(fc.integer({ min: -4, max: 4 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(numbers, numbers, (a, b) => {
        const share = (of: readonly number[], at: number): number =>
          of.filter((x) => x <= at).length / of.length;
        const slow = Math.max(...[...a, ...b].map((at) => Math.abs(share(a, at) - share(b, at))));
        assert.equal(distributionDistance(a, b), slow);
        assert.equal(distributionDistance(b, a), slow);
      }),
    );
  });
});

describe('embeddingReference', () => {
  /** On a line, one unit a day but for a missing day. */
  const days = [0, 1, 2, 4, 5].map((day) => ({ dayMs: day * DAY_MS, embedding: [day, 0] }));

  it('says what is typical', () => {
    const reference = embeddingReference(days, 0.95)!;
    assert.deepEqual(reference.centre, [2.4, 0]);
    assert.equal(reference.meanStep, 1);
    assert.ok(Math.abs(reference.typicalDistance - 1.6) < 1e-12);
    const drift = embeddingDriftOf([2.4, 16], [2.4, 12], reference)!;
    assert.deepEqual([drift.step, drift.isFar], [4, true]);
    assert.ok(Math.abs(drift.distance - 10) < 1e-9);
    assert.equal(embeddingDriftOf([2.4, 1], null, reference)!.step, null);
    assert.equal(embeddingDriftOf([2.4, 1], null, reference)!.isFar, false);
  });

  it('has nothing to say without days, numbers, or an embedding', () => {
    assert.equal(embeddingReference(days.slice(1), 0.95), null);
    assert.equal(
      embeddingReference(
        days.map((day) => ({ ...day, embedding: [] })),
        0.95,
      ),
      null,
    );
    assert.equal(embeddingDriftOf(null, null, embeddingReference(days, 0.95)), null);
    assert.equal(embeddingDriftOf([1, 2], null, null), null);
  });
});
