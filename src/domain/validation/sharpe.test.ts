import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../core/index.ts';
import {
  deflatedSharpe,
  expectedMaximumSharpe,
  minimumTrackRecord,
  probabilisticSharpe,
  returnMoments,
} from './sharpe.ts';

const near = (actual: number, expected: number, tolerance: number): void =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected} ± ${tolerance}`);

/** Five years of days; the figures of the worked example of Bailey & López de Prado (2014), page 9 f. */
const EXAMPLE = { observations: 1250, sharpe: 2.5 / Math.sqrt(250), skewness: -3, kurtosis: 10 };

describe('deflatedSharpe', () => {
  it('gives the figures of the paper’s example', () => {
    const { benchmark, probability } = deflatedSharpe(EXAMPLE, { count: 100, variance: 0.5 / 250 });
    near(benchmark, 0.1132, 5e-5);
    near(probability, 0.9004, 5e-5);
  });

  it('is the probabilistic Sharpe ratio against zero when there was one trial', () => {
    const single = deflatedSharpe(EXAMPLE, { count: 1, variance: 0.5 / 250 });
    assert.equal(single.benchmark, 0);
    assert.equal(single.probability, probabilisticSharpe(EXAMPLE));
  });
});

describe('expectedMaximumSharpe', () => {
  it('is near the mean of the greatest of many standard normals', () => {
    const random = Random.fromSeed(5);
    const maxima = Array.from({ length: 4_000 }, () =>
      Math.max(...Array.from({ length: 50 }, () => random.normal())),
    );
    const mean = maxima.reduce((sum, x) => sum + x, 0) / maxima.length;
    near(expectedMaximumSharpe(50, 1), mean, 0.03);
  });
});

describe('minimumTrackRecord', () => {
  it('is where the probabilistic Sharpe ratio reaches the confidence', () => {
    const observations = minimumTrackRecord(EXAMPLE, 0.05, 0.99);
    near(probabilisticSharpe({ ...EXAMPLE, observations }, 0.05), 0.99, 1e-12);
    assert.equal(minimumTrackRecord(EXAMPLE, 0.2), Infinity);
  });
});

describe('returnMoments', () => {
  it('gives mean over deviation, skewness and kurtosis by their definitions', () => {
    const { sharpe, skewness, kurtosis, observations } = returnMoments([1, 2, 3, 6]);
    assert.equal(observations, 4);
    near(sharpe, 3 / Math.sqrt(14 / 3), 1e-15);
    near(skewness, 18 / 4 / (14 / 4) ** 1.5, 1e-15);
    near(kurtosis, 98 / 4 / (14 / 4) ** 2, 1e-15);
    assert.ok(
      Number.isNaN(returnMoments([0.1, 0.1, 0.1]).sharpe) || returnMoments([0.1, 0.1, 0.1]).sharpe > 1e6,
    );
  });

  it('has no Sharpe ratio without variation', () => {
    assert.ok(Number.isNaN(returnMoments([0, 0, 0]).sharpe));
  });
});
