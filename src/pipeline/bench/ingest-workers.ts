/** How ingest grows with its workers: one, held to one core, beside two on two. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export interface IngestRunOptions {
  readonly inputs: readonly string[];
  readonly venue: string;
  readonly symbol: string;
  readonly codeVersion: string;
  readonly dataDir: string;
  readonly workers: number;
}

export interface IngestRun {
  /** Decoded JSON. */
  readonly textBytes: number;
  readonly messages: number;
  readonly seconds: number;
  /** Of the whole process. */
  readonly peakRssBytes: number;
}

export interface PinnedRun extends IngestRun {
  /** How many cores the process was held to; null where there is no `taskset`, or there are not enough cores. */
  readonly cores: number | null;
}

const WORKER = fileURLToPath(new URL('ingest.worker.ts', import.meta.url));
const run = promisify(execFile);

/** Ingests in a process of its own, on as many cores as it has workers. What it writes is deleted. */
export async function runIngest(
  options: Omit<IngestRunOptions, 'dataDir'>,
  signal: AbortSignal,
): Promise<PinnedRun> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'tidemark-bench-'));
  try {
    const cores = (await allowedCores()).slice(0, options.workers);
    const isPinned = cores.length === options.workers;
    const node = [process.execPath, WORKER, JSON.stringify({ ...options, dataDir })];
    const [program = '', ...args] = isPinned ? ['taskset', '-c', cores.join(','), ...node] : node;
    const { stdout } = await run(program, args, { signal });
    return { ...(JSON.parse(stdout) as IngestRun), cores: isPinned ? cores.length : null };
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** Cores that this process may use; none where there is no `taskset`. */
async function allowedCores(): Promise<readonly number[]> {
  try {
    const { stdout } = await run('taskset', ['-cp', String(process.pid)]);
    return coreList(stdout.slice(stdout.lastIndexOf(':') + 1));
  } catch {
    return [];
  }
}

/** Reads `0-3,8`. */
export function coreList(text: string): readonly number[] {
  return text.split(',').flatMap((range) => {
    const [first = Number.NaN, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}
