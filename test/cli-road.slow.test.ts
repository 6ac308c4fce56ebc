/** The commands one after the other as a program would call them, and what an interruption leaves behind. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, describe, it } from 'node:test';
import { z } from 'zod';
import { readBars } from '../src/platform/storage/index.ts';
import { ended, jsonOf, start, tidemark } from './fixtures/command-line.ts';
import { ingestInto, placeIn, removeFolder, simulateArchives, temporaryFolder } from './fixtures/road.ts';

const PLACE = ['--venue', 'bybit-linear', '--symbol', 'SIMUSDT'];
const SMALL = [
  '--sequence-length',
  '24',
  '--channels',
  '4',
  '--hidden',
  '8',
  '--layers',
  '1',
  '--labelled-steps',
  '48',
];

/** Thresholds that two days cross often enough for every fold to know every class. */
const LABEL = ['--short', '-0.002', '--long', '0.002'];

const count = z.int().min(0);
const score = z.number().min(0).max(1);
const Epoch = z.object({ epoch: count, trainLoss: z.number(), valLoss: z.number(), macroF1: score });
const Scores = z.object({
  macroF1: score,
  mcc: z.number().min(-1).max(1),
  logLoss: z.number().min(0),
  ece: score,
  ci95: z.tuple([score, score]),
});

/** What each command promises to tell a program, at least. */
const PROMISED = {
  simulate: z.object({
    synthetic: z.literal(true),
    archives: z.array(z.string()).length(2),
    folder: z.string(),
  }),
  ingest: z.object({
    files: z.literal(2),
    messages: count.min(10_000),
    bars: z.literal(2_880),
    bytesIn: count.min(1e6),
    seconds: z.number().gt(0),
    gaps: z.literal(0),
    crossed: z.literal(0),
    quarantined: z.literal(0),
    out: z.string(),
  }),
  label: z.object({
    rows: z.literal(2_880),
    labelled: z.literal(2_880 - 60),
    shares: z.record(z.string(), score),
  }),
  train: z.object({
    runId: z.string().min(1),
    model: z.literal('tiny@1'),
    parameters: z.literal(839),
    labelsPerSecond: z.number().gt(0),
    epochs: z.array(Epoch).length(2),
    best: Epoch,
  }),
  audit: z.object({
    runId: z.string().min(1),
    model: z.literal('tiny@2'),
    folds: z.array(z.object({ trainRows: count.min(1), purged: count.min(1) })).length(2),
    oofRows: count.min(500),
    seeds: z.array(z.object({ seed: z.literal(1), auditorRounds: count.min(1) })).length(1),
    test: Scores,
    base: Scores,
  }),
  evaluate: z.object({
    model: z.literal('tiny@2'),
    synthetic: z.literal(true),
    scores: z.array(z.object({ id: z.string(), macroF1: score })).min(4),
    verdict: z.array(z.string()).min(2),
    report: z.object({ html: z.string(), json: z.string() }),
  }),
  replay: z.object({
    minutes: z.literal(1_440),
    signals: z
      .array(
        z.object({
          confidence: score,
          probabilities: z.array(score).length(3),
          set: z.array(z.enum(['SELL', 'NEUTRAL', 'BUY'])),
          abstains: z.boolean(),
        }),
      )
      .length(1_416),
  }),
};

