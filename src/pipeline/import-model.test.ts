import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ConfigError, DataError } from '../domain/core/index.ts';
import { QUANTGOD_9 } from '../domain/features/index.ts';
import { BaseModel } from '../learning/models/index.ts';
import { loadModel } from '../platform/storage/index.ts';
import { audit, importModel, overlay, parseConfig } from './index.ts';
import type { PartialTree } from './index.ts';

/** Made by bench/peers/import_golden.py; what PyTorch answers is compared in src/learning/models. */
const WEIGHTS = path.resolve(import.meta.dirname, '../learning/models/golden/import.safetensors');
const NETWORK = { sequenceLength: 24, channels: 4, hidden: 8, layers: 2 };

describe('import of a model', () => {
  let dataDir = '';
  before(async () => {
    dataDir = await mkdtemp(path.join(tmpdir(), 'tidemark-import-'));
  });
  after(() => rm(dataDir, { recursive: true, force: true }));

  const request = (changes: PartialTree = {}, more: { weights?: string; map?: string } = {}) => ({
    config: parseConfig(overlay({ dataDir, base: NETWORK }, changes)),
    runId: 'r',
    createdAt: '2026-01-01T00:00:00Z',
    signal: new AbortController().signal,
    name: 'foreign',
    weights: WEIGHTS,
    ...more,
  });
  const put = async (name: string, content: string | Uint8Array): Promise<string> => {
    const file = path.join(dataDir, name);
    await writeFile(file, content);
    return file;
  };
  const refused = async (
    promise: Promise<unknown>,
    type: typeof ConfigError | typeof DataError,
    said: RegExp,
  ) => {
    await assert.rejects(promise, (error: unknown) => {
      assert.ok(error instanceof type, String(error));
      assert.match(error.message, said);
      return true;
    });
  };

  it('keeps an artifact that says where its weights come from, and claims nothing else', async () => {
    const changes = { features: 'quantgod-9-samples', label: { preset: 'SELL_0004_BUY_0004_1h' } };
    const { model, weightsSha256 } = await importModel(request(changes));
    const { manifest, files } = await loadModel(dataDir, model);
    const sha256 = createHash('sha256')
      .update(await readFile(WEIGHTS))
      .digest('hex');
    assert.equal(weightsSha256, sha256);
    assert.equal(manifest.provenance?.kind, 'imported');
    assert.deepEqual([manifest.provenance.file, manifest.provenance.sha256], ['import.safetensors', sha256]);
    assert.deepEqual([manifest.kind, manifest.data, manifest.metrics], ['base', null, {}]);
    assert.equal(manifest.featureSet, 'quantgod-9-samples');
    assert.equal(manifest.label.name, 'SELL_0004_BUY_0004_1h');
    const served = await BaseModel.load(files['model.onnx']!, { featureNames: QUANTGOD_9 });
    assert.equal((await served.scoreWindow(new Float64Array(24 * 9))).length, 3);
    await served.release();
  });

  it('is the original feature set unless told otherwise', async () => {
    const { model } = await importModel(request());
    assert.equal((await loadModel(dataDir, model)).manifest.featureSet, 'quantgod-9');
  });

  it('is not audited: nobody knows what it has already seen', async () => {
    const { model } = await importModel(request());
    await refused(
      audit({ ...request(), model }),
      ConfigError,
      /imported: what it was trained on is not known/,
    );
  });

  it('refuses what does not fit, and leaves nothing behind', async () => {
    const name = 'unborn';
    await refused(importModel({ ...request({ features: 'stationary' }), name }), DataError, /\[4, 9, 3\]/);
    const broken = await put('broken.safetensors', (await readFile(WEIGHTS)).subarray(0, 9_000));
    await refused(importModel({ ...request({}, { weights: broken }), name }), DataError, /truncated/);
    await refused(loadModel(dataDir, name), ConfigError, /no model "unborn"/);
  });

  it('names the flag of a file that cannot be read, or says nothing useful', async () => {
    const missing = path.join(dataDir, 'nowhere');
    await refused(importModel(request({}, { weights: missing })), ConfigError, /--weights: cannot read/);
    await refused(importModel(request({}, { map: missing })), ConfigError, /--map: cannot read/);
    const map = await put('map.json', '{"a": 1}');
    await refused(importModel(request({}, { map })), ConfigError, /--map: .*object of expressions and names/);
    const torn = await put('torn.json', '{"a":');
    await refused(importModel(request({}, { map: torn })), ConfigError, /--map: .*is no JSON/);
    const useless = await put('useless.json', '{"lstm\\\\..*": null}');
    await refused(importModel(request({}, { map: useless })), DataError, /missing: lstm\.weight_ih_l0/);
  });
});
