import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { directionOfReturn, Random } from '../../domain/core/index.ts';
import { directionAuc, symmetricMoves } from './direction.ts';
import { precisionRecallCurves } from './precision-recall.ts';

describe('precisionRecallCurves', () => {
  it('is the textbook example of average precision', () => {
    // scikit-learn: average_precision_score([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]) = 0.8333
    const scores = [0.1, 0.4, 0.35, 0.8];
    const probabilities = Float64Array.from(scores.flatMap((p) => [1 - p, 0, p]));
    const [, , buy] = precisionRecallCurves([0, 0, 2, 2], probabilities);
    assert.ok(Math.abs(buy!.averagePrecision - 0.8333333) < 1e-6);
    assert.equal(buy!.prevalence, 0.5);
    assert.deepEqual(buy!.points[0], { recall: 0.5, precision: 1 });
    assert.deepEqual(buy!.points.at(-1), { recall: 1, precision: 0.5 });
  });

  it('gives the share of the class to one who knows nothing, and no figure to a class that never came', () => {
    const probabilities = Float64Array.from({ length: 300 }, (_, i) => [0.2, 0.5, 0.3][i % 3]!);
    const labels = Int8Array.from({ length: 100 }, (_, i) => (i % 4 === 0 ? 0 : 1));
    const [sell, , buy] = precisionRecallCurves(labels, probabilities);
    assert.equal(sell!.averagePrecision, 0.25);
    assert.ok(Number.isNaN(buy!.averagePrecision));
    assert.deepEqual(buy!.points, []);
  });

  it('keeps few points of many, the first and the last among them', () => {
    const random = Random.fromSeed(1);
    const labels = Int8Array.from({ length: 2000 }, () => random.integer(3));
    const curves = precisionRecallCurves(
      labels,
      Float64Array.from({ length: 6000 }, () => random.uniform()),
    );
    for (const { points } of curves) {
      assert.equal(points.length, 60);
      assert.equal(points.at(-1)!.recall, 1);
    }
  });
});

describe('directionAuc', () => {
  const all = Int32Array.of(0, 1, 2, 3, 4);
  const labels = [0, 0, 2, 2, 1];
  const auc = (buys: readonly number[]): number =>
    directionAuc(labels, Float64Array.from(buys.flatMap((p) => [0.5 * (1 - p), 0.5, 0.5 * p])))(all);

  it('counts the pairs in which the rise stood above the fall, ties half, and leaves NEUTRAL out', () => {
    assert.equal(auc([0.1, 0.2, 0.7, 0.9, 0.5]), 1);
    assert.equal(auc([0.9, 0.8, 0.1, 0.2, 0.5]), 0);
    assert.equal(auc([0.1, 0.4, 0.35, 0.8, 0]), 0.75);
    assert.equal(auc([0.5, 0.5, 0.5, 0.5, 0.5]), 0.5);
  });

  it('counts a row as often as it was drawn', () => {
    const statistic = directionAuc(
      labels,
      Float64Array.from([0.1, 0.4, 0.35, 0.8, 0].flatMap((p) => [1 - p, 0, p])),
    );
    assert.ok(Math.abs(statistic(Int32Array.of(1, 2, 2, 3, 4)) - 1 / 3) < 1e-12);
    assert.ok(Number.isNaN(statistic(Int32Array.of(0, 0, 1, 1, 4))));
  });

  it('gives nothing to one who knows how much the price will move, and not where to', () => {
    const thresholds = { thresholdShort: -0.004, thresholdLong: 0.008 };
    const random = Random.fromSeed(2);
    const rows = 20_000;
    const volatility = Float64Array.from({ length: rows }, () => 0.004 * Math.exp(0.6 * random.normal()));
    const futureReturn = volatility.map((deviation) => deviation * random.normal());
    const labels = Int8Array.from(futureReturn, (move) => directionOfReturn(move, thresholds));
    // The wilder the market, the larger the share of moves that reach the far threshold.
    const wild = Float64Array.from([...volatility].flatMap((v) => [1 / (1 + v), 0, v / (1 + v)]));
    const all = Int32Array.from(labels.keys());
    const moves = symmetricMoves(futureReturn, labels, thresholds);
    assert.ok(directionAuc(labels, wild)(all) > 0.55, 'the labels themselves would be fooled');
    assert.ok(Math.abs(directionAuc(moves, wild)(all) - 0.5) < 0.02);
    assert.equal(symmetricMoves(futureReturn, labels, {}), labels);
    const [short, long] = [
      { thresholdShort: -0.004, thresholdLong: 0.008 },
      { thresholdShort: -0.008, thresholdLong: 0.004 },
    ];
    const both = Float64Array.of(-0.005, 0.005, -0.003, 0.003);
    for (const either of [short, long]) {
      assert.deepEqual([...symmetricMoves(both, labels, either)], [0, 2, 1, 1]);
    }
  });
});
