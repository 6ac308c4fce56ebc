import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Random } from '../domain/core/index.ts';
import {
  decodeCheckpoint,
  encodeCheckpoint,
  TRAINING_DEFAULTS,
  trainTcnLstm,
} from '../learning/models/index.ts';
import type { TrainTcnLstmOptions } from '../learning/models/index.ts';
import { CheckpointStore } from '../platform/storage/index.ts';
import { EpochLog } from './epoch-log.ts';
import { trainResumably } from './resumable-training.ts';

const ROWS = 300;

/** Labels follow the sign of the second of two features. */
function options(change: Partial<TrainTcnLstmOptions['training']> = {}): TrainTcnLstmOptions {
  const random = Random.fromSeed(11);
  const features = Float64Array.from({ length: ROWS * 2 }, () => random.normal());
  const labels = Int8Array.from({ length: ROWS }, (_, row) => (features[2 * row + 1]! > 0 ? 2 : row % 2));
  return {
    dataset: { featureNames: ['a', 'b'], rows: ROWS, features, labels, segments: [{ start: 0, end: ROWS }] },
    trainRows: Int32Array.from({ length: 200 }, (_, i) => i),
    validationRows: Int32Array.from({ length: 80 }, (_, i) => 220 + i),
    model: { sequenceLength: 8, channels: 3, hidden: 4, layers: 1, dropout: 0.2 },
    training: {
      ...TRAINING_DEFAULTS.dense,
      labelledSteps: 8,
      learningRate: 3e-2,
      batchSize: 8,
      epochs: 6,
      patience: 6,
      threads: 1,
      ...change,
    },
  };
}

