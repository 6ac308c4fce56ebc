import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConfigError, Random } from '../core/index.ts';
import { confusionMatrix, macroF1 } from '../math/index.ts';
import { bootstrapConfusion, bootstrapDifference, bootstrapInterval, bootstrapSums } from './bootstrap.ts';

const mean = (values: Float64Array) => (rows: Int32Array) =>
  rows.reduce((sum, row) => sum + values[row]!, 0) / rows.length;

function normals(count: number, seed: number): Float64Array {
  const random = Random.fromSeed(seed);
  return Float64Array.from({ length: count }, () => random.normal());
}

/** Decisions that are right with probability `skill`, else random. */
function decisions(labels: Int8Array, skill: number, seed: number): Int8Array {
  const random = Random.fromSeed(seed);
  return labels.map((label) => (random.uniform() < skill ? label : random.integer(3)));
}

const labels = (() => {
  const random = Random.fromSeed(1);
  return Int8Array.from({ length: 600 }, () => random.integer(3));
})();

describe('bootstrapInterval', () => {
  it('is the normal interval of a mean when rows are independent', () => {
    const values = normals(1000, 2);
    const { estimate, lower, upper } = bootstrapInterval(
      1000,
      { expectedBlockRows: 1, replicates: 2000, seed: 3 },
      mean(values),
    );
    assert.equal(estimate, mean(values)(new Int32Array(1000).map((_, i) => i)));
    const halfWidth = 1.96 / Math.sqrt(1000);
    assert.ok(Math.abs(upper - lower - 2 * halfWidth) < 0.1 * 2 * halfWidth, `${lower} … ${upper}`);
  });

  it('widens with the copies in the data once blocks are as long as they', () => {
    // Each draw is repeated 20 times: 2,000 rows, 100 facts, so the interval must be √20 times wider.
    const facts = normals(100, 4);
    const values = Float64Array.from({ length: 2000 }, (_, i) => facts[Math.floor(i / 20)]!);
    const width = (expectedBlockRows: number): number => {
      const interval = bootstrapInterval(2000, { expectedBlockRows, seed: 5 }, mean(values));
      return interval.upper - interval.lower;
    };
    assert.ok(width(60) / width(1) > 3.5, `${width(60)} against ${width(1)}`);
  });

  it('draws blocks of the stated mean length', () => {
    let breaks = 0;
    const draws = 200;
    bootstrapInterval(5000, { expectedBlockRows: 50, replicates: draws, seed: 6 }, (rows) => {
      for (let i = 1; i < rows.length; i++) if (rows[i] !== (rows[i - 1]! + 1) % 5000) breaks++;
      return 0;
    });
    const meanLength = (5000 * draws) / (breaks + draws);
    assert.ok(Math.abs(meanLength - 50) < 2, `${meanLength}`);
  });

  it('repeats from its seed, and says on how many replicates it rests', () => {
    const undefinedWithoutRow0 = (rows: Int32Array): number => (rows.includes(0) ? rows[0]! : Number.NaN);
    const settings = { expectedBlockRows: 3, replicates: 100, seed: 7 };
    const interval = bootstrapInterval(30, settings, undefinedWithoutRow0);
    assert.deepEqual(bootstrapInterval(30, settings, undefinedWithoutRow0), interval);
    assert.notDeepEqual(bootstrapInterval(30, { ...settings, seed: 8 }, undefinedWithoutRow0), interval);
    assert.ok(interval.replicates > 20 && interval.replicates < 100);
    assert.equal(interval.effectiveBlocks, 10);
  });

  it('refuses bad settings all at once', () => {
    assert.throws(
      () => bootstrapInterval(0, { expectedBlockRows: 0, replicates: 0, level: 1, seed: 1 }, () => 0),
      (error: unknown) => error instanceof ConfigError && error.problems.length === 4,
    );
  });
});

describe('bootstrapConfusion', () => {
  it('is the general bootstrap of the same score, counted instead of collected', () => {
    const predictions = decisions(labels, 0.4, 2);
    const settings = { expectedBlockRows: 20, replicates: 200, seed: 9 };
    const direct = bootstrapInterval(labels.length, settings, (rows) => {
      const pick = (from: Int8Array): number[] => Array.from(rows, (row) => from[row]!);
      return macroF1(confusionMatrix(pick(labels), pick(predictions), 3), 3);
    });
    assert.deepEqual(bootstrapConfusion({ labels, predictions, classes: 3 }, settings), direct);
  });
});

describe('bootstrapDifference', () => {
  const settings = { expectedBlockRows: 10, replicates: 500, seed: 9 };

  it('is exactly 0 between a model and itself', () => {
    const predictions = decisions(labels, 0.4, 2);
    const { estimate, lower, upper } = bootstrapDifference(
      { labels, predictions, classes: 3 },
      predictions,
      settings,
    );
    assert.deepEqual([estimate, lower, upper], [0, 0, 0]);
  });

  it('tells a good model from a bad one, and turns its sign with the order', () => {
    const good = decisions(labels, 0.6, 2);
    const bad = decisions(labels, 0.2, 3);
    const ahead = bootstrapDifference({ labels, predictions: good, classes: 3 }, bad, settings);
    const behind = bootstrapDifference({ labels, predictions: bad, classes: 3 }, good, settings);
    assert.ok(ahead.lower > 0, `${ahead.lower}`);
    assert.ok(Math.abs(ahead.estimate + behind.estimate) < 1e-12);
    assert.ok(Math.abs(ahead.lower + behind.upper) < 1e-12);
  });

  it('is narrower than two intervals taken apart when the models err together', () => {
    const model = decisions(labels, 0.5, 2);
    const nearlyTheSame = model.map((k, row) => (row % 20 === 0 ? 1 : k));
    const width = ({ lower, upper }: { lower: number; upper: number }): number => upper - lower;
    const paired = bootstrapDifference({ labels, predictions: model, classes: 3 }, nearlyTheSame, settings);
    const alone = bootstrapConfusion({ labels, predictions: model, classes: 3 }, settings);
    assert.ok(width(paired) < width(alone));
  });
});

describe('bootstrapSums', () => {
  it('draws as the others do: the same interval of a mean, and of a score of counts', () => {
    const resampling = { expectedBlockRows: 9, replicates: 300, seed: 8 };
    const values = normals(labels.length, 9);
    const predictions = decisions(labels, 0.4, 10);
    const cells = Array.from({ length: 9 }, (_, cell) =>
      Float64Array.from(labels, (label, row) => (label * 3 + predictions[row]! === cell ? 1 : 0)),
    );
    const [meanOfRows, score] = bootstrapSums([values, ...cells], resampling, [
      (sums) => sums[0]! / labels.length,
      (sums) => macroF1(sums.subarray(1), 3),
    ]);
    const expected = bootstrapInterval(labels.length, resampling, mean(values));
    for (const bound of ['estimate', 'lower', 'upper'] as const) {
      assert.ok(Math.abs(meanOfRows![bound] - expected[bound]) < 1e-12);
    }
    assert.deepEqual(score, bootstrapConfusion({ labels, predictions, classes: 3 }, resampling));
  });
});
