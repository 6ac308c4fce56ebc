import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Random } from '../core/index.ts';
import { confusionMatrix, macroF1 } from '../math/index.ts';
import { correctForClassWeights, decide, macroF1Weights } from './decision.ts';

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

describe('macroF1Weights', () => {
  /** Probabilities of a model that knows something, and labels drawn from them. */
  function market(rows: number, seed: number) {
    const random = Random.fromSeed(seed);
    const probabilities = new Float64Array(rows * 3);
    const labels = Int8Array.from({ length: rows }, (_, row) => {
      const lean = random.normal();
      const odds = [0.3 * Math.exp(-lean), 1, 0.08 * Math.exp(1.5 * lean)];
      const total = odds.reduce((a, b) => a + b);
      odds.forEach((odd, k) => (probabilities[row * 3 + k] = odd / total));
      const draw = random.uniform() * total;
      return draw < odds[0]! ? 0 : draw < odds[0]! + 1 ? 1 : 2;
    });
    return { probabilities, labels };
  }
  const score = ({ probabilities, labels }: ReturnType<typeof market>, weights: readonly number[]): number =>
    macroF1(confusionMatrix(labels, decide(probabilities, weights), 3), 3);

  it('are nearly those that hindsight would choose, on rows that they were not chosen on', () => {
    const weights = macroF1Weights(market(3_000, 1).probabilities);
    const other = market(20_000, 2);
    const grid = [0.5, 0.7, 1, 1.4, 2, 2.8, 4, 5.6, 8];
    const hindsight = Math.max(...grid.flatMap((sell) => grid.map((buy) => score(other, [sell, 1, buy]))));
    assert.ok(score(other, weights) > hindsight - 0.01);
    assert.ok(score(other, weights) > score(other, [1, 1, 1]) + 0.05);
  });

  it('are the class weights where nothing is known', () => {
    assert.deepEqual(macroF1Weights(Float64Array.of(0.1, 0.8, 0.1, 0.1, 0.8, 0.1)), [2, 1, 2]);
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
