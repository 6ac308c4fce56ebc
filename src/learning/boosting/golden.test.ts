import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import {
  type BoostingObjective,
  type BoostingParameters,
  boostingFromXgboostJson,
  boostingToXgboostJson,
  featureImportance,
  predictBoosting,
  trainBoosting,
} from './index.ts';

interface Golden {
  readonly featureNames: readonly string[];
  readonly trainingRows: number;
  readonly features: readonly (number | null)[];
  readonly weights: readonly number[];
  readonly cases: readonly {
    readonly parameters: {
      readonly objective: BoostingObjective;
      readonly eta: number;
      readonly max_depth: number;
      readonly num_class?: number;
      readonly alpha?: number;
      readonly lambda?: number;
      readonly gamma?: number;
      readonly min_child_weight?: number;
    };
    readonly rounds: number;
    readonly weighted: boolean;
    readonly labels: readonly number[];
    readonly model: object;
    readonly predictions: readonly number[];
    readonly gain: Readonly<Record<string, number>>;
  }[];
}

// Made by bench/peers/boosting_golden.py with XGBoost 3.2.0.
const GOLDEN_SHA256 = 'd26d7465c2a0edda23f788a2a43d71bc82af6382612f1a179f321f6c71d265aa';
const goldenText = readFileSync(new URL('./golden/xgboost.json', import.meta.url), 'utf8');
const golden = JSON.parse(goldenText) as Golden;
const features = Float64Array.from(golden.features, (value) => value ?? Number.NaN);

function assertClose(actual: Float64Array, expected: readonly number[], tolerance: number): void {
  assert.equal(actual.length, expected.length);
  const worst = actual.reduce((most, p, i) => Math.max(most, Math.abs(p - expected[i]!)), 0);
  assert.ok(worst <= tolerance, `furthest prediction is ${worst} away`);
}

function parametersOf({ parameters: xgboost, rounds }: Golden['cases'][number]): Partial<BoostingParameters> {
  return {
    objective: xgboost.objective,
    classes: xgboost.num_class ?? 1,
    rounds,
    maxDepth: xgboost.max_depth,
    eta: xgboost.eta,
    subsample: 1,
    columnSampleByTree: 1,
    alpha: xgboost.alpha ?? 0,
    lambda: xgboost.lambda ?? 1,
    gamma: xgboost.gamma ?? 0,
    minChildWeight: xgboost.min_child_weight ?? 1,
  };
}

describe('against XGBoost', () => {
  it('reads the golden file that its sha256 names', () => {
    assert.equal(createHash('sha256').update(goldenText).digest('hex'), GOLDEN_SHA256);
  });

  for (const example of golden.cases) {
    const { objective } = example.parameters;

    it(`${objective}: a model of XGBoost predicts here what it predicts there`, () => {
      const model = boostingFromXgboostJson(JSON.stringify(example.model));
      assert.deepEqual(model.featureNames, golden.featureNames);
      assertClose(predictBoosting(model, features), example.predictions, 1e-6);
      const again = boostingFromXgboostJson(boostingToXgboostJson(model));
      assert.deepEqual(again.trees, model.trees);
      assertClose(predictBoosting(again, features), example.predictions, 1e-6);
    });

    it(`${objective}: training on few distinct values grows the trees that XGBoost grows`, async () => {
      const { trainingRows, featureNames } = golden;
      const model = await trainBoosting({
        features: features.subarray(0, trainingRows * featureNames.length),
        labels: example.labels.slice(0, trainingRows),
        ...(example.weighted ? { weights: golden.weights.slice(0, trainingRows) } : {}),
        featureNames,
        parameters: parametersOf(example),
        seed: 1,
      });
      assertClose(predictBoosting(model, features), example.predictions, 1e-4);
      for (const { feature, gain } of featureImportance(model)) {
        const expected = example.gain[feature] ?? 0;
        assert.ok(
          Math.abs(gain - expected) <= 1e-3 * Math.max(1, expected),
          `${feature}: ${gain}, ${expected}`,
        );
      }
    });
  }
});
