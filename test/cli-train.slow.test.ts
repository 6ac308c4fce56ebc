/** `train base` as users meet it: killed, interrupted, damaged, refused; and what it leaves to read. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, describe, it } from 'node:test';
import { z } from 'zod';
import { sha256File } from '../src/platform/storage/index.ts';
import { ended, jsonOf, start, tidemark } from './fixtures/command-line.ts';
import { ingestInto, removeFolder, simulateArchives, temporaryFolder } from './fixtures/road.ts';

const PLACE = ['--venue', 'bybit-linear', '--symbol', 'SIMUSDT'];
/** Epochs of about half a second: long enough to be hit in their middle. */
const RECIPE = [
  ['--sequence-length', '48'],
  ['--channels', '16'],
  ['--hidden', '32'],
  ['--layers', '1'],
  ['--labelled-steps', '24'],
  ['--batch-size', '4'],
  ['--learning-rate', '0.003'],
  ['--epochs', '5'],
  ['--patience', '5'],
].flat();

const Result = z.object({
  runId: z.string(),
  out: z.string(),
  metrics: z.string(),
  resumedAfterEpoch: z.int().nullable(),
  epochs: z.array(
    z.object({
      epoch: z.int(),
      trainLoss: z.number(),
      valLoss: z.number(),
      macroF1: z.number(),
      learningRate: z.number(),
      seconds: z.number().gt(0),
      labelsPerSecond: z.number().gt(0),
    }),
  ),
});

