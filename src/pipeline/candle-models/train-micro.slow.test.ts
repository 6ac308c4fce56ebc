import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { candleAt, candleTable } from '../../domain/candles/index.ts';
import { ConfigError, DAY_MS, DataError } from '../../domain/core/index.ts';
import { MICRO_BRANCHES, MICRO_OUTPUTS } from '../../learning/candles/index.ts';
import { loadModelOf, saveModel } from '../../platform/storage/index.ts';
import { CandleModel } from '../candle-scoring/index.ts';
import { DAYS, hourly, requestOf, smallConfig, START_MS, storeCandles } from './candle-models.fixture.ts';
import { trainMacro } from './train-macro.ts';
import { trainMicro } from './train-micro.ts';

const SYMBOLS = { AAA: 1, BBB: 2 } as const;

describe('trainMicro', () => {
  let dataDir = '';
  before(async () => {
    dataDir = await mkdtemp(path.join(tmpdir(), 'tidemark-micro-'));
    for (const [symbol, seed] of Object.entries(SYMBOLS)) await storeCandles(dataDir, symbol, hourly(seed));
    await trainMacro(requestOf(smallConfig(dataDir), { name: 'days' }));
  });
  after(async () => await rm(dataDir, { recursive: true }));

  for (const branch of MICRO_BRANCHES) {
    for (const output of MICRO_OUTPUTS) {
      it(`trains with and without MacroNet: ${branch}, ${output}`, async () => {
        const config = smallConfig(dataDir, { micro: { branch, output } });
        for (const macro of ['days', null]) {
          const result = await trainMicro(requestOf(config, { name: `${branch}-${output}`, macro }));
          const { rows, validation } = result;
          assert.ok(rows.train > 300 && rows.validation > 50 && rows.test > 50, JSON.stringify(rows));
          // At each of the two boundaries the labels of both symbols look three candles ahead.
          assert.equal(rows.purged, 2 * 2 * 3);
          assert.equal(validation.rows, rows.validation);
          assert.equal(validation.classes === null, output === 'score');
          const { manifest } = await loadModelOf(dataDir, result.model, { kinds: ['micro'] });
          assert.equal(manifest.macro?.model ?? null, macro === null ? null : 'days@1');
          assert.equal(manifest.label.name, 'threshold-0.01-3');
          const { static: fixed } = manifest.thresholds;
          assert.ok(fixed.sellBelow <= fixed.buyAbove);
          assert.equal(manifest.data.toMs, result.testFromMs);
        }
      });
    }
  }

  it('labels by every rule', async () => {
    for (const kind of ['volatility', 'trade']) {
      const label = { kind, horizonCandles: 3, volatilityCandles: 24, stop: 0.01, takeProfit: 0.02 };
      const config = smallConfig(dataDir, { micro: { label, output: 'classes', epochs: 1 } });
      const { model, validation } = await trainMicro(requestOf(config, { name: kind }));
      const { manifest } = await loadModelOf(dataDir, model, { kinds: ['micro'] });
      assert.ok(manifest.label.name.startsWith(`${kind}-`));
      assert.ok(validation.labelShares.every((share) => share > 0.02));
    }
  });

  it('never sees the test period', async () => {
    const config = smallConfig(dataDir, { micro: { output: 'classes' } });
    const result = await trainMicro(requestOf(config, { name: 'unseen' }));
    const other = await mkdtemp(path.join(tmpdir(), 'tidemark-micro-'));
    for (const [symbol, seed] of Object.entries(SYMBOLS)) {
      const [before, later] = [hourly(seed), hourly(seed + 9)];
      const candles = Array.from({ length: DAYS * 24 }, (_, row) =>
        candleAt(before.openTimeMs[row]! < result.testFromMs ? before : later, row),
      );
      await storeCandles(other, symbol, candleTable(candles));
    }
    const again = await trainMicro(
      requestOf(smallConfig(other, { micro: { output: 'classes' } }), { name: 'unseen' }),
    );
    const bytes = async (folder: string) => (await loadModelOf(folder, 'unseen', { kinds: ['micro'] })).files;
    assert.deepEqual(await bytes(other), await bytes(dataDir));
    assert.deepEqual(again.validation, result.validation);
    await rm(other, { recursive: true });
  });

  it('goes on where it was interrupted and ends with the same bytes', async () => {
    const config = smallConfig(dataDir, { micro: { epochs: 4, patience: 4 } });
    const bytes = async (model: string) => (await loadModelOf(dataDir, model, { kinds: ['micro'] })).files;
    const whole = await trainMicro(requestOf(config, { name: 'whole', macro: 'days' }));
    const controller = new AbortController();
    const interrupted = trainMicro(
      requestOf(config, {
        name: 'broken',
        macro: 'days',
        signal: controller.signal,
        onStep: (_, { epoch }) => {
          if (epoch === 2) controller.abort(new Error('stop'));
        },
      }),
    );
    await assert.rejects(interrupted, /stop/);
    const resumed = await trainMicro(requestOf(config, { name: 'broken', macro: 'days' }));
    assert.equal(resumed.resumedAfterEpoch, 1);
    assert.deepEqual(await bytes(resumed.model), await bytes(whole.model));
  });

  it('refuses a MacroNet that does not fit', async () => {
    const config = smallConfig(dataDir);
    const refused = async (
      error: typeof ConfigError | typeof DataError,
      pattern: RegExp,
      change: Parameters<typeof requestOf>[1],
      used = config,
    ) =>
      await assert.rejects(
        trainMicro(requestOf(used, { name: 'refused', macro: 'days', ...change })),
        (thrown: unknown) => thrown instanceof error && pattern.test(thrown.message),
      );
    const { model } = await trainMicro(requestOf(config, { name: 'kind', macro: 'days' }));
    await refused(ConfigError, /--macro: kind@1 is a micro model; give a macro model/, { macro: model });
    await refused(ConfigError, /--macro: no model "nobody"/, { macro: 'nobody' });
    // Ends on 17 January: its test period begins on the 16th, which the MacroNet has learned from.
    await refused(ConfigError, /learned from candles up to 2025-01-25.* begins on 2025-01-16/, {
      to: '2025-01-17',
    });
    const notes: string[] = [];
    await storeCandles(dataDir, 'CCC', hourly(3));
    await trainMicro(
      requestOf(config, { name: 'ccc', macro: 'days', symbols: ['CCC'], onNote: (note) => notes.push(note) }),
    );
    assert.match(notes.join('\n'), /days@1 has never seen CCC: it learned from AAA, BBB/);
    const changed = Array.from({ length: DAYS * 24 }, (_, row) => {
      const candle = candleAt(hourly(2), row);
      return row === 77 ? { ...candle, trades: candle.trades + 1 } : candle;
    });
    await storeCandles(dataDir, 'BBB', candleTable(changed));
    await refused(DataError, /BBB: its candles from 2025-01-01 to 2025-01-25 are not those that days@1/, {});
    await storeCandles(dataDir, 'BBB', hourly(2));
    await trainMicro(requestOf(config, { name: 'again', macro: 'days' }));
    await refused(DataError, /no candle has a label, 24 whole candles up to it/, {
      macro: null,
      from: '2025-01-01',
      to: '2025-01-03',
    });
  });

  it('is not served when it, or its MacroNet, was changed', async () => {
    const { model, out } = await trainMicro(
      requestOf(smallConfig(dataDir), { name: 'served', macro: 'days' }),
    );
    await (await CandleModel.load(dataDir, model)).release();
    const damage = async (file: string, code: string): Promise<void> => {
      const bytes = readFileSync(file);
      writeFileSync(
        file,
        bytes.map((byte, i) => (i === 200 ? byte ^ 1 : byte)),
      );
      await assert.rejects(
        CandleModel.load(dataDir, model),
        (error: unknown) => error instanceof DataError && error.code === code,
      );
      writeFileSync(file, bytes);
    };
    await damage(path.join(out, 'model.onnx'), 'MODEL_HASH');
    await damage(path.join(dataDir, 'models/days/1/model.onnx'), 'MODEL_HASH');
    const { manifest, files } = await loadModelOf(dataDir, model, { kinds: ['micro'] });
    const { format: _, version: __, files: ___, ...draft } = manifest;
    const other = { ...draft, name: 'other', macro: { model: 'days@1', sha256: 'f'.repeat(64) } };
    await saveModel(dataDir, other, files);
    await assert.rejects(CandleModel.load(dataDir, 'other'), /taught with another days@1/);
    await assert.rejects(CandleModel.load(dataDir, 'days'), ConfigError);
    assert.equal(manifest.testFromMs > START_MS + 20 * DAY_MS, true);
  });
});
