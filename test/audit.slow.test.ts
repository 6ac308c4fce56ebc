/** What calibration may touch and what may touch it, and an audit that is killed, interrupted, repeated, parallel. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, describe, it } from 'node:test';
import { z } from 'zod';
import { CLASS_COUNT, NO_LABEL } from '../src/domain/core/index.ts';
import { planAudit } from '../src/pipeline/audit/audit-plan.ts';
import { audit, type AuditOutcome, type Config } from '../src/pipeline/index.ts';
import { loadJudges, ServedModel } from '../src/pipeline/live/index.ts';
import { ended, jsonOf, start, tidemark } from './fixtures/command-line.ts';
import {
  assertSameBits,
  buildRoad,
  readData,
  relabelledCopy,
  removeFolder,
  type Road,
  runOf,
  temporaryFolder,
  trainAndAudit,
} from './fixtures/road.ts';

const hashesOf = ({ stored }: AuditOutcome): Record<string, string> =>
  Object.fromEntries(Object.entries(stored.manifest.files).map(([name, { sha256 }]) => [name, sha256]));

describe('audit', () => {
  let folder = '';
  let road: Road;
  let hashes: Record<string, string> = {};
  before(async () => {
    folder = await temporaryFolder();
    road = await buildRoad(folder, 2);
    hashes = hashesOf(road.audited);
  });
  after(async () => {
    await removeFolder(folder);
  });

  /** An audit of data in which some of the rows (positions) have another label. */
  async function auditWithout(name: string, positionsOf: (plan: ReturnType<typeof planAudit>) => Int32Array) {
    const config = await relabelledCopy(road.config, path.join(folder, name), (label, bars) => {
      for (const position of positionsOf(planAudit(bars, road.config))) {
        const row = bars.rows[position]!;
        assert.notEqual(label[row], NO_LABEL);
        label[row] = (label[row]! + 1) % CLASS_COUNT;
      }
      return label;
    });
    return await audit({ ...runOf(config), model: 'tiny@1', fresh: true });
  }

  it('learns nothing from the calibration slice but calibration and prediction sets', async () => {
    const other = await auditWithout('other-slice', ({ calibration }) => calibration.slice);
    const changed = hashesOf(other);
    assert.equal(changed['auditor.json'], hashes['auditor.json']);
    assert.notEqual(changed['calibration.json'], hashes['calibration.json']);
    assert.notEqual(changed['conformal.json'], hashes['conformal.json']);
    // No out-of-fold prediction either: of the networks only the shipped one learns these labels, as the protocol has it.
    const trained = ({ folds }: AuditOutcome) =>
      folds.map(({ training }) => training.epochs.map((e) => e.trainLoss));
    assert.deepEqual(trained(other), trained(road.audited));
    assert.notEqual(changed['model.onnx'], hashes['model.onnx']);
  });

  it('learns nothing from the rows of the prediction sets but prediction sets', async () => {
    const changed = hashesOf(await auditWithout('other-sets', ({ calibration }) => calibration.conformal));
    for (const file of ['auditor.json', 'calibration.json']) assert.equal(changed[file], hashes[file], file);
    assert.notEqual(changed['conformal.json'], hashes['conformal.json']);
  });

  it('of several seeds by several workers ships what one seed by one worker does, and keeps every judge', async () => {
    const request = { ...runOf(road.config), model: 'tiny@1', seeds: 2, fresh: true };
    const both = await audit({ ...request, workers: 3 });
    const files = hashesOf(both);
    for (const [name, sha256] of Object.entries(hashes)) assert.equal(files[name], sha256, name);
    assert.deepEqual(
      both.seeds.map(({ seed }) => seed),
      [1, 2],
    );
    const judges = await loadJudges(both.stored, { threads: 1 });
    const { bars, rows } = await readData(road.config);
    const own = await trainAndAudit({ ...road.config, seed: 2 }, 'second');
    const [second] = await loadJudges(own.stored, { threads: 1 });
    assert.deepEqual([judges[1]!.seed, second!.seed], [2, 2]);
    const [expected, actual] = [
      await second!.model.scoreRows(bars.features, rows),
      await judges[1]!.model.scoreRows(bars.features, rows),
    ];
    assertSameBits(actual.probabilities, expected.probabilities, 'the second seed by itself');
    const [first] = [await judges[0]!.model.scoreRows(bars.features, rows)];
    assert.ok(first.probabilities.some((p, i) => p !== actual.probabilities[i]));
    for (const { model } of [...judges, second!]) await model.release();
  });

  it('refuses to serve an artifact without its calibration, naming what to run', async () => {
    const { files, ...rest } = road.audited.stored;
    const { 'calibration.json': _, ...without } = files;
    await assert.rejects(ServedModel.load({ ...rest, files: without }), {
      name: 'ConfigError',
      message: /was audited before there was a calibration: run `tidemark audit --model tiny` first/,
    });
    const damaged = { ...files, 'conformal.json': Buffer.from('{"format":1}') };
    await assert.rejects(ServedModel.load({ ...rest, files: damaged }), {
      name: 'DataError',
      message: /conformal\.json: .*run `tidemark audit` again/s,
    });
  });

  const Result = z.object({
    model: z.string(),
    out: z.string(),
    seeds: z.array(z.object({ seed: z.int() })),
  });

  /** A copy of the data, on which nothing was audited yet. */
  async function copied(name: string): Promise<Config> {
    const config = await relabelledCopy(road.config, path.join(folder, name), (label) => label);
    await removeFolder(path.join(config.dataDir, 'fits'));
    return config;
  }
  const OPTIONS =
    '--model tiny@1 --folds 2 --test-share 0.2 --rounds 20 --threads 1 --workers 1 --bootstrap-samples 100';
  const auditing = (config: Config): string[] => [
    'audit',
    ...OPTIONS.split(' '),
    '--json',
    '--data-dir',
    config.dataDir,
  ];
  const filesOf = (config: Config): string[] => {
    const fits = path.join(config.dataDir, 'fits');
    return existsSync(fits) ? readdirSync(fits).filter((name) => name.endsWith('.fit')) : [];
  };
  async function finish(config: Config) {
    const done = await tidemark(folder, auditing(config));
    assert.equal(done.exitCode, 0, done.stderr);
    const { model } = Result.parse(jsonOf(done));
    const [name, version] = model.split('@');
    const manifest = path.join(config.dataDir, 'models', name!, version!, 'manifest.json');
    const { files } = z
      .object({ files: z.record(z.string(), z.object({ sha256: z.string() })) })
      .parse(JSON.parse(readFileSync(manifest, 'utf8')));
    return { stderr: done.stderr, files };
  }
  /** Starts an audit and sends the signal as soon as one fold is safe. */
  async function stoppedAfterOneFold(config: Config, signal: 'SIGKILL' | 'SIGINT') {
    const child = start(folder, auditing(config));
    const done = ended(child);
    while (filesOf(config).length === 0) {
      assert.equal(child.exitCode, null, 'still at work');
      await sleep(5);
    }
    child.kill(signal);
    return await done;
  }

  it('killed or interrupted after a fold does only what is missing, to the same bytes', async () => {
    const whole = await finish(await copied('undisturbed'));
    assert.doesNotMatch(whole.stderr, /trained before/);
    for (const signal of ['SIGKILL', 'SIGINT'] as const) {
      const config = await copied(`stopped-${signal}`);
      const { exitCode } = await stoppedAfterOneFold(config, signal);
      assert.equal(exitCode, signal === 'SIGINT' ? 130 : null);
      const left = readdirSync(config.dataDir, { recursive: true, encoding: 'utf8' });
      if (signal === 'SIGINT')
        assert.deepEqual(
          left.filter((name) => name.endsWith('.tmp')),
          [],
        );
      assert.ok(filesOf(config).length < 3, 'stopped before its end');
      const resumed = await finish(config);
      assert.match(resumed.stderr, /fold 1 of 2: trained before, taken from/);
      assert.deepEqual(resumed.files, whole.files);
    }
  });
});
