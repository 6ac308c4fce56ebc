/** What the command line says and how it exits when input or artifacts are damaged or missing; good data is kept. */
import assert from 'node:assert/strict';
import { cp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { z } from 'zod';
import { readContent } from '../src/platform/sources/index.ts';
import { readBars } from '../src/platform/storage/index.ts';
import { assertRefused, type Ended, jsonOf, start, tidemark } from './fixtures/command-line.ts';
import { buildRoad, placeIn, removeFolder, type Road, temporaryFolder } from './fixtures/road.ts';

const PLACE = ['--venue', 'bybit-linear', '--symbol', 'SIMUSDT'];
const TRAIN = ['train', 'base', ...PLACE, '--name', 'n'];

const ManifestSchema = z.object({
  counts: z.record(z.string(), z.number()),
  gaps: z.array(z.object({ file: z.string(), line: z.int(), expected: z.int(), got: z.int() })),
  quarantined: z.array(z.object({ file: z.string(), line: z.int(), reason: z.string() })),
  incomplete: z.array(z.object({ minuteMs: z.int(), reasons: z.array(z.string()) })),
});

const IngestSchema = z.object({
  files: z.literal(1),
  messages: z.int().min(1),
  bars: z.int(),
  bytesIn: z.int().min(1),
  seconds: z.number().gt(0),
  gaps: z.int(),
  quarantined: z.int(),
  out: z.string(),
  manifests: z.array(z.string()),
});

describe('bad input', { concurrency: 2 }, () => {
  let road: Road;
  let folder = '';
  let dataDir = '';
  /** The opening snapshot and the first half hour, a line a message. */
  let opening: readonly string[] = [];

  before(async () => {
    folder = await temporaryFolder();
    road = await buildRoad(folder, 1);
    ({ dataDir } = road.config);
    const chunks: Buffer[] = [];
    for await (const chunk of readContent(road.market.archives[0]!)) chunks.push(Buffer.from(chunk));
    const lines = Buffer.concat(chunks).toString('utf8').split('\n');
    opening = lines.slice(0, 600);
  });
  after(async () => {
    await removeFolder(folder);
  });

  const run = async (...args: string[]): Promise<Ended> => await tidemark(folder, args);
  const put = async (name: string, content: string | Uint8Array): Promise<string> => {
    const file = path.join(folder, name);
    await writeFile(file, content);
    return file;
  };

  const refuses = async (
    args: readonly string[],
    exitCode: 2 | 3,
    ...said: readonly RegExp[]
  ): Promise<void> => assertRefused(await run(...args, '--json'), exitCode, ...said);

  describe('input', { concurrency: 2 }, () => {
    const ingest = (name: string, file: string): string[] => [
      'ingest',
      'l2',
      ...PLACE,
      '--in',
      file,
      '--data-dir',
      path.join(folder, name),
    ];
    const ingested = async (name: string, lines: readonly string[]) => {
      const file = await put(`${name}.data`, lines.join('\n'));
      const done = await run(...ingest(name, file), '--json');
      assert.equal(done.exitCode, 0, done.stderr);
      const result = IngestSchema.parse(jsonOf(done));
      const manifest = ManifestSchema.parse(JSON.parse(await readFile(result.manifests[0]!, 'utf8')));
      return { file, result, manifest };
    };

    it('keeps the good bars of a truncated zip and refuses the rest', async () => {
      const whole = await readFile(road.market.archives[0]!);
      const file = await put('cut.zip', whole.subarray(0, whole.length / 4));
      const args = ingest('cut', file);
      await refuses(
        args,
        3,
        /cut\.zip: the zip archive is cut off/,
        /Kept: \d+ bars .*ingest-\d{4}-\d\d-\d\d\.json/,
      );
      const { rows, features } = await readBars(placeIn(path.join(folder, 'cut')));
      const whole1 = await readBars(placeIn(dataDir));
      assert.ok(rows > 200 && rows < 600);
      const good = (rows - 1) * 9;
      assert.deepEqual(features.slice(0, good), whole1.features.slice(0, good));
    });

    it('puts a line of garbage aside, counted and named, and goes on', async () => {
      const lines = opening.toSpliced(100, 0, '{"topic": oops');
      const { file, result, manifest } = await ingested('garbage', lines);
      assert.deepEqual([result.quarantined, result.gaps], [1, 0]);
      assert.equal(result.messages, opening.length);
      assert.deepEqual(
        manifest.quarantined.map((q) => [q.file, q.line]),
        [[file, 101]],
      );
      assert.equal(manifest.counts['quarantined'], 1);
    });

    it('records a missing sequence number and never bridges it', async () => {
      const idOf = (line: string): number => Number(/"u":(\d+)/.exec(line)![1]);
      const { file, result, manifest } = await ingested('gap', opening.toSpliced(300, 1));
      assert.deepEqual([result.quarantined, result.gaps], [0, 1]);
      assert.deepEqual(manifest.gaps, [
        { file, line: 301, expected: idOf(opening[300]!), got: idOf(opening[301]!) },
      ]);
      const lost = manifest.incomplete.filter(({ reasons }) => reasons.includes('sequence-gap'));
      assert.equal(lost.length, 1);
      const bars = await readBars(placeIn(path.join(folder, 'gap')));
      assert.equal(bars.minuteMs.at(-1), lost[0]!.minuteMs, 'no bar until a snapshot has rebuilt the book');
      assert.equal(bars.rows, result.bars);
    });

    it('refuses a symbol and a file that are not there', async () => {
      const nothing = path.join(folder, 'nothing');
      const symbol = ingest('x', road.market.folder).with(5, 'BTCUSDT');
      await refuses(symbol, 3, /no order-book message of BTCUSDT in the input; symbols seen: SIMUSDT/);
      await refuses(ingest('x', nothing), 3, /input .*nothing does not exist/);
    });

    it('names what is missing on the way: bars, labels', async () => {
      const empty = ['--data-dir', path.join(folder, 'empty')];
      await refuses(['label', ...PLACE, ...empty], 3, /no bars of .*; run `tidemark ingest l2` first/);
      const other = ['--lookahead-minutes', '45', '--data-dir', dataDir];
      await refuses([...TRAIN, ...other], 3, /_45m\.parquet: no such labels; run `tidemark label` first/);
    });

    it('replays what is good of a damaged archive, says so, and exits as ingest does', async () => {
      const whole = await readFile(road.market.archives[0]!);
      const file = await put('replayed.zip', whole.subarray(0, whole.length / 8));
      const model = ['--model', road.model, '--data-dir', dataDir];
      const done = await run('replay', ...model, '--in', file, '--json');
      assert.equal(done.exitCode, 3);
      const { signals, damaged } = z
        .object({ signals: z.array(z.unknown()).min(50), damaged: z.array(z.string()) })
        .parse(jsonOf(done));
      assert.ok(signals.length > 50);
      assert.match(damaged[0]!, /replayed\.zip: the zip archive is cut off/);
    });
  });

  describe('models', { concurrency: 2 }, () => {
    it('refuses a model of which a byte has changed, naming the file', async () => {
      const copy = path.join(folder, 'changed');
      await cp(dataDir, copy, { recursive: true });
      const file = path.join(copy, 'models', 'tiny', '2', 'auditor.json');
      const bytes = await readFile(file);
      bytes[bytes.length >> 1]! ^= 1;
      await writeFile(file, bytes);
      const args = ['--model', road.model, '--data-dir', copy];
      await refuses(['evaluate', ...args], 3, /auditor\.json: sha256 is [0-9a-f]{64}, the manifest says/);
      await refuses(['replay', ...args, '--in', road.market.folder], 3, /auditor\.json: sha256/);
    });

    it('sends a base model to the auditor before it is judged or replayed', async () => {
      const args = ['--model', road.baseModel, '--data-dir', dataDir];
      await refuses(['evaluate', ...args], 2, /run `tidemark audit --model tiny` first/);
      await refuses(
        ['replay', ...args, '--in', road.market.folder],
        2,
        /run `tidemark audit --model tiny` first/,
      );
    });

    it('lists the models that there are for one that is not there', async () => {
      await refuses(['evaluate', '--model', 'tine', '--data-dir', dataDir], 2, /there are: tiny@1, tiny@2/);
    });
  });

  it('ends quietly when nobody reads on', async () => {
    const child = start(folder, [
      'replay',
      '--model',
      road.model,
      '--data-dir',
      dataDir,
      '--in',
      road.market.folder,
    ]);
    child.stdout.once('data', () => child.stdout.destroy());
    const stderr: string[] = [];
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => stderr.push(chunk));
    const exitCode = await new Promise((resolve) => child.once('exit', resolve));
    assert.equal(exitCode, 130);
    assert.doesNotMatch(stderr.join(''), /EPIPE|^ {4}at /m);
  });

  it('shows models and the machine as JSON', async () => {
    const models = jsonOf(await run('models', 'list', '--data-dir', dataDir, '--json'));
    const kinds = z.array(z.object({ name: z.string(), version: z.int(), kind: z.string() })).parse(models);
    assert.deepEqual(
      kinds.map((m) => `${m.name}@${m.version} ${m.kind}`),
      ['tiny@1 base', 'tiny@2 audited'],
    );
    const doctor = jsonOf(await run('doctor', '--data-dir', dataDir, '--json'));
    z.object({ ok: z.boolean(), checks: z.array(z.object({ ok: z.boolean() })).min(3) }).parse(doctor);
  });
});
