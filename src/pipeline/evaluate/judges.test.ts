import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CLASS_WEIGHTS, Random } from '../../domain/core/index.ts';
import { seedGains, type SeedVerdict } from './judges.ts';
import type { Judge } from './score.ts';

const labels = Int8Array.from({ length: 300 }, (_, row) => row % 3);

/** Right on a share of the rows. */
function judge(seed: number, rightShare: number): Judge {
  const random = Random.fromSeed(seed);
  const probabilities = new Float64Array(labels.length * 3).fill(0.1);
  labels.forEach((label, row) => {
    probabilities[row * 3 + (random.uniform() < rightShare ? label : (label + 1) % 3)] = 0.8;
  });
  return { id: 'base', name: `part ${rightShare}`, probabilities, decision: CLASS_WEIGHTS };
}

const seeds = (count: number, partShare: number): readonly SeedVerdict[] =>
  Array.from({ length: count }, (_, seed) => ({
    seed,
    judge: judge(seed, 0.8),
    parts: [judge(seed + 100, partShare)],
  }));

describe('seedGains', () => {
  it('are nothing beside a part that is alike, and much beside a worse one, with their intervals', () => {
    const alike = seedGains(seeds(10, 0.8), labels);
    assert.deepEqual(
      alike.map(({ figure }) => figure),
      ['macro-F1', 'log loss', 'ECE'],
    );
    for (const { interval } of alike) assert.ok(interval[0] < 0 && interval[1] > 0);
    const [f1, loss] = seedGains(seeds(10, 0.5), labels);
    assert.equal(f1!.against, 'part 0.5');
    assert.equal(f1!.better, 10);
    assert.ok(f1!.interval[0] > 0.2 && f1!.interval[1] < 0.4);
    assert.ok(loss!.better === 10 && loss!.interval[1] < 0);
  });

  it('are none with one seed, and of a model without parts', () => {
    assert.deepEqual(seedGains(seeds(1, 0.5), labels), []);
    assert.deepEqual(
      seedGains(
        seeds(3, 0.5).map(({ seed, judge: own }) => ({ seed, judge: own })),
        labels,
      ),
      [],
    );
  });
});
