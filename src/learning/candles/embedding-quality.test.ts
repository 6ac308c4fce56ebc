import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DAY_MS, DataError, Random } from '../../domain/core/index.ts';
import {
  type EmbeddingSet,
  collapseReport,
  embeddingDrift,
  linearProbe,
  neighbourConsistency,
  reconstructionLoss,
  timeSplit,
} from './index.ts';

const SIZE = 4;

/** Two symbols, a row a day each. */
function embeddingsOf(
  days: number,
  valueOf: (symbol: number, day: number, k: number) => number,
): EmbeddingSet {
  const rows = 2 * days;
  const embeddings = new Float64Array(rows * SIZE);
  for (let row = 0; row < rows; row++) {
    for (let k = 0; k < SIZE; k++) embeddings[row * SIZE + k] = valueOf(row % 2, row >> 1, k);
  }
  return {
    size: SIZE,
    embeddings,
    symbolOf: Uint8Array.from({ length: rows }, (_, row) => row % 2),
    timeMs: Float64Array.from({ length: rows }, (_, row) => (row >> 1) * DAY_MS),
  };
}

const noise = (seed: number): (() => number) => {
  const random = Random.fromSeed(seed);
  return () => random.normal();
};

describe('collapseReport', () => {
  it('gives the rank of what is used', () => {
    const draw = noise(1);
    const full = collapseReport(embeddingsOf(500, draw));
    assert.ok(!full.collapsed && full.effectiveRank > 3.95, `${full.effectiveRank}`);
    assert.equal(full.deadDimensions, 0);
    assert.ok(full.variances.every((variance) => Math.abs(variance - 1) < 0.15));
    const half = collapseReport(embeddingsOf(500, (_, __, k) => (k < 2 ? draw() : 3)));
    assert.ok(!half.collapsed && Math.abs(half.effectiveRank - 2) < 0.05, `${half.effectiveRank}`);
    assert.equal(half.deadDimensions, 2);
  });

  it('calls a point and a line collapsed, and says why', () => {
    const draw = noise(2);
    const point = collapseReport(embeddingsOf(20, (_, __, k) => k + 1 + 1e-5 * draw()));
    assert.ok(point.collapsed && /all embeddings are alike/.test(point.reason), point.reason);
    const constant = collapseReport(embeddingsOf(20, () => 0));
    assert.ok(constant.collapsed && constant.effectiveRank === 1);
    const line = collapseReport(
      embeddingsOf(20, (symbol, day, k) => (day + symbol) * (k + 1) + 0.01 * draw()),
    );
    assert.ok(line.collapsed && /effective rank/.test(line.reason), line.reason);
    assert.throws(() => collapseReport(embeddingsOf(1, draw)), DataError);
  });
});

describe('embeddingDrift', () => {
  it('is the distance between neighbouring days of one symbol', () => {
    const steady = embeddingDrift(
      embeddingsOf(10, (symbol, day, k) => 100 * symbol + (k === 0 ? 3 * day : 0)),
    );
    assert.deepEqual([steady.pairs, steady.meanDistance], [18, 3]);
    assert.ok(steady.relative < 0.05);
    const draw = noise(3);
    assert.ok(Math.abs(embeddingDrift(embeddingsOf(400, draw)).relative - 0.94) < 0.03);
    const set = embeddingsOf(10, draw);
    assert.equal(embeddingDrift({ ...set, timeMs: set.timeMs.map((time) => 2 * time) }).pairs, 0);
  });
});

describe('neighbourConsistency', () => {
  const labels = Int8Array.from({ length: 120 }, (_, row) => (row >> 1) % 3);
  const options = { neighbours: 3, exclusionMs: DAY_MS };

  it('tells embeddings by label from noise', () => {
    const draw = noise(4);
    const clusters = embeddingsOf(60, (_, day, k) => (day % 3 === k ? 1 : 0) + 0.1 * draw());
    const { consistency, chance } = neighbourConsistency(clusters, labels, options);
    assert.ok(consistency > 0.99 && Math.abs(chance - 1 / 3) < 0.02, `${consistency} ${chance}`);
    const blind = neighbourConsistency(embeddingsOf(60, draw), labels, options);
    assert.ok(Math.abs(blind.consistency - blind.chance) < 0.1, `${blind.consistency}`);
  });

  it('does not count rows whose windows overlap', () => {
    const draw = noise(5);
    // The two symbols of a day have the same embedding, which says nothing about the label besides.
    const table = Float64Array.from({ length: 60 * SIZE }, draw);
    const twins = embeddingsOf(60, (_, day, k) => table[day * SIZE + k]!);
    const report = neighbourConsistency(twins, labels, options);
    assert.ok(report.consistency < 0.45, `${report.consistency}`);
  });
});

describe('probes', () => {
  const draw = noise(6);
  const set = embeddingsOf(200, draw);
  const labels = Int8Array.from({ length: 400 }, (_, row) => (set.embeddings[row * SIZE]! > 0 ? 1 : 0));
  const split = timeSplit({
    timeMs: set.timeMs,
    knownMs: set.timeMs.map((time) => time + 2 * DAY_MS),
    testShare: 0.3,
  });

  it('splits by time, purged, with all symbols of a day on one side', () => {
    assert.equal(split.test.length, 120);
    assert.equal(split.test[0], 280);
    assert.equal(split.train.at(-1), 277);
    const halfKnown = set.timeMs.map((time, row) => (row % 2 === 0 ? time + 1 : Number.NaN));
    const half = timeSplit({ timeMs: set.timeMs, knownMs: halfKnown, testShare: 0.5 });
    assert.deepEqual([half.train.length, half.test.length], [100, 100]);
  });

  it('reads a label that is linear in the embedding, and none that is not there', () => {
    const probe = linearProbe(set, { labels, classes: 2 }, split);
    assert.ok(probe.accuracy > 0.93 && probe.macroF1 > 0.93 && probe.logLoss < 0.3, JSON.stringify(probe));
    const other = linearProbe(embeddingsOf(200, noise(7)), { labels, classes: 2 }, split);
    assert.ok(other.accuracy < 0.65, `${other.accuracy}`);
  });

  it('rebuilds what the embedding holds', () => {
    const mixed = (row: number, j: number): number =>
      set.embeddings[row * SIZE + j]! - 2 * set.embeddings[row * SIZE + 3]! + 5;
    const targets = Float64Array.from({ length: 400 * 2 }, (_, i) => mixed(i >> 1, i & 1));
    const report = reconstructionLoss(set, { targets, width: 2 }, split);
    assert.ok(report.explained > 0.99, `${report.explained}`);
    const other = reconstructionLoss(embeddingsOf(200, noise(8)), { targets, width: 2 }, split);
    assert.ok(Math.abs(other.explained) < 0.1, `${other.explained}`);
  });
});
