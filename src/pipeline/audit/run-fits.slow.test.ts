import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { planAudit } from './audit-plan.ts';
import { fixtureBars, fixtureConfig } from './audit.fixture.ts';
import { fitFileOf, type FitJob } from './fit.ts';
import { readFit } from './fit-store.ts';
import { runFits, sizeFits } from './run-fits.ts';

const data = fixtureBars(400);

interface Change {
  readonly fresh?: boolean;
  /** Rows that every fold learns from, instead of its own. */
  readonly learned?: Int32Array;
}

function jobsIn(dataDir: string, { fresh = false, learned }: Change = {}): readonly FitJob[] {
  const config = fixtureConfig(dataDir);
  const { folds, development } = planAudit(data, config);
  return [
    ...folds.map(({ train, stopping, validation }, k) => ({
      config,
      part: `fold ${k + 1}`,
      name: `X-fold-${k + 1}`,
      symbols: [{ symbol: 'X', data, train: learned ?? train, stopping }],
      asked: validation,
      fresh,
    })),
    {
      config,
      part: 'shipped',
      name: 'X-shipped',
      symbols: [{ symbol: 'X', data, train: development.before, stopping: new Int32Array(0) }],
      lastEpoch: 1,
      asked: null,
      fresh,
    },
  ];
}

describe('runFits', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'tidemark-fits-'));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  const run = async (jobs: readonly FitJob[], workers: number, signal = new AbortController().signal) => {
    const notes: string[] = [];
    const epochs: string[] = [];
    const fits = await runFits(jobs, {
      workers,
      signal,
      onNote: (note) => notes.push(note),
      onEpoch: (part, { epoch }) => {
        epochs.push(`${part}: ${epoch}`);
      },
    });
    return { fits, notes, epochs };
  };
  /** What must not depend on how a fit came about; seconds do. */
  const bytesOf = ({ fits }: Awaited<ReturnType<typeof run>>) =>
    fits.map(({ probabilities, onnx }) => [probabilities, Buffer.from(onnx).toString('base64')]);

  it('gives the same bits by one worker and by several, tells their epochs, and keeps what was done', async () => {
    const serial = await run(jobsIn(path.join(folder, 'serial')), 1);
    const parallel = await run(jobsIn(path.join(folder, 'parallel')), 3);
    assert.deepEqual(bytesOf(parallel), bytesOf(serial));
    assert.deepEqual(parallel.epochs.toSorted(), serial.epochs.toSorted());
    assert.deepEqual(serial.epochs.slice(0, 2), ['fold 1: 1', 'fold 1: 2']);
    assert.ok(serial.fits.slice(0, 3).every(({ probabilities }) => new Set(probabilities).size > 10));

    const again = await run(jobsIn(path.join(folder, 'serial')), 1);
    assert.deepEqual(bytesOf(again), bytesOf(serial));
    assert.deepEqual(again.epochs, [], 'nothing is trained');
    assert.equal(again.notes.filter((note) => note.includes('trained before, taken from')).length, 4);
    const kept = readdirSync(path.join(folder, 'serial', 'fits'));
    assert.equal(kept.length, 4);
    assert.deepEqual(kept, readdirSync(path.join(folder, 'parallel', 'fits')), 'and has the same name');
  });

  it('trains only what is missing or damaged, and all when told to', async () => {
    const dataDir = path.join(folder, 'partly');
    const jobs = jobsIn(dataDir);
    const whole = await run(jobs, 1);
    const [first, second] = [fitFileOf(jobs[0]!), fitFileOf(jobs[1]!)];
    rmSync(first);
    const bytes = readFileSync(second);
    bytes[bytes.length >> 1]! ^= 1;
    writeFileSync(second, bytes);
    assert.equal(await readFit(first), 'absent');
    assert.equal(await readFit(second), 'damaged');
    const rest = await run(jobs, 2);
    assert.deepEqual(bytesOf(rest), bytesOf(whole));
    assert.deepEqual(new Set(rest.epochs.map((epoch) => epoch.slice(0, 6))), new Set(['fold 1', 'fold 2']));
    assert.match(rest.notes.join('\n'), /fold 2: .* is damaged, so it is trained again/);
    const fresh = await run(jobsIn(dataDir, { fresh: true }).slice(0, 1), 1);
    assert.deepEqual(fresh.epochs, ['fold 1: 1', 'fold 1: 2']);
  });

  it('never takes the result of another recipe, seed, data or question', async () => {
    const [job] = jobsIn(folder);
    const { config, symbols, asked } = job!;
    const others: FitJob[] = [
      { ...job!, config: { ...config, seed: 2 } },
      { ...job!, config: { ...config, base: { ...config.base, hidden: 5 } } },
      { ...job!, lastEpoch: 1 },
      { ...job!, asked: asked!.subarray(1) },
      { ...job!, asked: null },
      { ...job!, symbols: [{ ...symbols[0]!, train: symbols[0]!.train.subarray(1) }] },
    ];
    const files = [job!, ...others].map(fitFileOf);
    assert.equal(new Set(files).size, files.length);
  });

  it('tells a refusal on a thread as the error that it was, with the part’s name', async () => {
    const jobs = jobsIn(path.join(folder, 'refused'), { learned: new Int32Array(0) });
    const refusal = { name: 'DataError', code: 'TRAINING_NO_ROWS', message: /^fold 1: training: none of 0/ };
    await assert.rejects(run(jobs, 1), refusal);
    await assert.rejects(run(jobs, 2), refusal);
  });

  it('stops with the reason of the signal and leaves nothing half-written', async () => {
    const dataDir = path.join(folder, 'stopped');
    const stop = new AbortController();
    const running = runFits(jobsIn(dataDir), {
      workers: 2,
      signal: stop.signal,
      onEpoch: () => stop.abort(new Error('enough')),
    });
    await assert.rejects(running, /enough/);
    const left = readdirSync(dataDir, { recursive: true, encoding: 'utf8' });
    assert.deepEqual(
      left.filter((name) => name.endsWith('.tmp') || path.basename(name).startsWith('.')),
      [],
    );
  });
});

describe('sizeFits', () => {
  const config = fixtureConfig('unused');
  const size = { bars: 400, features: 9 };

  it('runs as many trainings at once as asked for, or as the machine has threads for', () => {
    assert.equal(sizeFits(config, 3, size).workers, 3);
    assert.ok(sizeFits(config, undefined, size).workers >= 1);
    assert.equal(sizeFits({ ...config, threads: 256 }, undefined, size).workers, 1);
    assert.equal(sizeFits(config, 3, size).config, config, 'all of a batch fits');
  });

  it('refuses a training that not even one sequence of fits into memory', () => {
    const huge = { ...config, base: { ...config.base, sequenceLength: 1_000_000, channels: 1024 } };
    assert.throws(() => sizeFits(huge, 1, size), { code: 'TRAINING_MEMORY' });
  });
});
