/** How fast ingest is, held against the plainest thing one can do with the same file: inflating it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readContent } from '../platform/sources/index.ts';
import { ingestL2 } from './ingest.ts';

export interface IngestMeasurement {
  /** Megabytes (10^6) of decoded JSON a second, from file to Parquet. */
  readonly mbPerSecond: number;
  /** The same for zlib inflate alone. */
  readonly inflateMbPerSecond: number;
}

export interface MeasureIngestOptions {
  readonly file: string;
  readonly venue: string;
  readonly symbol: string;
  readonly codeVersion: string;
  /** Milliseconds from any origin. */
  readonly clock: () => number;
}

export async function measureIngest(options: MeasureIngestOptions): Promise<IngestMeasurement> {
  const { file, clock } = options;
  const dataDir = await mkdtemp(path.join(tmpdir(), 'tidemark-bench-'));
  try {
    const startedMs = clock();
    let textBytes = 0;
    for await (const chunk of readContent(file)) textBytes += chunk.length;
    const inflateSeconds = (clock() - startedMs) / 1_000;
    const { bytesIn, seconds } = await ingestL2({ ...options, inputs: [file], dataDir });
    return {
      mbPerSecond: bytesIn / 1e6 / seconds,
      inflateMbPerSecond: textBytes / 1e6 / inflateSeconds,
    };
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}
