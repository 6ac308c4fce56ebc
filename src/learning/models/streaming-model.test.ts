import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DataError, Random } from '../../domain/core/index.ts';
import { describeNetwork, encodeServingModel, initialWeights } from '../neural/index.ts';
import {
  BaseModel,
  StreamingModel,
  TRAINING_DEFAULTS,
  type TcnLstmConfig,
  baseModelMetadata,
  tcnLstmNetwork,
} from './index.ts';

const NAMES = ['a', 'b', 'c'];
const ROWS = 150;
const TWO_LAYERS = { sequenceLength: 40, channels: 12, hidden: 20, layers: 2, dropout: 0.3 };
/** As many channels as features: no block has a convolution beside it. */
const ONE_LAYER = { sequenceLength: 25, channels: 3, hidden: 8, layers: 1, dropout: 0.1 };

/** Untrained weights, with running statistics that are not those of a fresh network. */
function exported(model: TcnLstmConfig): Uint8Array {
  const network = tcnLstmNetwork(model, NAMES.length, 3);
  const layout = describeNetwork(network);
  const scaling = { mean: Float64Array.of(100, 0, -5), deviation: Float64Array.of(2, 0.1, 1) };
  const weights = initialWeights(layout, scaling, Random.fromSeed(3));
  const random = Random.fromSeed(4);
  for (const { name, offset, size } of layout.buffers.slots) {
    if (!name.includes('running')) continue;
    for (let i = offset; i < offset + size; i++) weights.buffers[i] = 0.5 + random.uniform();
  }
  const { sequenceLength } = model;
  const description = {
    featureNames: NAMES,
    sequenceLength,
    model,
    training: TRAINING_DEFAULTS.dense,
    best: 1,
  };
  return encodeServingModel(network, layout, weights, baseModelMetadata(description));
}

const random = Random.fromSeed(5);
const BARS = Array.from({ length: ROWS }, () =>
  Float64Array.of(100 + 2 * random.normal(), 0.1 * random.normal(), -5 + random.normal()),
);
const FEATURES = Float64Array.from(BARS.flatMap((bar) => [...bar]));

async function streamed(model: StreamingModel, bars = BARS): Promise<(Float64Array | undefined)[]> {
  const answers = [];
  for (const bar of bars) answers.push(await model.push(bar));
  return answers;
}

/** By a window over all bars from the first to `row`. */
async function windowed(model: TcnLstmConfig, row: number): Promise<Float64Array> {
  const whole = await BaseModel.load(exported({ ...model, sequenceLength: row + 1 }));
  const answer = await whole.scoreRows(FEATURES, Int32Array.of(row));
  await whole.release();
  return answer;
}

function distance(a: Float64Array | undefined, b: Float64Array): number {
  assert.ok(a !== undefined);
  return Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));
}

describe('StreamingModel', () => {
  for (const config of [TWO_LAYERS, ONE_LAYER]) {
    const { sequenceLength, layers } = config;

    it(`answers as a window over all bars since the start would, ${layers} layers`, async () => {
      const model = await StreamingModel.from(exported(config), { featureNames: NAMES });
      const answers = await streamed(model);
      await model.release();
      assert.ok(answers.slice(0, sequenceLength - 1).every((answer) => answer === undefined));
      for (const row of [sequenceLength - 1, sequenceLength, sequenceLength + 17, ROWS - 1]) {
        assert.ok(distance(answers[row], await windowed(config, row)) < 1e-6, `bar ${row}`);
      }
    });
  }

  it('gives a first answer like the window form, and later others', async () => {
    const onnx = exported(ONE_LAYER);
    const window = await BaseModel.load(onnx);
    const model = await StreamingModel.from(onnx);
    const answers = await streamed(model);
    const rows = Int32Array.from({ length: ROWS - 24 }, (_, i) => 24 + i);
    const scored = await window.scoreRows(FEATURES, rows);
    const distances = Array.from(rows, (row, i) => distance(answers[row], scored.slice(3 * i, 3 * i + 3)));
    assert.ok(distances[0]! < 1e-6);
    assert.ok(Math.max(...distances) > 1e-6);
    await Promise.all([window.release(), model.release()]);
  });

  it('takes the bytes of a file as Node reads them: a view into a larger buffer', async () => {
    const onnx = exported(ONE_LAYER);
    const padded = Buffer.alloc(onnx.length + 7);
    padded.set(onnx, 3);
    const [plain, view] = [
      await StreamingModel.from(onnx),
      await StreamingModel.from(padded.subarray(3, 3 + onnx.length)),
    ];
    assert.deepEqual(await streamed(view), await streamed(plain));
    await Promise.all([plain.release(), view.release()]);
  });

  it('forgets everything at a reset, and repeats itself to the bit', async () => {
    const model = await StreamingModel.from(exported(ONE_LAYER));
    const first = await streamed(model);
    assert.equal(model.bars, ROWS);
    model.reset();
    assert.equal(model.bars, 0);
    assert.deepEqual(await streamed(model), first);
    await model.release();
  });

  it('refuses a bar that it cannot use, and goes on as if there had been none', async () => {
    const model = await StreamingModel.from(exported(ONE_LAYER));
    const expected = (await streamed(model)).at(-1);
    model.reset();
    await streamed(model, BARS.slice(0, 60));
    await assert.rejects(model.push(Float64Array.of(1, Number.NaN, 2)), DataError);
    await assert.rejects(model.push(Float64Array.of(1, 2)), /2 features, not 3/);
    assert.deepEqual((await streamed(model, BARS.slice(60))).at(-1), expected);
    await model.release();
  });

  it('refuses a bar that comes before the last one is answered', async () => {
    const model = await StreamingModel.from(exported(ONE_LAYER));
    const first = model.push(BARS[0]!);
    await assert.rejects(model.push(BARS[1]!), /before the answer/);
    await first;
    assert.equal(model.bars, 1);
    await model.release();
  });

  it('refuses other features, and a model whose weights are not those of its description', async () => {
    const onnx = exported(ONE_LAYER);
    await assert.rejects(StreamingModel.from(onnx, { featureNames: ['x', 'b', 'c'] }), /x, b, c/);
    const network = tcnLstmNetwork(TWO_LAYERS, 3, 3);
    const layout = describeNetwork(network);
    const scaling = { mean: new Float64Array(3), deviation: new Float64Array(3).fill(1) };
    const weights = initialWeights(layout, scaling, Random.fromSeed(1));
    const claim = { featureNames: NAMES, sequenceLength: 25, model: ONE_LAYER, best: 1 };
    const metadata = baseModelMetadata({ ...claim, training: TRAINING_DEFAULTS.dense });
    const other = encodeServingModel(network, layout, weights, metadata);
    await assert.rejects(StreamingModel.from(other), /weight tcn\.0\.conv\.weight is \d+ bytes long/);
  });
});
