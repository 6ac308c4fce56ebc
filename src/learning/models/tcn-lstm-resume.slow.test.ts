import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ConfigError, DataError, Random } from '../../domain/core/index.ts';
import {
  type Checkpoint,
  type EpochReport,
  type TrainTcnLstmOptions,
  TRAINING_DEFAULTS,
  decodeCheckpoint,
  encodeCheckpoint,
  trainTcnLstm,
} from './index.ts';

const ROWS = 420;
const MODEL = { sequenceLength: 16, channels: 4, hidden: 6, layers: 2, dropout: 0.3 };

/** Labels follow the sign of the second of two features. */
function options(change: Partial<TrainTcnLstmOptions['training']> = {}): TrainTcnLstmOptions {
  const random = Random.fromSeed(11);
  const features = Float64Array.from({ length: ROWS * 2 }, () => random.normal());
  const labels = Int8Array.from({ length: ROWS }, (_, row) => (features[2 * row + 1]! > 0 ? 2 : row % 2));
  return {
    dataset: { featureNames: ['a', 'b'], rows: ROWS, features, labels, segments: [{ start: 0, end: ROWS }] },
    trainRows: Int32Array.from({ length: 300 }, (_, i) => i),
    validationRows: Int32Array.from({ length: 100 }, (_, i) => 320 + i),
    model: MODEL,
    training: {
      ...TRAINING_DEFAULTS.dense,
      labelledSteps: 16,
      learningRate: 1e-2,
      batchSize: 8,
      epochs: 4,
      patience: 4,
      threads: 1,
      ...change,
    },
  };
}

/** Trains to the end and keeps every checkpoint as bytes. */
async function uninterrupted(given: TrainTcnLstmOptions) {
  const checkpoints: Uint8Array[] = [];
  const trained = await trainTcnLstm({
    ...given,
    onCheckpoint: async (checkpoint) => {
      checkpoints.push(encodeCheckpoint(checkpoint));
    },
  });
  return { trained, checkpoints };
}

/** What has to be equal: not the times. */
const timeless = (report: EpochReport): EpochReport => ({ ...report, seconds: 0, labelsPerSecond: 0 });

function timelessBytes(checkpoint: Checkpoint): Uint8Array {
  const { epochs, best } = checkpoint;
  return encodeCheckpoint({
    ...checkpoint,
    epochs: epochs.map(timeless),
    best: { ...best, report: timeless(best.report) },
  });
}

async function assertResumesExactly(given: TrainTcnLstmOptions): Promise<void> {
  const whole = await uninterrupted(given);
  assert.equal(whole.checkpoints.length, whole.trained.epochs.length);
  for (const [i, bytes] of whole.checkpoints.entries()) {
    const reported: number[] = [];
    const later: Checkpoint[] = [];
    const resumed = await trainTcnLstm({
      ...given,
      resume: decodeCheckpoint(bytes),
      onEpoch: ({ epoch }) => reported.push(epoch),
      onCheckpoint: async (checkpoint) => {
        later.push(checkpoint);
      },
    });
    assert.deepEqual(resumed.onnx, whole.trained.onnx, `after epoch ${i + 1}`);
    assert.deepEqual(resumed.epochs.map(timeless), whole.trained.epochs.map(timeless));
    assert.deepEqual(timeless(resumed.best), timeless(whole.trained.best));
    assert.deepEqual(
      reported,
      whole.trained.epochs.slice(i + 1).map(({ epoch }) => epoch),
    );
    const expected = whole.checkpoints.slice(i + 1).map((each) => timelessBytes(decodeCheckpoint(each)));
    assert.deepEqual(later.map(timelessBytes), expected);
  }
}

describe('a training that goes on from a checkpoint', () => {
  it('ends as if it had never been interrupted, after any epoch: dense', async () => {
    await assertResumesExactly(options());
  });

  it('windowed, with two threads', async () => {
    await assertResumesExactly(options({ mode: 'windowed', batchSize: 64, epochs: 3, threads: 2 }));
  });

  it('with every kind of state: momentum, moving average, a batch in parts', async () => {
    await assertResumesExactly(options({ optimiser: 'sgd', schedule: 'warm-up', epochs: 3 }));
    await assertResumesExactly(options({ averageDecay: 0.9, microBatchSize: 3, epochs: 3 }));
  });

  it('without validation, where the scores are not available', async () => {
    const { validationRows: _, ...given } = options({ epochs: 3 });
    await assertResumesExactly(given);
  });

  it('ends at once where patience was over', async () => {
    const given = options({ learningRate: 1e-7, epochs: 20, patience: 2 });
    const { trained, checkpoints } = await uninterrupted(given);
    assert.ok(trained.epochs.length < 20);
    const resumed = await trainTcnLstm({ ...given, resume: decodeCheckpoint(checkpoints.at(-1)!) });
    assert.deepEqual(resumed.epochs, trained.epochs);
    assert.deepEqual(resumed.onnx, trained.onnx);
  });

  it('goes on after it was killed in the middle of an epoch', async () => {
    const given = options();
    const { trained } = await uninterrupted(given);
    const controller = new AbortController();
    let last: Uint8Array | undefined;
    const killed = trainTcnLstm({
      ...given,
      signal: controller.signal,
      onCheckpoint: async (checkpoint) => {
        last = encodeCheckpoint(checkpoint);
        if (checkpoint.epochs.length === 2) setImmediate(() => controller.abort(new Error('killed')));
      },
    });
    await assert.rejects(killed, /killed/);
    const resumed = await trainTcnLstm({ ...given, resume: decodeCheckpoint(last!) });
    assert.deepEqual(resumed.onnx, trained.onnx);
  });
});

