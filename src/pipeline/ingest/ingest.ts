/**
 * Order-book archives and recordings → minute bars on disk.
 *
 * Bad input does not spoil good input: a garbage line is put aside, a lost message closes its minute as incomplete, a
 * damaged file gives what lies before the damage; all of it is in the manifests beside the bars. What an earlier run
 * has done with the same inputs, parameters and program is not done again.
 */
import type { LogVolumeMode } from '../../domain/features/index.ts';
import { parseVenueName } from '../../domain/market/index.ts';
import { type JobPool, runJobs } from '../../platform/jobs/index.ts';
import { type StreamsSurvey, surveyStreams, type WantedSymbols } from '../../platform/sources/index.ts';
import { joinDays } from './join.ts';
import type { FetchedOrigin } from './manifest.ts';
import { planUnits } from './plan.ts';
import { type IngestProgress, ProgressTally } from './progress.ts';
import { type IngestResult, resultOf, type SymbolResult } from './result.ts';
import { type IngestUnit, ingestUnits, type UnitOutcome, type UnitProgress } from './unit.ts';

export type { IngestProgress } from './progress.ts';
export type { IngestResult, SymbolResult } from './result.ts';

export interface IngestOptions {
  readonly venue: string;
  readonly symbol: string;
  /** Files and folders; what is in them is told by their content. */
  readonly inputs: readonly string[];
  readonly dataDir: string;
  /** Decimal text such as `0.1`; inferred from the data when absent. */
  readonly tickSize?: string | undefined;
  readonly lotSize?: string | undefined;
  readonly logVolume?: LogVolumeMode | undefined;
  /** Most bytes that one compressed file may unpack to, counted as they come out; default 64 GiB. */
  readonly maxUnzippedBytes?: number | undefined;
  /** Day archives that are worked on at once, each on a thread of its own; default 1, on the caller's thread. */
  readonly workers?: number | undefined;
  readonly codeVersion: string;
  /** Milliseconds from any origin. */
  readonly clock: () => number;
  readonly onProgress?: ((progress: IngestProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Several symbols in one reading of the inputs. */
export interface IngestSymbolsOptions extends Omit<IngestOptions, 'symbol'> {
  readonly symbols: WantedSymbols;
}

export type IngestPool = JobPool<readonly IngestUnit[], readonly UnitOutcome[], UnitProgress>;

/** A part of a larger ingest. */
export interface IngestPartOptions extends IngestSymbolsOptions {
  /** Where the inputs were fetched from, if they were; kept in the manifests. */
  readonly fetched?: FetchedOrigin | null | undefined;
  /** Threads to work on; otherwise `workers` says. */
  readonly pool?: IngestPool | undefined;
  /** Lets nobody else write what the units write, until released. */
  readonly reserve?: ((units: readonly IngestUnit[]) => Promise<() => void>) | undefined;
}

export const INGEST_WORKER = new URL('ingest.worker.ts', import.meta.url);

/**
 * One symbol.
 * @throws ConfigError for an unknown venue; DataError when there is nothing to ingest, and, after all that is good has
 * been written, when an input file was damaged or refused; the signal's reason when aborted
 */
export async function ingestL2(options: IngestOptions): Promise<IngestResult> {
  const [share] = await ingestSymbols({ ...options, symbols: [options.symbol] });
  return soleResult(share!);
}

/** @throws the symbol's error, if it has one */
export function soleResult({ result, error }: SymbolResult): IngestResult {
  if (error !== null || result === null) throw error!;
  return result;
}

/**
 * The symbols in the order asked for, or all of them by name; what is wrong with one is in its result.
 * @throws ConfigError for an unknown venue; DataError when no input is of use; the signal's reason when aborted
 */
export async function ingestSymbols(options: IngestSymbolsOptions): Promise<readonly SymbolResult[]> {
  const startedMs = options.clock();
  const results: SymbolResult[] = [];
  for (const { result, ...share } of await ingestPart(options)) {
    if (result === null) {
      results.push({ ...share, result });
      continue;
    }
    const joined = await joinDays({ ...result, dataDir: options.dataDir });
    const seconds = (options.clock() - startedMs) / 1_000;
    results.push({ ...share, result: { ...result, joined, seconds } });
  }
  return results;
}

/** As {@link ingestSymbols}, with the seams between days left open. */
export async function ingestPart(options: IngestPartOptions): Promise<readonly SymbolResult[]> {
  const venue = parseVenueName(options.venue);
  const symbols =
    options.symbols === 'all' ? 'all' : [...new Set(options.symbols.map((symbol) => symbol.toUpperCase()))];
  const survey = await surveyStreams({ ...options, venue, symbols });
  const units = await planUnits({ ...options, venue }, survey);
  const release = await options.reserve?.(units);
  try {
    const outcomes = await performUnits(units, options);
    const shares = symbolShares(survey, outcomes, { dataDir: options.dataDir, venue });
    return symbols === 'all' ? shares : symbols.map((name) => shares.find(({ symbol }) => symbol === name)!);
  } finally {
    release?.();
  }
}

function symbolShares(
  { streams, missing }: StreamsSurvey,
  outcomes: readonly UnitOutcome[],
  place: { readonly dataDir: string; readonly venue: string },
): readonly SymbolResult[] {
  const ingested = streams.flatMap(({ instruments, files }) =>
    instruments.map((instrument) =>
      resultOf({
        location: { ...place, symbol: instrument.symbol },
        instrument,
        files: files.length,
        outcomes: outcomes.filter(({ symbol }) => symbol === instrument.symbol),
        joined: 0,
        seconds: 0,
      }),
    ),
  );
  const absent = missing.map((symbolMissing) => ({ ...symbolMissing, result: null }));
  return [...ingested, ...absent].toSorted((a, b) => (a.symbol < b.symbol ? -1 : 1));
}

async function performUnits(
  units: readonly IngestUnit[],
  options: IngestPartOptions,
): Promise<readonly UnitOutcome[]> {
  const { signal, workers = 1, pool } = options;
  const tally = new ProgressTally(units, options.onProgress);
  const onProgress = (news: UnitProgress): void => tally.update(news.unit, news);
  if (pool !== undefined) return await pool.perform(units, { signal, onNews: onProgress });
  if (Math.min(workers, units.length) <= 1) return await ingestUnits(units, { signal, onProgress });
  const starts = stretchStarts(units.length, workers);
  const outcomes = await runJobs<readonly IngestUnit[], readonly UnitOutcome[], UnitProgress>({
    module: INGEST_WORKER,
    jobs: starts.map((start, i) => units.slice(start, starts[i + 1])),
    workers,
    signal,
    onNews: (job, news) => tally.update(starts[job]! + news.unit, news),
  });
  return outcomes.flat();
}

/**
 * Where stretches of days begin: within a stretch each day finds the one before stored, and only the seams between
 * stretches are left to join. They get shorter towards the end, so that no worker waits long for the last one.
 */
function stretchStarts(units: number, workers: number): readonly number[] {
  const starts: number[] = [];
  for (let start = 0; start < units; start += Math.ceil((units - start) / (2 * workers))) starts.push(start);
  return starts;
}
