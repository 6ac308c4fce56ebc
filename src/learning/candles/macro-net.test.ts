import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConfigError, DataError, Random } from '../../domain/core/index.ts';
import {
  ENCODERS,
  MACRO_DEFAULTS,
  type MacroConfig,
  MacroModel,
  type ObjectiveConfig,
  type ObjectiveEpoch,
  PRETRAINING_DEFAULTS,
  PRETRAINING_TASKS,
  type PretrainingConfig,
  type PretrainingTask,
  type WindowSet,
  requireValidMacro,
  trainMacro,
  untrainedMacro,
} from './index.ts';
import { embed, encodeSteps } from './encoder.ts';
import { ENCODER_SCOPE } from './pretraining.ts';
import { intoColumn, writeScaled } from './windows.ts';
import {
  BATCH,
  Graph,
  Scope,
  Session,
  decodeCheckpoint,
  encodeCheckpoint,
  encodeModel,
  flatWeights,
  floatTensor,
} from '../neural/index.ts';

const LENGTH = 24;
const NAMES = ['wave', 'level'];

const model = (encoder: MacroConfig['encoder']): MacroConfig => ({
  ...MACRO_DEFAULTS[encoder],
  sequenceLength: LENGTH,
  patch: 2,
  channels: 8,
  layers: 2,
  heads: 2,
  attentionWindow: 6,
  embedding: 6,
  dropout: 0,
});

const pretraining = (task: PretrainingTask): PretrainingConfig => ({
  ...PRETRAINING_DEFAULTS[task],
  epochs: 12,
  batchSize: 16,
  learningRate: 1e-2,
  projection: 6,
  temperature: 0.5,
  patience: 20,
  augmentation: { segmentShare: 0.75, jitter: 0.05, scaling: 0.05, timeMask: 0.1 },
  threads: 1,
});

/** Waves of various frequency, phase and level, far from 0 and 1 in their units. Every window stands by itself. */
function waves(count: number, seed: number): WindowSet {
  const random = Random.fromSeed(seed);
  const features = new Float64Array(count * LENGTH * 2);
  for (let window = 0; window < count; window++) {
    const [pace, phase, level] = [0.3 + 0.5 * random.uniform(), 6 * random.uniform(), random.normal()];
    for (let step = 0; step < LENGTH; step++) {
      const row = 2 * (window * LENGTH + step);
      features[row] = 5 + 0.01 * (Math.sin(pace * step + phase) * 1.4 + 0.1 * random.normal());
      features[row + 1] = 100 * (level + 0.1 * random.normal());
    }
  }
  return {
    featureNames: NAMES,
    features,
    ends: Int32Array.from({ length: count }, (_, window) => (window + 1) * LENGTH - 1),
    scales: Array.from({ length: count }, () => ({ centre: [5, 0], scale: [0.01, 100] })),
  };
}

const TRAIN = waves(128, 1);
const VALIDATION = waves(48, 2);