describe('a checkpoint', () => {
  const given = options({ epochs: 2 });
  const made = uninterrupted(given);

  const refusal = async (change: Partial<TrainTcnLstmOptions>, message: RegExp): Promise<void> => {
    const resume = decodeCheckpoint((await made).checkpoints[0]!);
    await assert.rejects(trainTcnLstm({ ...given, ...change, resume }), (error: Error) => {
      assert.ok(error instanceof DataError);
      assert.match(error.message, message);
      return true;
    });
  };

  it('is refused by another architecture', async () => {
    await refusal({ model: { ...MODEL, channels: 5 } }, /another architecture/);
    await refusal({ model: { ...MODEL, dropout: 0.2 } }, /another architecture/);
    await refusal({ model: { ...MODEL, sequenceLength: 15 } }, /another architecture/);
  });

  it('is refused by other data, rows or segments', async () => {
    const features = given.dataset.features.slice();
    features[5]! += 1e-9;
    const segments = [
      { start: 0, end: 200 },
      { start: 200, end: ROWS },
    ];
    await refusal(
      { dataset: { ...given.dataset, features } },
      /features, labels, segments or rows are others/,
    );
    await refusal(
      { dataset: { ...given.dataset, segments } },
      /features, labels, segments or rows are others/,
    );
    await refusal({ trainRows: given.trainRows.slice(1) }, /features, labels, segments or rows are others/);
    const validationRows = given.validationRows!.slice(1);
    await refusal({ validationRows }, /features, labels, segments or rows are others/);
  });

  it('is refused by another seed or recipe, all differences named', async () => {
    const training = { ...given.training, seed: 2, epochs: 3, classWeights: [1, 1, 1] };
    await refusal(
      { training },
      /epochs is 2, not 3; its classWeights is \[2,1,2\], not \[1,1,1\]; its seed is 1, not 2/,
    );
  });

  it('goes on in the parts that it was made with, and is refused when they no longer fit', async () => {
    const inParts = options({ epochs: 2, microBatchSize: 5 });
    const { checkpoints, trained } = await uninterrupted(inParts);
    const resume = decodeCheckpoint(checkpoints[0]!);
    assert.equal(resume.microBatchSize, 5);
    const resumed = await trainTcnLstm({ ...inParts, resume, availableBytes: 2 ** 40 });
    assert.deepEqual(resumed.onnx, trained.onnx);
    let bytesOfOne = 0;
    await assert.rejects(trainTcnLstm({ ...inParts, resume, availableBytes: 1 }), (error: ConfigError) => {
      bytesOfOne = Number(error.context['neededBytes']);
      return true;
    });
    await assert.rejects(
      trainTcnLstm({ ...inParts, resume, availableBytes: bytesOfOne }),
      /made with 5 sequences in memory at once, now only 1 fit/,
    );
  });

  it('is refused when it is later than the last epoch', async () => {
    const resume = decodeCheckpoint((await made).checkpoints[1]!);
    await assert.rejects(
      trainTcnLstm({ ...given, resume, lastEpoch: 1 }),
      /cannot end with epoch 1; 2 are over/,
    );
  });

  it('comes back from its bytes as it was', async () => {
    const bytes = (await made).checkpoints[1]!;
    assert.deepEqual(encodeCheckpoint(decodeCheckpoint(bytes)), bytes);
    // At any place in memory.
    const shifted = new Uint8Array(bytes.length + 1);
    shifted.set(bytes, 1);
    assert.deepEqual(decodeCheckpoint(shifted.subarray(1)), decodeCheckpoint(bytes));
    // As a file is read.
    assert.deepEqual(decodeCheckpoint(Buffer.from(shifted).subarray(1)), decodeCheckpoint(bytes));
  });

  it('is refused when any byte is damaged, or some are missing', async () => {
    const bytes = (await made).checkpoints[0]!;
    for (let at = 0; at < bytes.length; at += 997) {
      const damaged = bytes.slice();
      damaged[at]! ^= 4;
      assert.throws(() => decodeCheckpoint(damaged), DataError);
    }
    for (const length of [0, 7, 8, 15, 40, 1000, bytes.length - 1]) {
      assert.throws(() => decodeCheckpoint(bytes.slice(0, length)), DataError);
    }
  });
});
