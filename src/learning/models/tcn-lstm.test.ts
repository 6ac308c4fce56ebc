import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ConfigError, Random } from '../../domain/core/index.ts';
import {
  BaseModel,
  type EpochReport,
  type SequenceDataset,
  TRAINING_DEFAULTS,
  type TrainingConfig,
  measureTrainStep,
  tcnLstmNetwork,
  trainTcnLstm,
} from './index.ts';
import { describeNetwork } from '../neural/index.ts';

const MODEL = { sequenceLength: 24, channels: 6, hidden: 8, layers: 1, dropout: 0.1 };
const TRAINING: TrainingConfig = {
  ...TRAINING_DEFAULTS.dense,
  labelledSteps: 24,
  learningRate: 1e-2,
  batchSize: 4,
  epochs: 6,
  threads: 1,
};

/** Labels follow a slow average of the second feature; the third is a constant, the first is far from zero. */
function dataset(rows: number): SequenceDataset {
  const random = Random.fromSeed(7);
  const features = new Float64Array(rows * 3);
  const labels = new Int8Array(rows);
  let average = 0;
  for (let row = 0; row < rows; row++) {
    const value = random.normal();
    features.set([50_000 + random.normal(), 0.01 * value, 4], row * 3);
    average = 0.8 * average + 0.2 * value;
    labels[row] = average < -0.2 ? 0 : average > 0.2 ? 2 : 1;
  }
  return {
    featureNames: ['far', 'signal', 'constant'],
    rows,
    features,
    labels,
    segments: [
      { start: 0, end: rows >> 1 },
      { start: rows >> 1, end: rows },
    ],
  };
}

function rowsBetween(start: number, end: number): Int32Array {
  return Int32Array.from({ length: end - start }, (_, i) => start + i);
}

const DATA = dataset(2400);
const SPLIT = { dataset: DATA, trainRows: rowsBetween(0, 1800), validationRows: rowsBetween(1860, 2400) };

/** Weighted cross-entropy of a model file on the validation rows. */
async function exportedLoss(onnx: Uint8Array): Promise<number> {
  const model = await BaseModel.load(onnx);
  const probabilities = await model.scoreRows(DATA.features, SPLIT.validationRows);
  await model.release();
  let lossSum = 0;
  let weightSum = 0;
  for (const [i, row] of SPLIT.validationRows.entries()) {
    const label = DATA.labels[row]!;
    lossSum -= TRAINING.classWeights[label]! * Math.log(probabilities[3 * i + label]!);
    weightSum += TRAINING.classWeights[label]!;
  }
  return lossSum / weightSum;
}