describe('train base', () => {
  let folder = '';
  let dataDir = '';
  /** Of a training that nobody disturbed: its model's sha256, and what it said. */
  let undisturbed = '';
  let stderrOfUndisturbed = '';

  const train = (...more: string[]): string[] => [
    'train',
    'base',
    ...PLACE,
    '--name',
    'n',
    ...RECIPE,
    '--data-dir',
    dataDir,
    ...more,
  ];

  async function finish(...more: string[]) {
    const done = await tidemark(folder, train('--json', ...more));
    assert.equal(done.exitCode, 0, done.stderr);
    const result = Result.parse(jsonOf(done));
    return { ...result, stderr: done.stderr, sha256: await sha256File(path.join(result.out, 'model.onnx')) };
  }

  /** The checkpoints of the one training there is, the latest last. */
  function checkpoints(): string[] {
    const home = path.join(dataDir, 'checkpoints');
    const [key] = existsSync(home) ? readdirSync(home) : [];
    if (key === undefined) return [];
    const names = readdirSync(path.join(home, key)).filter((name) => name.startsWith('epoch-'));
    return names.toSorted().map((name) => path.join(home, key, name));
  }

  /** Starts training and sends the signal in the middle of the epoch after the given one. */
  async function stopAfterEpoch(epoch: number, signal: 'SIGKILL' | 'SIGINT') {
    const child = start(folder, train());
    const done = ended(child);
    while (!checkpoints().some((file) => file.endsWith(`epoch-00${epoch}.ckpt`))) {
      assert.equal(child.exitCode, null, 'still at work');
      await sleep(5);
    }
    await sleep(100);
    child.kill(signal);
    return await done;
  }

  const statuses = (): unknown[] => {
    const database = new DatabaseSync(path.join(dataDir, 'tidemark.sqlite'), { readOnly: true });
    const rows = database
      .prepare(`SELECT status FROM runs WHERE command = 'train base' ORDER BY rowid`)
      .all();
    database.close();
    return rows.map((row) => row['status']);
  };

  before(async () => {
    folder = await temporaryFolder();
    const archives = (await simulateArchives(path.join(folder, 'archives'), 2)).folder;
    dataDir = path.join(folder, 'data');
    await ingestInto(dataDir, [archives]);
    assert.equal((await tidemark(folder, ['label', ...PLACE, '--data-dir', dataDir])).exitCode, 0);
    ({ sha256: undisturbed, stderr: stderrOfUndisturbed } = await finish());
  });
  after(async () => {
    await removeFolder(folder);
  });

  it('killed in the middle of an epoch goes on by itself, to the same bytes as if nothing had happened', async () => {
    const killed = await stopAfterEpoch(2, 'SIGKILL');
    assert.equal(killed.exitCode, null);
    const resumed = await finish();
    assert.match(resumed.stderr, /goes on after epoch [23] /);
    assert.ok(resumed.resumedAfterEpoch === 2 || resumed.resumedAfterEpoch === 3);
    assert.equal(resumed.sha256, undisturbed);

    // Each run tells all its epochs, each once: in its file, in the run store, and to its caller.
    const lines = readFileSync(resumed.metrics, 'utf8').trimEnd().split('\n');
    const told = lines.map((line) => JSON.parse(line) as { readonly part: string });
    assert.deepEqual(
      told,
      resumed.epochs.map((epoch) => ({ part: 'base', ...epoch })),
    );
    assert.deepEqual(
      resumed.epochs.map(({ epoch }) => epoch),
      [1, 2, 3, 4, 5],
    );
    const database = new DatabaseSync(path.join(dataDir, 'tidemark.sqlite'), { readOnly: true });
    const stored = database
      .prepare('SELECT epoch, train_loss, labels_per_second FROM epochs WHERE run_id = ? ORDER BY epoch')
      .all(resumed.runId);
    database.close();
    assert.deepEqual(
      stored.map((row) => [row['epoch'], row['train_loss'], row['labels_per_second']]),
      resumed.epochs.map(({ epoch, trainLoss, labelsPerSecond }) => [epoch, trainLoss, labelsPerSecond]),
    );
    assert.deepEqual(checkpoints(), [], 'a finished training leaves none');
  });

  it('killed and told to start anew does, to the same bytes', async () => {
    await stopAfterEpoch(1, 'SIGKILL');
    const { resumedAfterEpoch, stderr, sha256 } = await finish('--fresh');
    assert.deepEqual([resumedAfterEpoch, sha256], [null, undisturbed]);
    assert.doesNotMatch(stderr, /goes on/);
  });

  it('interrupted ends with 130, keeps its last checkpoint and says how to go on', async () => {
    const { exitCode, stderr, stdout } = await stopAfterEpoch(1, 'SIGINT');
    assert.deepEqual([exitCode, stdout], [130, '']);
    assert.match(stderr, /epoch \d is kept in \S+: the same command goes on from there/);
    assert.equal((await finish()).sha256, undisturbed);
    assert.deepEqual(statuses().slice(-2), ['interrupted', 'done']);
  });

  it('refuses a checkpoint with one flipped bit, says so, and still ends with the same bytes', async () => {
    await stopAfterEpoch(2, 'SIGKILL');
    const file = checkpoints().at(-1)!;
    const bytes = readFileSync(file);
    bytes[bytes.length >> 1]! ^= 1;
    writeFileSync(file, bytes);
    const { stderr, sha256 } = await finish();
    assert.match(stderr, /epoch-00\d\.ckpt is refused \(checkpoint: the bytes are damaged or cut off/);
    assert.match(stderr, /the training starts from the start|goes on after epoch/);
    assert.equal(sha256, undisturbed);
  });

  it('does not go on from the checkpoint of another architecture', async () => {
    await stopAfterEpoch(1, 'SIGKILL');
    const { resumedAfterEpoch } = await finish('--hidden', '16', '--epochs', '1');
    assert.equal(resumedAfterEpoch, null);
    assert.equal((await finish()).resumedAfterEpoch! >= 1, true, 'and leaves it to whom it belongs');
  });

  it('tells progress in few lines where there is no terminal', () => {
    const lines = stderrOfUndisturbed.trimEnd().split('\n');
    assert.ok(lines.length > 1 && lines.length < 12, stderrOfUndisturbed);
  });
});
