import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { correctForClassWeights, decide } from './decision.ts';

describe('decide', () => {
  it('weighs each probability by its class', () => {
    const probabilities = Float64Array.of(0.3, 0.5, 0.2, 0.2, 0.6, 0.2, 0.1, 0.2, 0.7);
    assert.deepEqual([...decide(probabilities, [2, 1, 2])], [0, 1, 2]);
    assert.deepEqual([...decide(probabilities, [1, 1, 1])], [1, 1, 2]);
  });

  it('takes the first of equals', () => {
    assert.deepEqual([...decide(Float64Array.of(0.25, 0.5, 0.25), [2, 1, 2])], [0]);
  });
});

describe('correctForClassWeights', () => {
  it('undoes the tilt that class weights give to probabilities', () => {
    const weights = [2, 1, 2];
    const share = fc.double({ min: 0.001, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.array(share, { minLength: 3, maxLength: 3 }), (raw) => {
        const total = raw.reduce((a, b) => a + b);
        const truth = raw.map((x) => x / total);
        const tilted = truth.map((p, k) => p * weights[k]!);
        const tiltedTotal = tilted.reduce((a, b) => a + b);
        const seen = Float64Array.from(tilted, (x) => x / tiltedTotal);
        correctForClassWeights(seen, weights).forEach((p, k) => assert.ok(Math.abs(p - truth[k]!) < 1e-12));
      }),
    );
  });

  it('refuses probabilities that are not whole rows', () => {
    assert.throws(() => correctForClassWeights(new Float64Array(4), [2, 1, 2]), /whole rows/);
  });
});