describe('trainResumably', () => {
  let dataDir = '';
  let notes: string[] = [];
  let safe: number[] = [];
  beforeEach(() => {
    dataDir = mkdtempSync(path.join(tmpdir(), 'tidemark-resume-'));
    [notes, safe] = [[], []];
  });
  afterEach(() => {
    rmSync(dataDir, { recursive: true });
  });

  const train = async (given: TrainTcnLstmOptions, fresh = false) => {
    [notes, safe] = [[], []];
    return await trainResumably(given, {
      dataDir,
      label: 'TEST',
      fresh,
      onNote: (note) => notes.push(note),
      onSafeEpoch: async ({ epoch }) => {
        safe.push(epoch);
      },
    });
  };

  /** Stops after `epochs` of them, as Ctrl-C does, and gives the store of what is left. */
  async function interruptedAfter(epochs: number): Promise<CheckpointStore> {
    const controller = new AbortController();
    const training = train({
      ...options(),
      signal: controller.signal,
      onStep: ({ epoch }) => {
        if (epoch > epochs) controller.abort(new Error('stop'));
      },
    });
    await assert.rejects(training, /stop/);
    const folder = /kept in (\S+): the same command goes on from there/.exec(notes.at(-1)!)![1]!;
    return new CheckpointStore(dataDir, path.basename(folder));
  }

  /** The bytes that an uninterrupted training gives. */
  const expected = trainTcnLstm(options());

  function damage(file: string): void {
    const bytes = readFileSync(file);
    bytes[Math.floor(bytes.length / 2)]! ^= 1;
    writeFileSync(file, bytes);
  }

  it('goes on where it was stopped, says so, and ends with the same bytes', async () => {
    const store = await interruptedAfter(3);
    assert.deepEqual(safe, [1, 2, 3]);
    const resumed = await train(options());
    assert.match(notes.join(), /goes on after epoch 3/);
    assert.deepEqual(safe, [1, 2, 3, 4, 5, 6], 'earlier epochs are told anew, each once');
    assert.equal(resumed.resumedAfterEpoch, 3);
    assert.deepEqual(resumed.onnx, (await expected).onnx);
    await resumed.forget();
    assert.ok(!existsSync(store.folder));
    const again = await train(options());
    assert.deepEqual([again.resumedAfterEpoch, notes], [null, []], 'a finished training leaves nothing');
  });

  it('starts anew when told to', async () => {
    await interruptedAfter(2);
    const { resumedAfterEpoch, onnx } = await train(options(), true);
    assert.deepEqual([resumedAfterEpoch, notes], [null, []]);
    assert.deepEqual(onnx, (await expected).onnx);
  });

  it('refuses a damaged checkpoint and takes the one before', async () => {
    const store = await interruptedAfter(4);
    const { best } = await expected;
    // The best of these epochs is not the last one, or there would be none before it.
    const files = await store.list();
    assert.deepEqual(
      files.map(({ epoch }) => epoch),
      [4, Math.min(best.epoch, 3)],
    );
    damage(files[0]!.file);
    const resumed = await train(options());
    assert.match(notes[0]!, /epoch-004\.ckpt is refused \(.*damaged.*\); trying the one after epoch \d/);
    assert.match(notes[1]!, /goes on after epoch \d/);
    assert.equal(resumed.resumedAfterEpoch, files[1]!.epoch);
    assert.deepEqual(resumed.onnx, (await expected).onnx);
  });

  it('starts from the start when no checkpoint is whole', async () => {
    const store = await interruptedAfter(2);
    for (const { file } of await store.list()) damage(file);
    const { resumedAfterEpoch, onnx } = await train(options());
    assert.match(notes.at(-1)!, /is refused .*; the training starts from the start/);
    assert.equal(resumedAfterEpoch, null);
    assert.deepEqual(onnx, (await expected).onnx);
  });

  it('never takes the checkpoint of another architecture, configuration, seed or data', async () => {
    await interruptedAfter(2);
    const given = options();
    const labels = given.dataset.labels.with(0, 1);
    for (const other of [
      { ...given, model: { ...given.model, hidden: 5 } },
      options({ seed: 2 }),
      options({ learningRate: 1e-2 }),
      { ...given, dataset: { ...given.dataset, labels } },
    ]) {
      const { resumedAfterEpoch } = await train(other);
      assert.deepEqual([resumedAfterEpoch, notes], [null, []]);
    }
    assert.equal((await train(given)).resumedAfterEpoch, 2);
  });

  it('keeps the last good checkpoint when the loss is not finite, and says where', async () => {
    const store = await interruptedAfter(2);
    const [last] = await store.list();
    const checkpoint = decodeCheckpoint(await store.read(last!));
    // Whole, but with weights that the next step multiplies beyond all numbers.
    checkpoint.step.vectors['parameters']!.fill(3e38);
    await store.write(2, encodeCheckpoint(checkpoint), 2);
    const { dataset, ...rest } = options();
    const named = { ...rest, dataset: { ...dataset, rowName: (row: number) => `minute ${row}` } };
    await assert.rejects(train(named), {
      code: 'TRAINING_NOT_FINITE',
      message:
        /is not finite in epoch 3, step 1 of \d+ \(minute \d+ to minute \d+\); .*; epoch 2 is kept in \S+TEST-/,
    });
    assert.ok(existsSync(last!.file));
  });

  it('records every epoch once, also those before an interruption', async () => {
    const record = { trainLoss: 1, valLoss: null, macroF1: null, learningRate: 1, seconds: 1 };
    const lines = async (runId: string, epochs: readonly number[]) => {
      const log = await EpochLog.create({ dataDir, runId });
      for (const epoch of epochs) await log.write('base', { ...record, epoch, labelsPerSecond: 1 });
      const text = readFileSync(path.join(dataDir, 'runs', runId, 'metrics.jsonl'), 'utf8');
      return text
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as { readonly epoch: number }).epoch);
    };
    assert.deepEqual(await lines('a', [1, 2]), [1, 2]);
    assert.deepEqual(await lines('b', [1, 2, 3]), [1, 2, 3]);
    assert.deepEqual(await lines('a', [1]), [1], 'a run of the same name starts its own log');
  });
});
