import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConfigError, DataError, Random } from '../../domain/core/index.ts';
import {
  type DayContext,
  MICRO_BRANCHES,
  MICRO_DEFAULTS,
  MICRO_OUTPUTS,
  MICRO_TRAINING_DEFAULTS,
  type MicroConfig,
  type MicroDataset,
  MicroModel,
  type MicroTrainingConfig,
  requireValidMicro,
  trainMicro,
} from './index.ts';
import { dilationsFor } from './micro-net.ts';
import { learnableCandles, microBatch, planMicroBlocks } from './micro-data.ts';

const DAY = 48;
const DAYS = 40;
const ROWS = DAY * DAYS;

const MODEL: MicroConfig = {
  ...MICRO_DEFAULTS,
  sequenceLength: 24,
  channels: 12,
  embedding: 3,
  hidden: 16,
  dropout: 0,
};

const TRAINING: MicroTrainingConfig = {
  ...MICRO_TRAINING_DEFAULTS,
  labelledSteps: 24,
  batchSize: 8,
  epochs: 25,
  patience: 25,
  learningRate: 1e-2,
  confidencePenalty: 0,
  threads: 1,
};

/**
 * A candle's second feature is a sign; the day's embedding says whether tomorrow follows it or goes against it. Without
 * the embedding the sign says nothing. `output` 1: scores ±0.9; 0: classes SELL and BUY, NEUTRAL where the sign is 0.
 */
function market(output: MicroConfig['output']): MicroDataset {
  const random = Random.fromSeed(11);
  const features = new Float64Array(ROWS * 2);
  const labels = new Float64Array(ROWS).fill(Number.NaN);
  const contexts: DayContext[] = Array.from({ length: DAYS }, (_, day) => ({
    centre: [50, 0],
    scale: [2, 1e-3],
    embedding: [7, random.normal(), 3 + (day % 2 === 0 ? 1 : -1) * 0.01],
  }));
  const contextOf = new Int32Array(ROWS);
  for (let row = 0; row < ROWS; row++) {
    const day = Math.floor(row / DAY);
    const sign = random.integer(3) - 1;
    features.set([50 + 2 * random.normal(), 1e-3 * sign], row * 2);
    contextOf[row] = day;
    const direction = day % 2 === 0 ? sign : -sign;
    labels[row] = output === 'score' ? 0.9 * direction : direction + 1;
  }
  return {
    featureNames: ['noise', 'sign'],
    features,
    segments: [
      { start: 0, end: 700 },
      { start: 700, end: ROWS },
    ],
    contexts,
    contextOf,
    labels,
    horizonCandles: 1,
  };
}

const rows = (start: number, end: number): Int32Array =>
  Int32Array.from({ length: end - start }, (_, i) => start + i);

const SPLIT = { trainRows: rows(0, 1400), validationRows: rows(1440, ROWS) };

