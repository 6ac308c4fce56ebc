import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { RunStore, saveModel } from '../../platform/storage/index.ts';
import type { ModelManifest } from '../../platform/storage/index.ts';
import { countTrials, recordAndRecall, trialSetting } from './trials.ts';

let dataDir: string;
let store: RunStore;
before(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'tidemark-trials-'));
  store = new RunStore(dataDir);
});
after(async () => {
  store.close();
  await rm(dataDir, { recursive: true, force: true });
});

const at = (minute: number): string => `2025-01-01T00:${String(minute).padStart(2, '0')}:00.000Z`;

async function model(
  runId: string,
  minute: number,
  { symbol = 'AUSDT', seeds = 1 } = {},
): Promise<ModelManifest> {
  const { manifest } = await saveModel(
    dataDir,
    {
      name: `m-${runId}`,
      kind: 'audited',
      runId,
      createdAt: at(minute),
      codeVersion: '0',
      seed: 1,
      featureSet: 'quantgod-9',
      featureNames: ['x'],
      sequenceLength: 1,
      label: { name: 'L', thresholdShort: -1, thresholdLong: 1, lookaheadMinutes: 1 },
      data: { venue: 'v', symbol, fromMs: 0, toMs: 1, rows: 1, sha256: '', synthetic: true },
      config: {},
      metrics: { seeds: Array.from({ length: seeds }, () => ({})) },
    },
    { 'model.onnx': Uint8Array.of(1) },
  );
  return manifest;
}

const run = (id: string, command: string, minute: number): void =>
  store.start({ id, command, startedAt: at(minute), codeVersion: '0', config: {} });

describe('countTrials', () => {
  it('counts every training run on this data before this one, seeds one by one, whatever became of it', async () => {
    run('first', 'train base', 1);
    await model('first', 2);
    run('failed', 'audit', 3);
    run('looking', 'evaluate', 3);
    await model('many', 4, { seeds: 3 });
    run('elsewhere', 'train base', 5);
    await model('elsewhere', 6, { symbol: 'BUSDT' });
    const own = await model('own', 7, { seeds: 2 });
    run('later', 'audit', 9);
    await model('later', 10);
    assert.deepEqual(await countTrials(dataDir, store, own), { before: 1 + 1 + 3, count: 1 + 1 + 3 + 2 });
  });
});

describe('recordAndRecall', () => {
  const setting = { venue: 'v', symbol: 'AUSDT', label: 'L', fromMs: 0, toMs: 9, periods: 2, costBps: 5.5 };
  const trial = (modelSha256: string, seed: number, returns: readonly number[], costBps = 5.5) => ({
    runId: 'r',
    modelSha256,
    seed,
    setting: trialSetting({ ...setting, costBps }),
    returns,
  });

  it('gives back all trials of the setting, each model and seed once', () => {
    assert.deepEqual(recordAndRecall(store, [trial('a', 1, [1, 2]), trial('a', 2, [3, 4])], at(1)), [
      [1, 2],
      [3, 4],
    ]);
    assert.deepEqual(recordAndRecall(store, [trial('b', 1, [5, 6])], at(2)), [
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    assert.deepEqual(recordAndRecall(store, [trial('b', 1, [5, 6])], at(3)), [
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    assert.deepEqual(recordAndRecall(store, [trial('c', 1, [7, 8], 0)], at(4)), [[7, 8]]);
  });
});