describe('TCN + LSTM', () => {
  it('has the published numbers of parameters', () => {
    const cases = [
      [32, 128, 1, 102_179],
      [64, 128, 1, 147_779],
      [64, 256, 2, 929_347],
      [128, 512, 2, 3_701_891],
    ] as const;
    for (const [channels, hidden, layers, parameters] of cases) {
      const network = tcnLstmNetwork({ sequenceLength: 720, channels, hidden, layers, dropout: 0.3 }, 9, 3);
      assert.equal(describeNetwork(network).parameters.size, parameters);
    }
  });

  it('learns in dense mode, and judges itself as its exported model does', async () => {
    const reports: EpochReport[] = [];
    const trained = await trainTcnLstm({
      ...SPLIT,
      model: MODEL,
      training: { ...TRAINING, validationWindows: 1_000_000 },
      onEpoch: (report) => reports.push(report),
    });
    assert.deepEqual(reports, trained.epochs);
    assert.equal(trained.trainLabels, 1800 - 23 - 23);
    assert.equal(trained.validationLabels, 540);
    assert.ok(trained.best.macroF1 > 0.7, `macro-F1 ${trained.best.macroF1}`);
    assert.equal(trained.best.macroF1, Math.max(...trained.epochs.map((epoch) => epoch.macroF1)));
    assert.equal(await exportedLoss(trained.onnx), trained.best.validationLoss);
  });

  it('learns in windowed mode', async () => {
    const trained = await trainTcnLstm({
      ...SPLIT,
      model: MODEL,
      training: { ...TRAINING, mode: 'windowed', batchSize: 64, epochs: 6 },
    });
    assert.ok(trained.best.macroF1 > 0.6, `macro-F1 ${trained.best.macroF1}`);
  });

  it('gives the same bytes for the same seed, and others for another', async () => {
    const train = async (seed: number) =>
      (await trainTcnLstm({ ...SPLIT, model: MODEL, training: { ...TRAINING, seed, epochs: 1, threads: 2 } }))
        .onnx;
    const first = await train(1);
    assert.deepEqual(await train(1), first);
    assert.notDeepEqual(await train(2), first);
  });

  it('is not changed by rows that it may not see', async () => {
    const train = async (data: SequenceDataset) =>
      (
        await trainTcnLstm({
          dataset: data,
          trainRows: rowsBetween(0, 1800),
          model: MODEL,
          training: { ...TRAINING, epochs: 1 },
        })
      ).onnx;
    const features = DATA.features.slice();
    const labels = DATA.labels.slice();
    features.fill(-3, 1800 * 3);
    labels.fill(0, 1800);
    assert.deepEqual(await train({ ...DATA, features, labels }), await train(DATA));
  });

  it('trains all epochs and keeps the last one without validation rows', async () => {
    const { epochs, best } = await trainTcnLstm({
      dataset: DATA,
      trainRows: SPLIT.trainRows,
      model: MODEL,
      training: { ...TRAINING, epochs: 2 },
    });
    assert.equal(epochs.length, 2);
    assert.equal(best, epochs[1]);
    assert.ok(Number.isNaN(best.macroF1) && Number.isNaN(best.validationLoss));
  });

  it('ends after a given epoch exactly where a longer run stood then', async () => {
    const { trainRows } = SPLIT;
    const whole = await trainTcnLstm({
      ...SPLIT,
      model: MODEL,
      training: { ...TRAINING, epochs: 3, patience: 3 },
    });
    const part = await trainTcnLstm({
      dataset: DATA,
      trainRows,
      lastEpoch: whole.best.epoch,
      model: MODEL,
      training: { ...TRAINING, epochs: 3 },
    });
    assert.equal(part.epochs.length, whole.best.epoch);
    assert.equal(await exportedLoss(part.onnx), await exportedLoss(whole.onnx));
  });

  it('stops when patience is over and keeps the best epoch', async () => {
    const { epochs, best, onnx } = await trainTcnLstm({
      ...SPLIT,
      model: MODEL,
      // So slow that the decisions soon stop changing.
      training: { ...TRAINING, learningRate: 1e-6, epochs: 20, patience: 2, validationWindows: 1_000_000 },
    });
    assert.equal(epochs.length, best.epoch + 2);
    assert.equal(await exportedLoss(onnx), best.validationLoss);
  });

  it('stops between two steps when it is told to', async () => {
    const controller = new AbortController();
    const training = trainTcnLstm({
      ...SPLIT,
      model: MODEL,
      training: TRAINING,
      signal: controller.signal,
      onEpoch: () => {
        controller.abort(new Error('enough'));
      },
    });
    await assert.rejects(training, /enough/);
  });

  it('names epoch, step and rows when the loss is not finite', async () => {
    const features = DATA.features.slice();
    features[600 * 3] = 3e38;
    features[601 * 3] = -3e38;
    // Not training rows, or the scaling would make them harmless: they are only inputs of later rows.
    const trainRows = SPLIT.trainRows.filter((row) => row !== 600 && row !== 601);
    const data = { ...DATA, features };
    const training = trainTcnLstm({ dataset: data, trainRows, model: MODEL, training: TRAINING });
    await assert.rejects(training, /epoch 1, step \d+ of \d+ \(rows \d+ to \d+\)/);
  });

  it('says when no row can be learned', async () => {
    const model = { ...MODEL, sequenceLength: 1300 };
    await assert.rejects(trainTcnLstm({ ...SPLIT, model, training: TRAINING }), /1300 contiguous bars/);
    const unlabelled = { ...SPLIT, validationRows: rowsBetween(1200, 1210) };
    await assert.rejects(
      trainTcnLstm({ ...unlabelled, model: MODEL, training: TRAINING }),
      /validation: none of 10/,
    );
  });

  it('lists every mistake of a configuration', async () => {
    const model = { ...MODEL, channels: 0, dropout: 1 };
    const training = { ...TRAINING, epochs: 1.5, classWeights: [1, 2] };
    await assert.rejects(trainTcnLstm({ ...SPLIT, model, training }), (error: ConfigError) => {
      assert.deepEqual(
        error.problems.map(({ path }) => path),
        ['base.channels', 'base.dropout', 'training.epochs', 'training.classWeights'],
      );
      return true;
    });
  });

  it('refuses to start what does not fit into memory, and says what would', async () => {
    const attempt = async (availableBytes: number, batchSize: number) =>
      await trainTcnLstm({
        ...SPLIT,
        model: { ...MODEL, hidden: 64 },
        training: { ...TRAINING, batchSize, epochs: 1 },
        availableBytes,
      });
    let fits = 0;
    await assert.rejects(attempt(2 ** 27, 512), (error: ConfigError) => {
      const { neededBytes, availableBytes, batchSizeThatFits } = error.context;
      assert.equal(availableBytes, 2 ** 27);
      assert.ok(Number(neededBytes) > 2 ** 27);
      fits = Number(batchSizeThatFits);
      assert.match(error.message, new RegExp(`needs about ${neededBytes} bytes .* ${fits} would fit`));
      return true;
    });
    assert.ok(fits > 1 && fits < 512);
    await assert.rejects(attempt(2 ** 27, fits + 1), /would fit/);
    await attempt(2 ** 27, fits);
    await assert.rejects(attempt(2 ** 10, 512), /even 1 would not fit/);
  });

  it('measures a step', async () => {
    const { medianMs } = await measureTrainStep({ config: MODEL, batchSize: 2, steps: 3, threads: 1 });
    assert.ok(medianMs > 0);
  });
});
