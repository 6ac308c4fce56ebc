import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import {
  type BoostingObjective,
  type BoostingParameters,
  boostingFromXgboostJson,
  boostingToXgboostJson,
  featureContributions,
  featureImportance,
  type GrowPolicy,
  predictBoosting,
  trainBoosting,
} from './index.ts';
import { predictInPlace } from './objective.ts';

interface Example {
  readonly parameters: {
    readonly objective: BoostingObjective;
    readonly eta: number;
    readonly max_depth: number;
    readonly num_class?: number;
    readonly alpha?: number;
    readonly lambda?: number;
    readonly gamma?: number;
    readonly min_child_weight?: number;
    readonly grow_policy?: GrowPolicy;
    readonly max_leaves?: number;
    readonly monotone_constraints?: string;
  };
  readonly rounds: number;
  readonly weighted: boolean;
  readonly labels: readonly number[];
  readonly predictions: readonly number[];
}

interface Golden {
  readonly featureNames: readonly string[];
  readonly trainingRows: number;
  readonly explainedRows: number;
  readonly features: readonly (number | null)[];
  readonly weights: readonly number[];
  readonly cases: readonly (Example & {
    readonly model: object;
    readonly contributions: readonly number[];
    readonly gain: Readonly<Record<string, number>>;
  })[];
  /** Its rows begin at margins of their own. */
  readonly behind: Example & { readonly margins: readonly number[] };
}

// Made by bench/peers/boosting_golden.py with XGBoost 3.2.0.
const GOLDEN_SHA256 = '9ec6321c3516a60b96777ef6a76efd483e29b12fa00fab14fe22af826968ea18';
const goldenText = readFileSync(new URL('./golden/xgboost.json', import.meta.url), 'utf8');
const golden = JSON.parse(goldenText) as Golden;
const features = Float64Array.from(golden.features, (value) => value ?? Number.NaN);

function assertClose(actual: Float64Array, expected: readonly number[], tolerance: number): void {
  assert.equal(actual.length, expected.length);
  const worst = actual.reduce((most, p, i) => Math.max(most, Math.abs(p - expected[i]!)), 0);
  assert.ok(worst <= tolerance, `furthest prediction is ${worst} away`);
}

function parametersOf({ parameters: xgboost, rounds }: Example): Partial<BoostingParameters> {
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
    growPolicy: xgboost.grow_policy ?? 'depthwise',
    maxLeaves: xgboost.max_leaves ?? 0,
    monotone: xgboost.monotone_constraints?.slice(1, -1).split(',').map(Number) ?? [],
  };
}

describe('against XGBoost', () => {
  it('reads the golden file that its sha256 names', () => {
    assert.equal(createHash('sha256').update(goldenText).digest('hex'), GOLDEN_SHA256);
  });

  for (const example of golden.cases) {
    const { objective, ...rest } = example.parameters;
    const name = `${objective} ${JSON.stringify(rest)}`;

    it(`${name}: a model of XGBoost predicts here what it predicts there`, () => {
      const model = boostingFromXgboostJson(JSON.stringify(example.model));
      assert.deepEqual(model.featureNames, golden.featureNames);
      assertClose(predictBoosting(model, features), example.predictions, 1e-6);
      const again = boostingFromXgboostJson(boostingToXgboostJson(model));
      assert.deepEqual(again.trees, model.trees);
      assertClose(predictBoosting(again, features), example.predictions, 1e-6);
    });

    it(`${name}: contributions are XGBoost’s and add up to the margin`, () => {
      const model = boostingFromXgboostJson(JSON.stringify(example.model));
      const { explainedRows, featureNames } = golden;
      const explained = features.subarray(0, explainedRows * featureNames.length);
      const contributions = featureContributions(model, explained);
      assertClose(contributions, example.contributions, 1e-5);
      const width = featureNames.length + 1;
      const margins = Float64Array.from({ length: contributions.length / width }, (_, i) =>
        contributions.subarray(i * width, (i + 1) * width).reduce((sum, x) => sum + x),
      );
      predictInPlace(objective, margins, model.outputs);
      assertClose(margins, example.predictions.slice(0, margins.length), 1e-6);
    });

    it(`${name}: training on few distinct values grows the trees that XGBoost grows`, async () => {
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

  it('rows that begin at margins of their own: grows and predicts what XGBoost does with a base_margin', async () => {
    const { trainingRows, featureNames, behind } = golden;
    const model = await trainBoosting({
      features: features.subarray(0, trainingRows * featureNames.length),
      labels: behind.labels.slice(0, trainingRows),
      margins: behind.margins.slice(0, trainingRows * 3),
      featureNames,
      parameters: parametersOf(behind),
      seed: 1,
    });
    assertClose(predictBoosting(model, features, behind.margins), behind.predictions, 1e-4);
    const again = boostingFromXgboostJson(boostingToXgboostJson(model));
    assertClose(predictBoosting(again, features, behind.margins), behind.predictions, 1e-4);
    assert.throws(() => predictBoosting(again, features), { name: 'InvariantError' });
  });
});
