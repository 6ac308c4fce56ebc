import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConfigError, DataError, Random } from '../../domain/core/index.ts';
import {
  BaseModel,
  type EpochReport,
  type SequenceDataset,
  type StepReport,
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
    await assert.rejects(
      training,
      /epoch 1, step \d+ of \d+ \(row \d+ to row \d+\); the most extreme value there is far = -?3e\+38 at row 60[01],/,
    );
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

  it('runs a batch in parts when it does not fit into memory, and refuses what fits in no way', async () => {
    const attempt = async (availableBytes: number, microBatchSize?: number) => {
      const told: (readonly [number, number])[] = [];
      const trained = await trainTcnLstm({
        ...SPLIT,
        model: { ...MODEL, hidden: 64 },
        training: { ...TRAINING, batchSize: 512, microBatchSize, epochs: 1 },
        availableBytes,
        onAccumulation: (batchSize, atOnce) => told.push([batchSize, atOnce]),
      });
      return { ...trained, told };
    };
    let bytesOfOne = 0;
    await assert.rejects(attempt(2 ** 10), (error: ConfigError) => {
      assert.ok(error instanceof ConfigError);
      assert.match(
        error.message,
        /even one sequence at a time needs about \d+ bytes .* 1024 .* are available/,
      );
      bytesOfOne = Number(error.context['neededBytes']);
      return true;
    });
    const whole = await attempt(2 ** 40);
    // As many as there can be: 1,177 rows of each segment have a full window.
    const batchSize = 2 * (1 + Math.ceil(1176 / 24));
    assert.deepEqual([whole.microBatchSize, whole.told], [batchSize, []]);
    const parts = await attempt(1.05 * bytesOfOne);
    assert.ok(parts.microBatchSize > 1 && parts.microBatchSize < batchSize / 2);
    assert.deepEqual(parts.told, [[batchSize, parts.microBatchSize]]);
    // What memory has chosen can be asked for by number, and is then the same to the bit.
    const again = await attempt(2 ** 40, parts.microBatchSize);
    assert.equal(again.best.validationLoss, parts.best.validationLoss);
    assert.notEqual(whole.best.validationLoss, parts.best.validationLoss);
  });

  it('tells every step, and how long the rest takes at most', async () => {
    const steps: StepReport[] = [];
    const training = { ...TRAINING, epochs: 2 };
    await trainTcnLstm({ ...SPLIT, model: MODEL, training, onStep: (step) => steps.push(step) });
    const firstEpoch = steps.filter(({ epoch }) => epoch === 1);
    assert.deepEqual(
      firstEpoch.map(({ step }) => step),
      Array.from({ length: firstEpoch[0]!.steps }, (_, i) => i + 1),
    );
    assert.ok(steps.every(({ epochs, loss }) => epochs === 2 && loss > 0));
    assert.ok(steps.slice(0, -1).every(({ secondsLeft }) => secondsLeft > 0));
  });

  it('learns with every optimiser, schedule and loss that can be chosen', async () => {
    const first = (await trainTcnLstm({ ...SPLIT, model: MODEL, training: { ...TRAINING, epochs: 1 } })).best;
    const changes: readonly Partial<TrainingConfig>[] = [
      { optimiser: 'sgd', learningRate: 1, epochs: 4 },
      { schedule: 'warm-up' },
      { schedule: 'one-cycle', warmUpShare: 0.3 },
      { averageDecay: 0.8 },
      { labelSmoothing: 0.1 },
      { focalGamma: 2 },
    ];
    for (const change of changes) {
      const training = { ...TRAINING, epochs: 2, ...change };
      const { best, epochs } = await trainTcnLstm({ ...SPLIT, model: MODEL, training });
      assert.ok(best.macroF1 > 0.3, `${JSON.stringify(change)}: macro-F1 ${best.macroF1}`);
      assert.notEqual(epochs[0]!.validationLoss, first.validationLoss, JSON.stringify(change));
    }
  });

  it('keeps the epoch of the lowest loss where that is what it monitors', async () => {
    const training = { ...TRAINING, monitor: 'loss', learningRate: 0.1, epochs: 6, patience: 6 } as const;
    const { best, epochs } = await trainTcnLstm({
      ...SPLIT,
      // Few, so that they are soon known by heart and the loss rises again.
      trainRows: rowsBetween(0, 100),
      model: { ...MODEL, dropout: 0 },
      training,
    });
    assert.equal(best.validationLoss, Math.min(...epochs.map((epoch) => epoch.validationLoss)));
    assert.ok(
      epochs.some((epoch) => epoch.macroF1 > best.macroF1),
      'another one has the best macro-F1',
    );
  });

  it('says plainly what is wrong with the data', async () => {
    const { features, labels } = DATA;
    const attempt = async (dataset: Partial<SequenceDataset>, message: RegExp): Promise<void> => {
      const training = trainTcnLstm({
        ...SPLIT,
        dataset: { ...DATA, ...dataset },
        model: MODEL,
        training: TRAINING,
      });
      await assert.rejects(training, (error) => error instanceof DataError && message.test(error.message));
    };
    await attempt({ labels: labels.slice(1) }, /2399 labels for 2400 rows/);
    await attempt({ labels: labels.map((k) => (k === 2 ? 1 : k)) }, /is BUY; a class that never occurs/);
    await attempt({ labels: labels.map(() => 1) }, /is SELL or BUY/);
    const told: string[] = [];
    await trainTcnLstm({
      ...SPLIT,
      dataset: { ...DATA, labels: labels.map((k) => (k === 0 ? 1 : k)) },
      model: MODEL,
      training: { ...TRAINING, epochs: 1 },
      onMissingClasses: (names) => told.push(...names),
    });
    assert.deepEqual(told, ['SELL'], 'unless the caller wants to hear of it and go on');
    await attempt({ labels: labels.map(() => 3) }, /row 0 has label 3, classes are 0 to 2/);
    const rowName = (row: number): string => `minute ${row}`;
    const broken = features.with(700 * 3 + 1, Number.NaN);
    await attempt({ features: broken, rowName }, /minute 700: signal is NaN/);
    const segments = Array.from({ length: 120 }, (_, i) => ({ start: 20 * i, end: 20 * i + 20 }));
    await attempt({ segments }, /24 contiguous bars; the longest segment has 20/);
  });

  it('measures a step', async () => {
    const { medianMs } = await measureTrainStep({ config: MODEL, batchSize: 2, steps: 3, threads: 1 });
    assert.ok(medianMs > 0);
  });
});
