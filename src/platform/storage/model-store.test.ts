import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { ConfigError, DataError } from '../../domain/core/index.ts';
import { listModels, loadModel, saveModel } from './model-store.ts';
import { RunStore } from './run-store.ts';

const draft = {
  name: 'btcusdt-test',
  kind: 'base' as const,
  runId: 'run-1',
  createdAt: '2026-01-01T00:00:00Z',
  codeVersion: '0.1.0',
  seed: 1,
  featureSet: 'quantgod-9',
  featureNames: ['body'],
  sequenceLength: 4,
  label: { name: 'L', thresholdShort: -0.004, thresholdLong: 0.008, lookaheadMinutes: 60 },
  data: {
    venue: 'bybit-linear',
    symbol: 'BTCUSDT',
    fromMs: 0,
    toMs: 60_000,
    rows: 2,
    sha256: 'h',
    synthetic: false,
  },
  config: { seed: 1 },
  metrics: {},
};
const files = { 'model.onnx': Uint8Array.of(1, 2, 3), 'auditor.json': Buffer.from('{}') };

describe('model store', () => {
  let dataDir = '';
  beforeEach(async () => {
    dataDir = await mkdtemp(path.join(tmpdir(), 'tidemark-models-'));
  });
  afterEach(() => rm(dataDir, { recursive: true }));

  it('numbers versions and loads the newest, or the one asked for', async () => {
    await saveModel(dataDir, draft, files);
    await saveModel(dataDir, { ...draft, runId: 'run-2' }, files);
    assert.equal((await loadModel(dataDir, 'btcusdt-test')).manifest.version, 2);
    const first = await loadModel(dataDir, 'btcusdt-test@1');
    assert.equal(first.manifest.runId, 'run-1');
    assert.deepEqual([...first.files['model.onnx']!], [1, 2, 3]);
    assert.deepEqual(
      (await listModels(dataDir)).map((m) => m.version),
      [1, 2],
    );
  });

  it('keeps every version when writers race', async () => {
    const saved = await Promise.all([1, 2, 3].map((seed) => saveModel(dataDir, { ...draft, seed }, files)));
    assert.deepEqual(new Set(saved.map((m) => m.manifest.version)), new Set([1, 2, 3]));
    assert.deepEqual(await readdir(path.join(dataDir, 'models', 'btcusdt-test')), ['1', '2', '3']);
    for (const { manifest } of saved) {
      const stored = await loadModel(dataDir, `btcusdt-test@${manifest.version}`);
      assert.deepEqual(stored.manifest, manifest);
    }
  });

  it('refuses a file with one changed byte and names it', async () => {
    const { folder } = await saveModel(dataDir, draft, files);
    await writeFile(path.join(folder, 'model.onnx'), Uint8Array.of(1, 2, 4));
    await assert.rejects(loadModel(dataDir, 'btcusdt-test'), (error: unknown) => {
      assert.ok(error instanceof DataError);
      assert.match(error.message, /btcusdt-test\/1\/model\.onnx: sha256 is [0-9a-f]{64}, the manifest says/);
      return true;
    });
  });

  it('refuses a manifest that lacks a field and names the field', async () => {
    const { folder } = await saveModel(dataDir, draft, files);
    const file = path.join(folder, 'manifest.json');
    const manifest = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
    delete manifest['sequenceLength'];
    await writeFile(file, JSON.stringify(manifest));
    await assert.rejects(loadModel(dataDir, 'btcusdt-test'), /manifest\.json: sequenceLength/);
  });

  it('names the models that exist when the wanted one does not', async () => {
    await saveModel(dataDir, draft, files);
    await assert.rejects(loadModel(dataDir, 'nope'), (error: unknown) => {
      assert.ok(error instanceof ConfigError);
      assert.match(error.message, /there are: btcusdt-test@1/);
      return true;
    });
    await assert.rejects(loadModel(dataDir, '../../etc'), ConfigError);
  });
});

describe('run store', () => {
  it('counts earlier openings of an overlapping test period by other models only', async () => {
    const dataDir = await mkdtemp(path.join(tmpdir(), 'tidemark-runs-'));
    const store = new RunStore(dataDir);
    const opening = { runId: 'r', modelSha256: 'a', venue: 'v', symbol: 's', fromMs: 100, toMs: 200 };
    assert.equal(store.openTest(opening, 'now'), 0);
    assert.equal(store.openTest(opening, 'now'), 0);
    assert.equal(store.openTest({ ...opening, modelSha256: 'b', fromMs: 200, toMs: 300 }, 'now'), 1);
    assert.equal(store.openTest({ ...opening, modelSha256: 'c', fromMs: 400, toMs: 500 }, 'now'), 0);
    assert.equal(store.openTest({ ...opening, symbol: 'other', modelSha256: 'd' }, 'now'), 0);
    assert.equal(store.openTest(opening, 'now'), 0, 'the first to open stays the first');
    store.close();
    await rm(dataDir, { recursive: true });
  });
});
