import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { Random } from '../../domain/core/index.ts';
import {
  Graph,
  describeNetwork,
  encodeModel,
  encodeServingModel,
  initialWeights,
  mul,
} from '../neural/index.ts';
import { BaseModel, TRAINING_DEFAULTS, baseModelMetadata, tcnLstmNetwork } from './index.ts';

const NAMES = ['a', 'b', 'c'];
const ROWS = 260;
const MODEL = { sequenceLength: 40, channels: 12, hidden: 20, layers: 2, dropout: 0.3 };

function untrainedModel(): Uint8Array {
  const network = tcnLstmNetwork(MODEL, NAMES.length, 3);
  const layout = describeNetwork(network);
  const scaling = { mean: Float64Array.of(100, 0, -5), deviation: Float64Array.of(2, 0.1, 1) };
  const weights = initialWeights(layout, scaling, Random.fromSeed(3));
  const metadata = baseModelMetadata({
    featureNames: NAMES,
    sequenceLength: MODEL.sequenceLength,
    model: MODEL,
    training: TRAINING_DEFAULTS.dense,
    best: 1,
  });
  return encodeServingModel(network, layout, weights, metadata);
}

function rawFeatures(): Float64Array {
  const random = Random.fromSeed(5);
  return Float64Array.from(
    { length: ROWS * 3 },
    (_, i) => [100, 0, -5][i % 3]! + [2, 0.1, 1][i % 3]! * random.normal(),
  );
}

const ONNX = untrainedModel();
const FEATURES = rawFeatures();
const ALL = Int32Array.from({ length: ROWS - 39 }, (_, i) => 39 + i);

describe('BaseModel', () => {
  let model: BaseModel;
  let history: Float64Array;
  before(async () => {
    model = await BaseModel.load(ONNX, { featureNames: NAMES });
    history = await model.scoreRows(FEATURES, ALL);
  });

  it('gives probabilities that differ from row to row', () => {
    for (let i = 0; i < history.length; i += 3) {
      assert.ok(Math.abs(history[i]! + history[i + 1]! + history[i + 2]! - 1) < 1e-6);
    }
    assert.ok(new Set(history).size > ROWS / 2);
  });

  it('scores live what it scores in history, to the bit', async () => {
    for (const row of [39, 40, 41, 102, 103, 200, 258, 259]) {
      const live = await model.scoreWindow(FEATURES.slice((row - 39) * 3, (row + 1) * 3));
      assert.deepEqual(live, history.slice((row - 39) * 3, (row - 38) * 3));
    }
  });

  it('scores a row alike whatever rows are asked for with it, and with any number of threads', async () => {
    for (const threads of [1, 2]) {
      const other = await BaseModel.load(ONNX, { threads });
      for (const size of [2, 3, 5, 8, 13, 31, 64, 65, 130]) {
        const rows = ALL.slice(ALL.length - size).toReversed();
        const scored = await other.scoreRows(FEATURES, rows);
        for (const [i, row] of rows.entries()) {
          assert.deepEqual(scored.slice(3 * i, 3 * i + 3), history.slice((row - 39) * 3, (row - 38) * 3));
        }
      }
      await other.release();
    }
  });

  it('does not look at bars after the row', async () => {
    const cut = FEATURES.slice(0, 101 * 3);
    const rows = ALL.slice(0, 62);
    assert.deepEqual(await model.scoreRows(cut, rows), history.slice(0, 62 * 3));
  });

  it('looks at no bar before its window', async () => {
    const changed = FEATURES.slice();
    changed.fill(0, 0, 60 * 3);
    assert.deepEqual(await model.scoreRows(changed, Int32Array.of(99)), history.slice(60 * 3, 61 * 3));
  });

  it('refuses other features or another order, and what is no base model', async () => {
    await assert.rejects(
      BaseModel.load(ONNX, { featureNames: ['b', 'a', 'c'] }),
      /a, b, c; the data hold b, a, c/,
    );
    await assert.rejects(BaseModel.load(Uint8Array.of(7, 7, 7)), /no ONNX model/);
    const graph = new Graph();
    const foreign = encodeModel({ graph, outputs: { y: mul(graph.input('x', 'float32', [1]), 2) } });
    await assert.rejects(BaseModel.load(foreign), /no tcn-lstm model/);
  });

  it('refuses a row without a full window, and a value that is not finite', async () => {
    await assert.rejects(model.scoreRows(FEATURES, Int32Array.of(38)), /row 38/);
    const broken = FEATURES.slice();
    broken[50 * 3 + 1] = Number.NaN;
    await assert.rejects(model.scoreRows(broken, Int32Array.of(60)), /not a finite/);
  });
});