describe('MicroNet', () => {
  for (const branch of MICRO_BRANCHES) {
    for (const output of MICRO_OUTPUTS) {
      it(`learns what only the embedding tells, and cannot without it: ${branch}, ${output}`, async () => {
        const dataset = market(output);
        const model = { ...MODEL, branch, output };
        const informed = await trainMicro({ dataset, ...SPLIT, model, training: TRAINING });
        const blind = await trainMicro({
          dataset,
          ...SPLIT,
          model: { ...model, embedding: 0 },
          training: TRAINING,
        });
        const [seen, guessed] = [informed.best.validationLoss, blind.best.validationLoss];
        assert.ok(
          seen < 0.3 * informed.untrainedLoss,
          `untrained ${informed.untrainedLoss}, trained ${seen}`,
        );
        assert.ok(seen < 0.4 * guessed, `with ${seen}, without ${guessed}`);
      });
    }
  }

  it('gives the same bytes for the same seed', async () => {
    const options = {
      dataset: market('score'),
      ...SPLIT,
      model: { ...MODEL, dropout: 0.2 },
      training: { ...TRAINING, epochs: 2 },
    };
    const first = await trainMicro(options);
    assert.deepEqual(first.onnx, (await trainMicro(options)).onnx);
    const other = await trainMicro({ ...options, training: { ...options.training, seed: 2 } });
    assert.notDeepEqual(first.weights.parameters, other.weights.parameters);
  });

  for (const branch of MICRO_BRANCHES) {
    it(`serves what it trained, one window as many: ${branch}`, async () => {
      const dataset = market('score');
      const model = { ...MODEL, branch };
      const training = { ...TRAINING, labelledSteps: 1, epochs: 1, scoreLoss: 'mse' as const };
      const validationRows = rows(1440, 1504);
      const trained = await trainMicro({ dataset, trainRows: rows(0, 400), validationRows, model, training });
      const micro = await MicroModel.load(trained.onnx, { featureNames: dataset.featureNames });
      const contextOf = (row: number): DayContext => dataset.contexts[dataset.contextOf[row]!]!;
      const scores = await micro.scoreRows(dataset.features, validationRows, contextOf);
      // The training graph judged the same rows: its mean squared error is that of the served scores.
      const error = scores.reduce((sum, score, i) => sum + (score - dataset.labels[1440 + i]!) ** 2, 0);
      assert.ok(Math.abs(error / scores.length - trained.best.validationLoss) < 1e-6);
      const window = dataset.features.slice((1441 - 24) * 2, 1441 * 2);
      assert.deepEqual(await micro.scoreWindow(window, contextOf(1440)), scores.slice(0, 1));
      assert.ok(scores.every((score) => Math.abs(score) <= 1));
      await assert.rejects(micro.scoreWindow(window, { centre: [0, 0], scale: [1, 1] }), DataError);
      await micro.release();
    });
  }

  it('gives probabilities of three classes', async () => {
    const dataset = market('classes');
    const model: MicroConfig = { ...MODEL, output: 'classes' };
    const { onnx } = await trainMicro({ dataset, ...SPLIT, model, training: { ...TRAINING, epochs: 1 } });
    const micro = await MicroModel.load(onnx);
    const answers = await micro.scoreRows(dataset.features, rows(1500, 1510), () => dataset.contexts[0]!);
    assert.equal(answers.length, 30);
    for (let i = 0; i < 10; i++) {
      const sum = answers.slice(3 * i, 3 * i + 3).reduce((a, b) => a + b, 0);
      assert.ok(Math.abs(sum - 1) < 1e-6);
    }
    await micro.release();
  });

  it('is less sure under a confidence penalty', async () => {
    const dataset = market('score');
    const sureness = async (confidencePenalty: number): Promise<number> => {
      const { onnx } = await trainMicro({
        dataset,
        ...SPLIT,
        model: MODEL,
        training: { ...TRAINING, confidencePenalty },
      });
      const micro = await MicroModel.load(onnx);
      const contextOf = (row: number): DayContext => dataset.contexts[dataset.contextOf[row]!]!;
      const scores = await micro.scoreRows(dataset.features, rows(1500, 1700), contextOf);
      await micro.release();
      return scores.reduce((sum, score) => sum + Math.abs(score), 0) / scores.length;
    };
    assert.ok((await sureness(0.5)) < 0.8 * (await sureness(0)));
  });

  it('shows every label once, with one context a block', () => {
    const dataset = market('score');
    const length = 24;
    const learnable = learnableCandles(dataset, SPLIT.trainRows, length);
    for (const labelledSteps of [1, 7, 24, 100]) {
      const blocks = planMicroBlocks(dataset, learnable, { length, labelledSteps });
      const options = { model: MODEL, learnable, labelledSteps };
      const { mask } = microBatch(dataset, blocks, options).feeds;
      const shown = mask!.data as Float32Array;
      assert.equal(
        shown.reduce((sum, mark) => sum + mark, 0),
        learnable.reduce((sum, mark) => sum + mark, 0),
      );
      for (const { start, end, labelsFrom } of blocks) {
        assert.ok(labelsFrom - start >= length - 1 && end - start <= length - 1 + labelledSteps);
        assert.equal(dataset.contextOf[labelsFrom], dataset.contextOf[end - 1]);
        assert.ok(end <= 700 || start >= 700);
      }
    }
  });

  it('sees its whole window', () => {
    assert.deepEqual(dilationsFor(60), [1, 2, 4, 8, 16]);
    assert.deepEqual(dilationsFor(120), [1, 2, 4, 8, 16, 32]);
  });

  it('refuses bad configurations and data', async () => {
    assert.throws(
      () => {
        requireValidMicro(
          { ...MODEL, sequenceLength: 23, embedding: -1 },
          { ...TRAINING, classWeights: [1, 2], huberDelta: 0 },
        );
      },
      (error: unknown) =>
        error instanceof ConfigError &&
        error.problems.map(({ path }) => path).join() ===
          'micro.sequenceLength,micro.embedding,microTraining.huberDelta,microTraining.classWeights',
    );
    requireValidMicro(MICRO_DEFAULTS, MICRO_TRAINING_DEFAULTS);
    const dataset = market('score');
    const refused = async (change: Partial<MicroDataset>, split: Partial<typeof SPLIT>, pattern: RegExp) =>
      await assert.rejects(
        trainMicro({
          dataset: { ...dataset, ...change },
          ...SPLIT,
          ...split,
          model: MODEL,
          training: TRAINING,
        }),
        (error: unknown) => error instanceof DataError && pattern.test(error.message),
      );
    await refused({}, { trainRows: rows(0, 1440) }, /training row 1439 looks at validation row 1440/);
    await refused({ labels: dataset.labels.map((label) => 2 * label) }, {}, /which is no score/);
    await refused({ contexts: [{ centre: [0, 0], scale: [1, 0], embedding: [1, 2, 3] }] }, {}, /context 0/);
    await refused({}, { trainRows: rows(0, 10) }, /none of 10 training rows/);
  });
});
