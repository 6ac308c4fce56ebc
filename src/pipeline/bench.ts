/**
 * `bench`: how fast we are beside the others, both measured in one run on this machine. Peers that are not installed
 * are reported as absent (`bench/peers/setup` installs them), never guessed.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { DataError } from '../domain/core/index.ts';
import { measureTrainStep } from '../learning/models/index.ts';
import { measureIngest } from './ingest-bench.ts';
import { simulate } from './simulate.ts';
import { CODE_VERSION } from './version.ts';

export interface BenchRow {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  readonly peer: string;
  readonly peerVersion: string | null;
  readonly peerValue: number | null;
  /** How many times better we are; above 1 we win. Null where the peer is not installed. */
  readonly ratio: number | null;
}

export interface BenchContext {
  readonly threads: number;
  readonly signal: AbortSignal;
  readonly report: (share: number | null, text: string) => void;
}

export const BENCHES: Readonly<Record<string, (context: BenchContext) => Promise<readonly BenchRow[]>>> = {
  ingest: benchIngest,
  train: benchTrain,
};

/** One simulated day at full rate: from zip to Parquet, beside zlib inflating the same file and doing nothing else. */
async function benchIngest({ signal, report }: BenchContext): Promise<readonly BenchRow[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-bench-'));
  try {
    report(null, 'simulating one day at full rate');
    const { archives, symbol, venue } = await simulate({
      out: folder,
      days: 1,
      startDate: '2025-01-01',
      seed: 1,
      strength: 0.5,
      rate: 'full',
      signal,
    });
    report(null, 'inflating and ingesting in turn');
    const file = archives[0];
    if (file === undefined) throw new DataError('the simulation wrote no archive', { code: 'BENCH_INPUT' });
    const { textBytes, ingest, inflate, wallRatio, cpuRatio } = await measureIngest({
      file,
      venue,
      symbol,
      codeVersion: CODE_VERSION,
      clock: () => performance.now(),
    });
    const day = `ingest l2, one simulated day at full rate, ${(textBytes / 1e6).toFixed(0)} MB (SYNTHETIC)`;
    const peer = { peer: 'zlib inflate alone', peerVersion: process.versions.zlib ?? null };
    return [
      {
        name: `${day}: wall time`,
        unit: 's',
        value: ingest.wallSeconds,
        ...peer,
        peerValue: inflate.wallSeconds,
        ratio: 1 / wallRatio,
      },
      {
        name: `${day}: CPU time`,
        unit: 's',
        value: ingest.cpuSeconds,
        ...peer,
        peerValue: inflate.cpuSeconds,
        ratio: 1 / cpuRatio,
      },
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const TRAIN_CASES = [
  { channels: 32, hidden: 128, layers: 1, batchSize: 128, sequenceLength: 720, steps: 3 },
  { channels: 64, hidden: 256, layers: 2, batchSize: 32, sequenceLength: 720, steps: 3 },
] as const;

/** Whole optimisation steps of the base model: forward, backward, clipping, AdamW. */
async function benchTrain({ threads, signal, report }: BenchContext): Promise<readonly BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const { channels, hidden, layers, batchSize, sequenceLength, steps } of TRAIN_CASES) {
    const name = `train step, channels ${channels}, hidden ${hidden}, ${layers} layer${layers > 1 ? 's' : ''}, B=${batchSize}, T=${sequenceLength}, ${threads} threads`;
    report(rows.length / TRAIN_CASES.length, name);
    signal.throwIfAborted();
    const ours = await measureTrainStep({
      config: { sequenceLength, channels, hidden, layers, dropout: 0.3 },
      batchSize,
      steps,
      threads,
    });
    const peer = await runPeer(
      'train_step.py',
      [channels, hidden, layers, batchSize, sequenceLength, threads, steps],
      PyTorchStep,
    );
    rows.push({
      name,
      unit: 'ms',
      value: ours.medianMs,
      peer: 'PyTorch CPU',
      peerVersion: peer?.version ?? null,
      peerValue: peer?.medianMs ?? null,
      ratio: peer === null ? null : peer.medianMs / ours.medianMs,
    });
  }
  return rows;
}

const PyTorchStep = z.object({ version: z.string(), medianMs: z.number() });

/** Runs a script of `bench/peers` on the peers' own Python; null when they are not installed. */
async function runPeer<T>(script: string, args: readonly number[], schema: z.ZodType<T>): Promise<T | null> {
  const python = path.join(
    process.env['TIDEMARK_PEERS'] ?? path.join(homedir(), '.cache', 'tidemark-peers'),
    'bin',
    'python',
  );
  const file = path.resolve(import.meta.dirname, '../../bench/peers', script);
  if (!existsSync(python) || !existsSync(file)) return null;
  const { stdout } = await promisify(execFile)(python, [file, ...args.map(String)], { timeout: 300_000 });
  return schema.parse(JSON.parse(stdout));
}
