import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from './random.ts';

const draws = (random: Random, count: number): number[] =>
  Array.from({ length: count }, () => random.uniform());

describe('Random', () => {
  it('repeats from the same seed and differs from another', () => {
    assert.deepEqual(draws(Random.fromSeed(7), 50), draws(Random.fromSeed(7), 50));
    assert.notDeepEqual(draws(Random.fromSeed(7), 50), draws(Random.fromSeed(8), 50));
  });

  it('gives unrelated streams for two labels of one seed', () => {
    assert.notDeepEqual(draws(Random.fromLabel(7, 'weights'), 5), draws(Random.fromLabel(7, 'dropout'), 5));
  });

  it('starts far apart for neighbouring seeds', () => {
    for (let draw = 0; draw < 4; draw++) {
      const firsts = Array.from({ length: 2_000 }, (_, seed) => draws(Random.fromSeed(seed), 4)[draw]!);
      const mean = firsts.reduce((a, b) => a + b, 0) / firsts.length;
      const lagged =
        firsts.slice(1).reduce((sum, x, i) => sum + (x - 0.5) * (firsts[i]! - 0.5), 0) / firsts.length;
      assert.ok(Math.abs(mean - 0.5) < 5 * Math.sqrt(1 / 12 / 2_000), `mean of draw ${draw}: ${mean}`);
      assert.ok(Math.abs(lagged * 12) < 5 / Math.sqrt(2_000), `correlation of draw ${draw}: ${lagged * 12}`);
    }
  });

  it('continues exactly from a saved state, a spare normal included', () => {
    const random = Random.fromSeed(3);
    random.normal();
    const copy = Random.fromState(random.state());
    for (let i = 0; i < 20; i++) assert.equal(copy.normal(), random.normal());
  });

  it('draws normals of mean 0 and variance 1', () => {
    const random = Random.fromSeed(11);
    const count = 200_000;
    let sum = 0;
    let squares = 0;
    for (let i = 0; i < count; i++) {
      const x = random.normal();
      sum += x;
      squares += x * x;
    }
    assert.ok(Math.abs(sum / count) < 5 / Math.sqrt(count));
    assert.ok(Math.abs(squares / count - 1) < 0.02);
  });

  it('keeps the stated share of a dropout mask, scaled to the same expectation', () => {
    const mask = new Float32Array(100_000);
    Random.fromSeed(5).fillDropoutMask(mask, 0.8);
    const kept = mask.filter((x) => x !== 0);
    assert.ok(Math.abs(kept.length / mask.length - 0.8) < 0.01);
    assert.ok(kept.every((x) => x === Math.fround(1.25)));
  });
});
