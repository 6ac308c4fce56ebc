/**
 * `bench ingest`: simulated days at full rate, from zip to Parquet, beside zlib inflating the same file and doing nothing
 * else, beside a Python pipeline on the same file, and with two workers beside one.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { DataError } from '../../domain/core/index.ts';
import { runPeer } from './peer.ts';
import type { BenchContext, BenchRow } from './row.ts';
import { measureIngest } from './ingest-effort.ts';
import { runIngest } from './ingest-workers.ts';
import { simulate, type SimulateResult } from '../simulate.ts';
import { CODE_VERSION } from '../version.ts';

export async function benchIngest(context: BenchContext): Promise<readonly BenchRow[]> {
  const { days, signal, report } = context;
  const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-bench-'));
  try {
    const ofDays = days === 1 ? 'one day' : `${days} days`;
    report(null, `simulating ${ofDays} at full rate`);
    const market = await simulate({
      out: folder,
      days,
      startDate: '2025-01-01',
      seed: 1,
      strength: 0.5,
      rate: 'full',
      signal,
      onProgress: (day) => report(day / days, `simulating ${ofDays} at full rate`),
    });
    const rows = await benchDay(market, folder, context);
    return days === 1 ? rows : [...rows, ...(await benchWorkers(market, context))];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The first day, against the others. */
async function benchDay(
  { archives, symbol, venue }: SimulateResult,
  folder: string,
  { signal, report }: BenchContext,
): Promise<readonly BenchRow[]> {
  const file = archives[0];
  if (file === undefined) throw new DataError('the simulation wrote no archive', { code: 'BENCH_INPUT' });
  report(null, 'inflating and ingesting in turn');
  const { textBytes, ingest, inflate, wallRatio, cpuRatio } = await measureIngest({
    file,
    venue,
    symbol,
    codeVersion: CODE_VERSION,
    clock: () => performance.now(),
  });
  const python = [];
  for (const { levels, peer } of PYTHON_PEERS) {
    report(null, 'ingesting in Python');
    const out = path.join(folder, 'peer.parquet');
    const args = ['--venue', venue, '--symbol', symbol, '--levels', levels, '--out', out, file];
    python.push({ peer, found: await runPeer('ingest_peer.py', args, { schema: PythonIngest, signal }) });
  }
  const day = `ingest l2, one simulated day at full rate, ${(textBytes / 1e6).toFixed(0)} MB (SYNTHETIC)`;
  const zlib = { peer: 'zlib inflate alone', peerVersion: process.versions.zlib ?? null };
  return [
    {
      name: `${day}: wall time`,
      unit: 's',
      value: ingest.wallSeconds,
      ...zlib,
      peerValue: inflate.wallSeconds,
      ratio: 1 / wallRatio,
    },
    {
      name: `${day}: CPU time`,
      unit: 's',
      value: ingest.cpuSeconds,
      ...zlib,
      peerValue: inflate.cpuSeconds,
      ratio: 1 / cpuRatio,
    },
    ...python.map(({ peer, found }) => ({
      name: `${day}: CPU time beside Python`,
      unit: 's',
      value: ingest.cpuSeconds,
      peer,
      peerVersion: found === null ? null : `Python ${found.python}, pandas ${found.pandas}`,
      peerValue: found?.cpuSeconds ?? null,
      ratio: found === null ? null : found.cpuSeconds / ingest.cpuSeconds,
    })),
  ];
}

/** As QuantGod does it, and as lean as it can be done with the same tools. */
const PYTHON_PEERS = [
  { levels: 'second', peer: 'json + dict + pandas, levels each second' },
  { levels: 'minute', peer: 'json + dict + pandas, levels each minute' },
] as const;

const PythonIngest = z.object({ cpuSeconds: z.number(), python: z.string(), pandas: z.string() });

/** All days, with two workers beside one. */
async function benchWorkers(
  { archives, symbol, venue, bytes }: SimulateResult,
  { signal, report }: BenchContext,
): Promise<readonly BenchRow[]> {
  const options = { inputs: archives, venue, symbol, codeVersion: CODE_VERSION };
  report(null, 'ingesting with one worker');
  const one = await runIngest({ ...options, workers: 1 }, signal);
  report(null, 'ingesting with two workers');
  const two = await runIngest({ ...options, workers: 2 }, signal);
  const days = `ingest l2, ${archives.length} simulated days at full rate, ${(bytes / 1e9).toFixed(1)} GB (SYNTHETIC)`;
  const held = (cores: number | null): string =>
    cores === null ? 'not held to cores' : `held to ${cores} core${cores === 1 ? '' : 's'}`;
  const peer = { peer: `tidemark, 1 worker, ${held(one.cores)}`, peerVersion: CODE_VERSION };
  const rate = (run: typeof one): number => run.textBytes / run.seconds / 1e6;
  return [
    {
      name: `${days}: throughput of 2 workers, ${held(two.cores)}`,
      unit: 'MB/s',
      value: rate(two),
      ...peer,
      peerValue: rate(one),
      ratio: rate(two) / rate(one),
    },
    {
      name: `${days}: peak memory of 2 workers`,
      unit: 'MB',
      value: two.peakRssBytes / 1e6,
      ...peer,
      peerValue: one.peakRssBytes / 1e6,
      ratio: one.peakRssBytes / two.peakRssBytes,
    },
  ];
}