describe('the commands', () => {
  let folder = '';
  let archives = '';
  before(async () => {
    folder = await temporaryFolder();
    archives = (await simulateArchives(path.join(folder, 'archives'), 2)).folder;
  });
  after(async () => {
    await removeFolder(folder);
  });

  it('gives every command a help with an example that is a command of its own', async () => {
    const commands = ['demo', 'simulate', 'ingest l2', 'label', 'train base', 'audit', 'evaluate', 'replay'];
    for (const command of [...commands, 'models list', 'doctor', 'bench']) {
      const { exitCode, stdout } = await tidemark(folder, [...command.split(' '), '--help']);
      assert.equal(exitCode, 0);
      assert.match(stdout, new RegExp(`\\nExample:\\n  tidemark ${command}`));
      assert.match(stdout, /--data-dir .*--seed .*--json/s);
    }
    const { stdout } = await tidemark(folder, ['--help']);
    assert.match(stdout, /Exit codes: 0 done, 1 failed, 2 wrong usage/);
  });

  it('print one JSON object each, with the promised fields, from the archive to the signal', async () => {
    const data = ['--data-dir', path.join(folder, 'road')];
    const json = async (...args: string[]): Promise<unknown> => {
      const done = await tidemark(folder, [...args, ...data, '--json']);
      assert.equal(done.exitCode, 0, done.stderr);
      return jsonOf(done);
    };
    PROMISED.simulate.parse(await json('simulate', '--out', 'again', '--days', '2'));
    PROMISED.ingest.parse(await json('ingest', 'l2', ...PLACE, '--in', archives));
    PROMISED.label.parse(await json('label', ...PLACE, ...LABEL));
    PROMISED.train.parse(
      await json('train', 'base', ...PLACE, ...LABEL, '--name', 'tiny', ...SMALL, '--epochs', '2'),
    );
    const folds = ['--folds', '2', '--rounds', '20', '--test-share', '0.2'];
    const { test, base } = PROMISED.audit.parse(await json('audit', '--model', 'tiny@1', ...folds));
    const { scores, report } = PROMISED.evaluate.parse(await json('evaluate', '--model', 'tiny'));
    const of = (id: string) => scores.find((s) => s.id === id)?.macroF1;
    assert.deepEqual([of('audited'), of('base')], [test.macroF1, base.macroF1], 'evaluate repeats the audit');
    assert.ok(existsSync(path.join(folder, report.html)) || existsSync(report.html));
    const lastDay = path.join(
      archives,
      readdirSync(archives).findLast((name) => name.endsWith('.zip'))!,
    );
    PROMISED.replay.parse(await json('replay', '--model', 'tiny', '--in', lastDay));
  });

  it('start at the same time on a new data folder without locking each other out', async () => {
    const data = ['--data-dir', path.join(folder, 'shared')];
    const all = await Promise.all(
      Array.from({ length: 6 }, () => tidemark(folder, ['label', ...PLACE, ...data])),
    );
    assert.deepEqual(
      all.map(({ exitCode }) => exitCode),
      [3, 3, 3, 3, 3, 3],
    );
  });

  /** Everything below a folder that is not whole: temporary files and hidden staging folders. */
  const halfWritten = (below: string): string[] =>
    readdirSync(below, { recursive: true, encoding: 'utf8' }).filter(
      (name) => path.basename(name).startsWith('.') || name.endsWith('.tmp'),
    );
  const statusOf = (dataDir: string): unknown => {
    const database = new DatabaseSync(path.join(dataDir, 'tidemark.sqlite'), { readOnly: true });
    const statuses = database.prepare('SELECT status FROM runs ORDER BY rowid').all();
    database.close();
    return statuses.map((row) => row['status']);
  };

  it('ingest, interrupted, leaves whole days only, marked as synthetic, and succeeds when run again', async () => {
    const dataDir = path.join(folder, 'interrupted-ingest');
    const args = ['ingest', 'l2', ...PLACE, '--in', archives, '--data-dir', dataDir];
    const bars = path.join(dataDir, 'bars', 'venue=bybit-linear', 'symbol=SIMUSDT');
    const child = start(folder, args);
    const done = ended(child);
    while (!existsSync(path.join(bars, 'date=2025-01-01.parquet'))) {
      assert.equal(child.exitCode, null, 'still at work');
      await sleep(5);
    }
    child.kill('SIGINT');
    const { exitCode, stderr } = await done;
    assert.equal(exitCode, 130);
    assert.match(stderr, /stopping cleanly/);
    assert.match(stderr, /interrupted: nothing half-written is left/);
    assert.deepEqual(halfWritten(dataDir), []);
    const { rows } = await readBars(placeIn(dataDir));
    assert.equal(rows % 1_440, 0, 'whole days only');
    assert.ok(existsSync(path.join(bars, 'SYNTHETIC.json')), 'no simulated bar without its mark');

    const { exitCode: second } = await tidemark(folder, args);
    assert.equal(second, 0);
    const whole = path.join(folder, 'uninterrupted');
    await ingestInto(whole, [archives]);
    const [resumed, expected] = [await readBars(placeIn(dataDir)), await readBars(placeIn(whole))];
    assert.ok(Buffer.from(resumed.features.buffer).equals(Buffer.from(expected.features.buffer)));
    assert.deepEqual(statusOf(dataDir), ['interrupted', 'done']);
  });

  it('train, interrupted, leaves no model, and succeeds when run again', async () => {
    const dataDir = path.join(folder, 'interrupted-train');
    await ingestInto(dataDir, [archives]);
    const data = ['--data-dir', dataDir];
    assert.equal((await tidemark(folder, ['label', ...PLACE, ...data])).exitCode, 0);
    const train = (epochs: string) => [
      'train',
      'base',
      ...PLACE,
      '--name',
      'n',
      ...SMALL,
      ...data,
      '--epochs',
      epochs,
    ];
    const child = start(folder, [...train('100000'), '--patience', '100000']);
    const done = ended(child);
    // Long enough to be in the middle of it, and far from its end.
    await new Promise((resolve) => child.stderr.once('data', resolve));
    await sleep(1_000);
    child.kill('SIGINT');
    const { exitCode, stdout } = await done;
    assert.deepEqual([exitCode, stdout], [130, '']);
    assert.deepEqual(halfWritten(dataDir), []);
    assert.deepEqual(jsonOf(await tidemark(folder, ['models', 'list', ...data, '--json'])), []);
    assert.equal((await tidemark(folder, train('1'))).exitCode, 0);
    assert.deepEqual(statusOf(dataDir), ['done', 'interrupted', 'done']);
  });
});
