import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { DataError, Random } from '../../domain/core/index.ts';
import { predictLogistic, trainLogistic } from './logistic.ts';

interface Golden {
  readonly columns: number;
  readonly features: readonly number[];
  readonly labels: readonly number[];
  readonly weights: readonly number[];
  readonly cases: readonly {
    readonly inverseRegularisation: number;
    readonly weighted: boolean;
    readonly coefficients: readonly number[];
    readonly probabilities: readonly number[];
  }[];
}

// Made by bench/peers/sklearn_golden.py with scikit-learn 1.9.1.
const GOLDEN_SHA256 = '12e9ae5cdcc54c8a16b0e691dffa3e595065f8c6a14020cf8e8c74cadd008634';
const goldenText = readFileSync(new URL('./golden/logistic.json', import.meta.url), 'utf8');

describe('trainLogistic', () => {
  it('finds the coefficients and probabilities of scikit-learn, with and without weights', () => {
    assert.equal(createHash('sha256').update(goldenText).digest('hex'), GOLDEN_SHA256, 'golden file changed');
    const golden = JSON.parse(goldenText) as Golden;
    const features = Float64Array.from(golden.features);
    for (const { inverseRegularisation, weighted, coefficients, probabilities } of golden.cases) {
      const model = trainLogistic({
        features,
        featureNames: ['a', 'b', 'c', 'd'],
        labels: golden.labels,
        classes: 3,
        inverseRegularisation,
        ...(weighted ? { weights: Float64Array.from(golden.weights) } : {}),
      });
      const slopes = [...model.coefficients].filter((_, i) => i % (golden.columns + 1) < golden.columns);
      slopes.forEach((slope, i) => assert.ok(Math.abs(slope - coefficients[i]!) < 1e-6, `slope ${i}`));
      predictLogistic(model, features).forEach((p, i) =>
        assert.ok(Math.abs(p - probabilities[i]!) < 1e-6, `probability ${i}`),
      );
    }
  });

  it('gives probability 0 to a class that training never shows, and bears a constant feature', () => {
    const random = Random.fromSeed(1);
    const rows = 50;
    const features = Float64Array.from({ length: rows * 2 }, (_, i) => (i % 2 === 0 ? random.normal() : 0.1));
    const labels = Int8Array.from({ length: rows }, (_, row) => (features[row * 2]! > 0 ? 2 : 0));
    const model = trainLogistic({ features, featureNames: ['x', 'constant'], labels, classes: 3 });
    const probabilities = predictLogistic(model, Float64Array.of(3, 0.1, -3, 0.1));
    assert.ok(probabilities[2]! > 0.95 && probabilities[3]! > 0.95);
    assert.equal(probabilities[1], 0);
    assert.equal(probabilities[4], 0);
  });

  it('refuses a feature that is not finite and a label that is no class, naming row and feature', () => {
    const training = { featureNames: ['x', 'y'], labels: [0, 1], classes: 2 };
    assert.throws(
      () => trainLogistic({ ...training, features: Float64Array.of(1, 2, 3, Number.NaN) }),
      (error: unknown) =>
        error instanceof DataError && error.context['row'] === 1 && error.context['feature'] === 'y',
    );
    assert.throws(
      () => trainLogistic({ ...training, labels: [0, -1], features: new Float64Array(4) }),
      DataError,
    );
    assert.throws(() => trainLogistic({ ...training, labels: [], features: new Float64Array(0) }), DataError);
  });
});
