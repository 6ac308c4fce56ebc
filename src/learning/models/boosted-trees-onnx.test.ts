import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../../domain/core/index.ts';
import { type BoostedTrees, predictBoosting, trainBoosting } from '../boosting/index.ts';
import { floatTensor, readMetadata, Session } from '../neural/index.ts';
import { BOOSTED_TREES_KEY, boostedTreesToOnnx } from './boosted-trees-onnx.ts';

const NAMES = ['signal', 'noise', 'holes'];
const ROWS = 300;

/** The third feature is missing in every fifth row, which matters. */
function rowsOf(seed: number): { features: Float64Array; labels: Float64Array } {
  const random = Random.fromSeed(seed);
  const features = new Float64Array(ROWS * 3);
  const labels = new Float64Array(ROWS);
  for (let row = 0; row < ROWS; row++) {
    const hole = random.uniform() < 0.2;
    const signal = random.normal();
    features.set([signal, random.normal(), hole ? Number.NaN : random.normal()], row * 3);
    labels[row] = hole || signal > 0.3 ? 1 : 0;
  }
  return { features, labels };
}

const training = rowsOf(1);
const { features } = rowsOf(2);

async function predictByOnnx(model: BoostedTrees): Promise<ArrayLike<number>> {
  const session = await Session.create(boostedTreesToOnnx(model));
  try {
    const { predictions } = await session.run({
      features: floatTensor([ROWS, 3], Float32Array.from(features)),
    });
    assert.deepEqual(predictions!.shape, [ROWS, model.outputs]);
    assert.ok(predictions!.type === 'float32');
    return predictions!.data;
  } finally {
    await session.release();
  }
}

function furthest(model: BoostedTrees, predicted: ArrayLike<number>): number {
  const expected = predictBoosting(model, features);
  return expected.reduce((worst, value, i) => Math.max(worst, Math.abs(value - predicted[i]!)), 0);
}

describe('boostedTreesToOnnx', () => {
  for (const objective of ['multi:softprob', 'binary:logistic', 'reg:squarederror'] as const) {
    it(`predicts in ONNX Runtime what we predict: ${objective}, missing values included`, async () => {
      const parameters = { objective, rounds: 30, maxDepth: 4, eta: 0.3 };
      const model = await trainBoosting({ ...training, featureNames: NAMES, parameters, seed: 1 });
      const distance = furthest(model, await predictByOnnx(model));
      assert.ok(distance <= 1e-6, `furthest prediction is ${distance} away`);
    });
  }

  it('bears trees that are a single leaf', async () => {
    const parameters = { objective: 'reg:squarederror', rounds: 2, gamma: 1e9 } as const;
    const model = await trainBoosting({ ...training, featureNames: NAMES, parameters, seed: 1 });
    assert.ok(model.trees.every((tree) => tree.left.length === 1));
    assert.ok(furthest(model, await predictByOnnx(model)) <= 1e-6);
  });

  it('says what goes in', async () => {
    const parameters = { objective: 'binary:logistic', rounds: 1 } as const;
    const model = await trainBoosting({ ...training, featureNames: NAMES, parameters, seed: 1 });
    assert.deepEqual(JSON.parse(readMetadata(boostedTreesToOnnx(model))[BOOSTED_TREES_KEY]!), {
      objective: 'binary:logistic',
      featureNames: NAMES,
    });
  });
});
