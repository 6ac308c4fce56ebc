import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { confusionMatrix, macroF1 } from '../math/index.ts';
import { ceilingFor, type DecisionRule } from './ceiling.ts';
import { simulateLatent } from './latent.ts';
import { oracleProbabilities, truthLabels } from './oracle.ts';

/** Macro-F1 of a rule, by the plain reading of its definition. */
function scoreOf({ scales, offsets }: DecisionRule, labels: readonly number[], oracle: Float64Array): number {
  const decisions = labels.map((_, row) => {
    const values = [0, 1, 2].map((c) => scales[c]! * oracle[row * 3 + c]! - offsets[c]!);
    // NEUTRAL wins a tie, then SELL.
    return [1, 0, 2].reduce((best, c) => (values[c]! > values[best]! ? c : best));
  });
  return macroF1(confusionMatrix(labels, decisions, 3), 3);
}

const ARGMAX: DecisionRule = { scales: [1, 1, 1], offsets: [0, 0, 0] };
const WEIGHTED: DecisionRule = { scales: [2, 1, 2], offsets: [0, 0, 0] };

const rowsArbitrary = fc
  .array(fc.tuple(fc.nat(2), fc.integer({ min: 1, max: 99 }), fc.integer({ min: 1, max: 99 }), fc.nat(99)), {
    minLength: 1,
    maxLength: 40,
  })
  .map((rows) => ({
    labels: rows.map(([label]) => label),
    oracle: Float64Array.from(rows.flatMap(([, a, b, c]) => [a, b, c].map((x) => x / (a + b + c)))),
  }));

describe('ceilingFor', () => {
  it('is what its rule scores: never below the likeliest class or the weighted one, never above 1', () => {
    fc.assert(
      fc.property(rowsArbitrary, ({ labels, oracle }) => {
        const ceiling = ceilingFor({ labels, oracle });
        assert.equal(ceiling.macroF1, scoreOf(ceiling.rule, labels, oracle));
        assert.equal(ceiling.macroF1WithClassWeights, scoreOf(WEIGHTED, labels, oracle));
        assert.ok(ceiling.macroF1 >= scoreOf(ARGMAX, labels, oracle));
        assert.ok(ceiling.macroF1 >= ceiling.macroF1WithClassWeights);
        assert.ok(ceiling.macroF1 <= 1);
      }),
      { numRuns: 60 },
    );
  });

  it('comes close to a search of all scales and offsets by brute force', () => {
    for (const seed of [1, 2, 3]) {
      const { truth } = simulateLatent({
        seed,
        symbol: 'SIMUSDT',
        startMs: 0,
        minutes: 3 * 1_440,
        strength: 0.5,
        startPrice: 2,
      });
      const thresholds = { lookaheadMinutes: 60, thresholdShort: -0.004, thresholdLong: 0.008 };
      const all = truthLabels(truth, thresholds);
      const probabilities = oracleProbabilities(truth, thresholds);
      const minutes = Array.from({ length: 600 }, (_, i) => i * 7);
      const labels = minutes.map((m) => all[m]!);
      const oracle = new Float64Array(minutes.length * 3);
      for (const [row, m] of minutes.entries()) oracle.set(probabilities.subarray(m * 3, m * 3 + 3), row * 3);
      let best = 0;
      for (let sell = 0.5; sell < 8; sell *= 1.3) {
        for (let buy = 0.5; buy < 8; buy *= 1.3) {
          for (let offset = -0.3; offset <= 0.3; offset += 0.1) {
            for (let other = -0.3; other <= 0.3; other += 0.1) {
              const rule: DecisionRule = { scales: [sell, 1, buy], offsets: [offset, 0, other] };
              best = Math.max(best, scoreOf(rule, labels, oracle));
            }
          }
        }
      }
      const { macroF1: found } = ceilingFor({ labels, oracle });
      assert.ok(found > best - 0.01, `${found} where brute force finds ${best}`);
    }
  });

  it('reaches 1 with a certain oracle, and counts only rows that have a label and an oracle', () => {
    const oracle = Float64Array.from([1, 0, 0, NaN, NaN, NaN, 0, 1, 0, 0, 0, 1, 1, 0, 0]);
    const ceiling = ceilingFor({ labels: [0, 2, 1, 2, -1], oracle });
    assert.equal(ceiling.rows, 3);
    assert.deepEqual(ceiling.classShares, [1 / 3, 1 / 3, 1 / 3]);
    assert.equal(ceiling.macroF1, 1);
    assert.ok(Math.abs(ceiling.logLoss) < 1e-12);
  });

  it('has the log loss of the class that came', () => {
    const oracle = Float64Array.from([0.5, 0.25, 0.25, 0.1, 0.7, 0.2]);
    const { logLoss } = ceilingFor({ labels: [0, 2], oracle });
    assert.ok(Math.abs(logLoss + (Math.log(0.5) + Math.log(0.2)) / 2) < 1e-12);
  });

  it('refuses rows without any oracle, and lengths that differ', () => {
    assert.throws(() => ceilingFor({ labels: [-1], oracle: new Float64Array(3) }), {
      name: 'InvariantError',
    });
    assert.throws(() => ceilingFor({ labels: [1, 1], oracle: new Float64Array(3) }), {
      name: 'InvariantError',
    });
  });
});
