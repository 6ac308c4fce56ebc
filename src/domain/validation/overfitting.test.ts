import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConfigError, DataError, Random } from '../core/index.ts';
import { probabilityOfOverfitting } from './overfitting.ts';

const noise = (seed: number, trials: number, observations: number): Float64Array[] => {
  const random = Random.fromSeed(seed);
  return Array.from({ length: trials }, () =>
    Float64Array.from({ length: observations }, () => random.normal()),
  );
};

describe('probabilityOfOverfitting', () => {
  it('is near one half on pure noise', () => {
    const found = Array.from({ length: 12 }, (_, seed) =>
      probabilityOfOverfitting({ trials: noise(seed, 20, 320), pieces: 10 }),
    );
    const mean = found.reduce((sum, { probability }) => sum + probability, 0) / found.length;
    assert.ok(Math.abs(mean - 0.5) < 0.12, `mean PBO ${mean}`);
  });

  it('is near zero when one of the trials is truly good', () => {
    const trials = noise(3, 20, 320);
    trials[7] = trials[7]!.map((x) => x + 0.6);
    const { probability, logits, lossProbability } = probabilityOfOverfitting({ trials, pieces: 10 });
    assert.ok(probability < 0.01, `PBO ${probability}`);
    assert.equal(lossProbability, 0);
    assert.equal(logits.length, 252);
  });

  it('agrees with a slow computation straight from the returns', () => {
    const trials = noise(11, 5, 40);
    const pieces = 4;
    const sharpe = (returns: number[]): number => {
      const mean = returns.reduce((s, x) => s + x, 0) / returns.length;
      const variance = returns.reduce((s, x) => s + (x - mean) ** 2, 0) / (returns.length - 1);
      return mean / Math.sqrt(variance);
    };
    const rows = (chosen: number[], trial: Float64Array): number[] =>
      chosen.flatMap((p) => [...trial.subarray(p * 10, p * 10 + 10)]);
    const expected: number[] = [];
    for (const past of [
      [0, 1],
      [0, 2],
      [0, 3],
      [1, 2],
      [1, 3],
      [2, 3],
    ]) {
      const future = [0, 1, 2, 3].filter((p) => !past.includes(p));
      const inside = trials.map((trial) => sharpe(rows(past, trial)));
      const outside = trials.map((trial) => sharpe(rows(future, trial)));
      const chosen = inside.indexOf(Math.max(...inside));
      const share = (outside.filter((x) => x < outside[chosen]!).length + 1) / 6;
      expected.push(Math.log(share / (1 - share)));
    }
    assert.deepEqual([...probabilityOfOverfitting({ trials, pieces }).logits], expected);
  });

  it('refuses an odd cut, a single trial, trials of unlike length', () => {
    assert.throws(() => probabilityOfOverfitting({ trials: noise(1, 3, 40), pieces: 5 }), ConfigError);
    assert.throws(() => probabilityOfOverfitting({ trials: noise(1, 1, 400) }), DataError);
    const uneven = [new Float64Array(64), new Float64Array(63)];
    assert.throws(() => probabilityOfOverfitting({ trials: uneven }), DataError);
  });
});
