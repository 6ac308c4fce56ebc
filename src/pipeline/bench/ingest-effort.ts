/** How fast ingest is, held against the plainest thing one can do with the same file: inflating it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inflateOnly } from '../../platform/sources/index.ts';
import { ingestL2 } from '../ingest/ingest.ts';

export interface Effort {
  readonly wallSeconds: number;
  /** Of all threads. */
  readonly cpuSeconds: number;
}

export interface IngestMeasurement {
  /** Decoded JSON. */
  readonly textBytes: number;
  /** From zip to Parquet. */
  readonly ingest: Effort;
  /** Node's zlib alone. */
  readonly inflate: Effort;
  /** Medians over the rounds of ingest's effort in terms of the inflate before it. */
  readonly wallRatio: number;
  readonly cpuRatio: number;
}

export interface MeasureIngestOptions {
  readonly file: string;
  readonly venue: string;
  readonly symbol: string;
  readonly codeVersion: string;
  /** Milliseconds from any origin. */
  readonly clock: () => number;
  readonly rounds?: number;
}

/** Inflates and ingests in turn, so that both meet the machine in the same state. */
export async function measureIngest({
  rounds = 3,
  ...options
}: MeasureIngestOptions): Promise<IngestMeasurement> {
  const { file, clock } = options;
  let textBytes = 0;
  const inflates: Effort[] = [];
  const ingests: Effort[] = [];
  for (let round = 0; round < rounds; round++) {
    const inflate = async (): Promise<void> => {
      textBytes = await inflateOnly(file);
    };
    inflates.push(await effortOf(inflate, clock));
    const dataDir = await mkdtemp(path.join(tmpdir(), 'tidemark-bench-'));
    try {
      ingests.push(await effortOf(() => ingestL2({ ...options, inputs: [file], dataDir }), clock));
    } finally {
      await rm(dataDir, { recursive: true, force: true });
    }
  }
  const ratio = (of: (effort: Effort) => number): number =>
    median(ingests.map((effort, round) => of(effort) / of(inflates[round]!)));
  return {
    textBytes,
    ingest: medianEffort(ingests),
    inflate: medianEffort(inflates),
    wallRatio: ratio((effort) => effort.wallSeconds),
    cpuRatio: ratio((effort) => effort.cpuSeconds),
  };
}

async function effortOf(work: () => Promise<unknown>, clock: () => number): Promise<Effort> {
  const startedMs = clock();
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return { wallSeconds: (clock() - startedMs) / 1_000, cpuSeconds: (user + system) / 1e6 };
}

function medianEffort(efforts: readonly Effort[]): Effort {
  return {
    wallSeconds: median(efforts.map((effort) => effort.wallSeconds)),
    cpuSeconds: median(efforts.map((effort) => effort.cpuSeconds)),
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
