import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { candleAt, candleTable, SCALER_KINDS } from '../../domain/candles/index.ts';
import { ConfigError, DAY_MS, DataError } from '../../domain/core/index.ts';
import { ENCODERS, PRETRAINING_TASKS } from '../../learning/candles/index.ts';
import { embeddingFile, listModels, loadModel, loadModelOf, RunStore } from '../../platform/storage/index.ts';
import { daysOf, loadMacro } from '../candle-scoring/index.ts';
import { DAYS, hourly, requestOf, smallConfig, START_MS, storeCandles } from './candle-models.fixture.ts';
import { cachedEmbeddings } from './embedding-cache.ts';
import { trainMacro } from './train-macro.ts';
import { readSeries } from './stored-series.ts';

describe('trainMacro', () => {
  let dataDir = '';
  before(async () => {
    dataDir = await mkdtemp(path.join(tmpdir(), 'tidemark-macro-'));
    await storeCandles(dataDir, 'AAA', hourly(1));
    await storeCandles(dataDir, 'BBB', hourly(2));
  });
  after(async () => await rm(dataDir, { recursive: true }));

  for (const encoder of ENCODERS) {
    for (const task of PRETRAINING_TASKS) {
      it(`trains and embeds by configuration: ${encoder}, ${task}`, async () => {
        const scaler = SCALER_KINDS[ENCODERS.indexOf(encoder)];
        const config = smallConfig(dataDir, { macro: { encoder, task, scaler, epochs: 1 } });
        const result = await trainMacro(requestOf(config, { name: `${encoder}-${task}` }));
        assert.equal(result.epochs.length, 1);
        assert.ok(Number.isFinite(result.best.valLoss));
        // 00:00 of 4 January to 29 January: two days of history, and two more for the first features.
        assert.deepEqual(result.embeddings.days, 2 * (DAYS + 1 - 4));
        const { manifest } = await loadModelOf(dataDir, result.model, { kinds: ['macro'] });
        assert.deepEqual(
          [manifest.encoder, manifest.task, manifest.featureSet, manifest.scaling, manifest.interval],
          [encoder, task, 'candles-7', { kind: scaler, days: 2 }, '1h'],
        );
      });
    }
  }

  it('learns from the development period alone, and says what it learned from', async () => {
    const store = new RunStore(dataDir);
    const result = await trainMacro(requestOf(smallConfig(dataDir), { name: 'facts', store }));
    const { manifest, files } = await loadModelOf(dataDir, 'facts', { kinds: ['macro'] });
    assert.deepEqual(Object.keys(files), ['model.onnx']);
    assert.equal(manifest.data.fromMs, START_MS);
    assert.equal(manifest.data.toMs, START_MS + 25 * DAY_MS);
    assert.equal(manifest.data.rows, 25 * 24);
    assert.deepEqual(
      manifest.data.companions?.map(({ symbol }) => symbol),
      ['BBB'],
    );
    assert.ok(result.figures.collapse.effectiveRank > 1);
    assert.equal(result.figures.days, 2 * 22);
    assert.deepEqual(store.epochsOf('run', 'macro'), result.epochs);
    assert.equal(readFileSync(result.metrics, 'utf8').trim().split('\n').length, 2);
    store.close();
    assert.equal((await listModels(dataDir)).find(({ name }) => name === 'facts')?.kind, 'macro');
    await assert.rejects(
      loadModel(dataDir, 'facts'),
      /facts@1 is a macro model; give a base or audited model/,
    );
    // The last tenth of the candles changes nothing but the embeddings of its own days.
    const other = await mkdtemp(path.join(tmpdir(), 'tidemark-macro-'));
    const later = (seed: number) =>
      candleTable(
        Array.from({ length: DAYS * 24 }, (_, row) => candleAt(hourly(row < 25 * 24 ? seed : seed + 9), row)),
      );
    await storeCandles(other, 'AAA', later(1));
    await storeCandles(other, 'BBB', later(2));
    const again = await trainMacro(requestOf(smallConfig(other), { name: 'facts' }));
    assert.equal(again.sha256, result.sha256);
    assert.deepEqual(again.figures, result.figures);
    assert.equal(again.best.valLoss, result.best.valLoss);
    await rm(other, { recursive: true });
  });

  it('goes on where it was interrupted and ends with the same bytes', async () => {
    const config = smallConfig(dataDir, { macro: { epochs: 4, patience: 4, task: 'masked', dropout: 0.2 } });
    const whole = await trainMacro(requestOf(config, { name: 'whole' }));
    const controller = new AbortController();
    const notes: string[] = [];
    const interrupted = trainMacro(
      requestOf(config, {
        name: 'broken',
        signal: controller.signal,
        onNote: (note) => notes.push(note),
        onStep: (_, { epoch }) => {
          if (epoch === 3) controller.abort(new Error('stop'));
        },
      }),
    );
    await assert.rejects(interrupted, /stop/);
    assert.match(notes.at(-1)!, /epoch 2 is kept in .*: the same command goes on from there/);
    const resumed = await trainMacro(requestOf(config, { name: 'broken' }));
    assert.equal(resumed.resumedAfterEpoch, 2);
    assert.equal(resumed.sha256, whole.sha256);
    assert.equal(resumed.untrainedLoss, whole.untrainedLoss);
    const other = smallConfig(dataDir, { macro: { epochs: 4, patience: 4, task: 'masked', dropout: 0.1 } });
    assert.equal((await trainMacro(requestOf(other, { name: 'other' }))).resumedAfterEpoch, null);
  });

  it('makes embeddings once, and again where candles, file or model have changed', async () => {
    const { model, sha256 } = await trainMacro(
      requestOf(smallConfig(dataDir), { name: 'cache', symbols: ['AAA'] }),
    );
    const macro = await loadMacro(dataDir, model);
    const place = { dataDir, venue: 'binance-usdm' };
    const location = { ...place, symbol: 'AAA', interval: '1h' } as const;
    const series = await readSeries(location, {});
    const days = daysOf(series);
    const first = await cachedEmbeddings(place, macro, series, days);
    assert.deepEqual([first.computed, first.reused], [0, DAYS + 1 - 4]);
    const file = embeddingFile({ ...location, modelSha256: sha256 }, START_MS + 9 * DAY_MS);
    assert.ok(existsSync(file));
    const bytes = readFileSync(file);
    const flipped = Array.from({ length: 12 }, (_, i) => {
      const at = 20 + i * Math.floor((bytes.length - 40) / 12);
      return bytes.map((byte, k) => (k === at ? byte ^ 1 : byte));
    });
    for (const damaged of [bytes.subarray(0, bytes.length - 9), ...flipped]) {
      writeFileSync(file, damaged);
      assert.deepEqual((await cachedEmbeddings(place, macro, series, days)).days, first.days);
    }
    writeFileSync(file, bytes.subarray(0, bytes.length - 9));
    assert.equal((await cachedEmbeddings(place, macro, series, days)).computed, 1);
    const { candles } = series;
    const close = candles.close.slice();
    // 11 January, 03:00: in the windows of the 12th and 13th, and before those of the 14th and 15th, as features need.
    close[10 * 24 + 3]! *= 1.0001;
    const changed = { ...series, candles: { ...candles, close } };
    const again = await cachedEmbeddings(place, macro, changed, days);
    assert.deepEqual([again.computed, again.reused], [4, DAYS + 1 - 4 - 4]);
    const retrained = await trainMacro(
      requestOf({ ...smallConfig(dataDir), seed: 2 }, { name: 'cache', symbols: ['AAA'] }),
    );
    assert.notEqual(retrained.sha256, sha256);
    assert.equal((await cachedEmbeddings(place, macro, changed, days)).computed, 0);
    await macro.model.release();
  });

  it('refuses what it cannot learn from, and says what to do', async () => {
    const config = smallConfig(dataDir);
    const refused = async (change: Parameters<typeof requestOf>[1], pattern: RegExp, used = config) =>
      await assert.rejects(
        trainMacro(requestOf(used, change)),
        (error: unknown) => error instanceof DataError && pattern.test(error.message),
      );
    await refused({ symbols: ['CCC'] }, /no candles of .* CCC 1h .*run `tidemark ingest candles`/);
    await refused({ from: '2024-11', to: '2024-12' }, /run `tidemark ingest candles`/);
    await refused(
      { from: '2025-01-20', to: '2025-01-24' },
      /have 2 whole days .*AAA has 120 candles from 2025-01-20/,
    );
    const wrong = async (change: Parameters<typeof requestOf>[1], paths: string, used = config) =>
      await assert.rejects(
        trainMacro(requestOf(used, change)),
        (error: unknown) =>
          error instanceof ConfigError && error.problems.map((problem) => problem.path).join() === paths,
      );
    await wrong(
      { market: 'moon', interval: '7m', from: '2025-02-30', to: 'x' },
      '--market,--interval,--from,--to',
    );
    await wrong({ from: '2025-01-20', to: '2025-01-19' }, '--to');
    await wrong({}, 'macro.strideCandles', smallConfig(dataDir, { macro: { strideCandles: 5 } }));
    await wrong({}, 'macro.patch', smallConfig(dataDir, { macro: { patch: 7 } }));
    await wrong({ name: 'No Name' }, '--name');
  });
});