describe('MacroNet', () => {
  for (const encoder of ENCODERS) {
    for (const task of PRETRAINING_TASKS) {
      it(`learns by ${task} with ${encoder}`, async () => {
        const { untrainedLoss, best } = await trainMacro({
          windows: TRAIN,
          validation: VALIDATION,
          model: model(encoder),
          pretraining: pretraining(task),
        });
        assert.ok(best.validationLoss < 0.75 * untrainedLoss, `${untrainedLoss} → ${best.validationLoss}`);
      });
    }
  }

  it('gives the same bytes for the same seed, others for another', async () => {
    const train = async (seed: number) =>
      await trainMacro({
        windows: TRAIN,
        model: { ...model('tcn'), dropout: 0.2 },
        pretraining: { ...pretraining('contrastive'), epochs: 2, seed },
      });
    const [first, again, other] = [await train(1), await train(1), await train(2)];
    assert.deepEqual(first.onnx, again.onnx);
    assert.notDeepEqual(first.weights.parameters, other.weights.parameters);
    assert.ok(Number.isNaN(first.best.validationLoss));
  });

  it('goes on from a checkpoint as if it had never stopped, and from no other', async () => {
    const options = {
      windows: TRAIN,
      validation: VALIDATION,
      model: { ...model('tcn'), dropout: 0.2 },
      pretraining: { ...pretraining('contrastive'), epochs: 3 },
    };
    const kept: Uint8Array[] = [];
    const whole = await trainMacro({
      ...options,
      onCheckpoint: async (checkpoint) => void kept.push(encodeCheckpoint(checkpoint)),
    });
    const resume = decodeCheckpoint<ObjectiveConfig, ObjectiveEpoch>(kept[0]!);
    assert.deepEqual(resume.epochs, whole.epochs.slice(0, 1));
    const resumed = await trainMacro({ ...options, resume });
    assert.deepEqual(resumed.onnx, whole.onnx);
    assert.equal(resumed.untrainedLoss, whole.untrainedLoss);
    const other = { ...options, resume, pretraining: { ...options.pretraining, learningRate: 1e-3 } };
    await assert.rejects(trainMacro(other), /its learningRate is 0\.01, not 0\.001/);
    await assert.rejects(trainMacro({ ...options, resume, windows: VALIDATION }), /its features/);
  });

  for (const encoder of ENCODERS) {
    it(`serves what it trained: ${encoder}`, async () => {
      const config = model(encoder);
      const trained = await trainMacro({
        windows: TRAIN,
        model: config,
        pretraining: { ...pretraining('masked'), epochs: 2 },
      });
      const served = await MacroModel.load(trained.onnx, { featureNames: NAMES });
      const embeddings = await served.embed(VALIDATION);
      const graph = new Graph();
      const { layout, weights } = trained;
      const parameters = graph.input('parameters', 'float32', [layout.parameters.size]);
      const buffers = graph.input('buffers', 'float32', [layout.buffers.size]);
      const scope = new Scope({
        graph,
        // Without batch norm and dropout the training graph is the same function: the GRU is then the engine's loop.
        training: encoder !== 'tcn',
        parameters: flatWeights(parameters, layout.parameters),
        buffers: flatWeights(buffers, layout.buffers),
        updates: new Map(),
        masks: [],
      }).within(ENCODER_SCOPE);
      const input = graph.input('input', 'float32', [LENGTH, BATCH, 2]);
      const embedding = embed(scope, encodeSteps(scope, input, config), config);
      const session = await Session.create(encodeModel({ graph, outputs: { embedding } }));
      const scaled = floatTensor([LENGTH, VALIDATION.ends.length, 2]);
      const sequence = new Float32Array(LENGTH * 2);
      for (const [column, end] of VALIDATION.ends.entries()) {
        const rows = { start: end + 1 - LENGTH, steps: LENGTH };
        writeScaled(VALIDATION.features, rows, VALIDATION.scales[column]!, sequence);
        intoColumn(sequence, scaled, column);
      }
      const expected = await session.run({
        input: scaled,
        parameters: floatTensor([layout.parameters.size], weights.parameters),
        buffers: floatTensor([layout.buffers.size], weights.buffers),
      });
      for (const [i, value] of embeddings.entries()) {
        assert.ok(Math.abs(value - Number(expected['embedding']!.data[i])) < 1e-5);
      }
      const one = {
        ...VALIDATION,
        ends: VALIDATION.ends.slice(17, 18),
        scales: VALIDATION.scales.slice(17, 18),
      };
      assert.deepEqual(await served.embed(one), embeddings.slice(17 * 6, 18 * 6));
      await session.release();
      await served.release();
    });
  }

  it('serves raw features of another unit alike, if the scale says so', async () => {
    const macro = await MacroModel.load(untrainedMacro(NAMES, model('gru'), pretraining('masked')));
    const expected = await macro.embed(VALIDATION);
    const other = await macro.embed({
      ...VALIDATION,
      features: VALIDATION.features.map((value) => 2 * value),
      scales: VALIDATION.scales.map(() => ({ centre: [10, 0], scale: [0.02, 200] })),
    });
    for (const [i, value] of other.entries()) assert.ok(Math.abs(value - expected[i]!) < 1e-4);
    await macro.release();
  });

  it('refuses a bad configuration with all mistakes at once', () => {
    const bad = { ...model('transformer'), sequenceLength: 25, heads: 3, embedding: 0, dropout: 1 };
    const task = { ...pretraining('contrastive'), batchSize: 1, hiddenShare: 1, temperature: 0 };
    assert.throws(
      () => {
        requireValidMacro(bad, { ...task, augmentation: { ...task.augmentation, timeMask: -1 } });
      },
      (error: unknown) =>
        error instanceof ConfigError &&
        error.problems.map(({ path }) => path).join() ===
          'macro.embedding,macro.dropout,macro.patch,macro.heads,pretraining.temperature,' +
            'pretraining.hiddenShare,pretraining.augmentation.timeMask,pretraining.batchSize',
    );
    for (const encoder of ENCODERS) {
      for (const task of PRETRAINING_TASKS) {
        requireValidMacro(MACRO_DEFAULTS[encoder], PRETRAINING_DEFAULTS[task]);
      }
    }
  });

  it('refuses windows that it cannot use, saying where', async () => {
    const macro = await MacroModel.load(untrainedMacro(NAMES, model('tcn'), pretraining('masked')));
    const broken = VALIDATION.features.slice();
    broken[2 * (3 * LENGTH + 5) + 1] = Number.NaN;
    const refused = async (set: WindowSet, pattern: RegExp) =>
      await assert.rejects(
        macro.embed(set),
        (error: unknown) => error instanceof DataError && pattern.test(error.message),
      );
    await refused({ ...VALIDATION, features: broken }, /window 3: level of row 77 is NaN/);
    await refused({ ...VALIDATION, ends: VALIDATION.ends.map((end) => end - 1) }, /cannot end with row 22/);
    await refused({ ...VALIDATION, scales: [] }, /48 windows have 0 scales/);
    await assert.rejects(MacroModel.load(new Uint8Array(8)), DataError);
    await assert.rejects(
      MacroModel.load(untrainedMacro(NAMES, model('tcn'), pretraining('masked')), {
        featureNames: ['level', 'wave'],
      }),
      /trained on the features wave, level/,
    );
    await macro.release();
  });
});
