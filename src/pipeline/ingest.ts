/**
 * Order-book archives and recordings → minute bars on disk.
 *
 * Bad input does not spoil good input: a garbage line is put aside, a lost message closes its minute as incomplete, a
 * damaged file gives what lies before the damage; all of it is in the manifests beside the bars. What an earlier run
 * has done with the same inputs, parameters and program is not done again.
 */
import path from 'node:path';
import { DataError, dayOf } from '../domain/core/index.ts';
import type { LogVolumeMode } from '../domain/features/index.ts';
import { parseVenueName } from '../domain/market/index.ts';
import { runJobs } from '../platform/jobs/index.ts';
import { type Survey, type SurveyedFile, surveyInputs } from '../platform/sources/index.ts';
import { symbolFolder } from '../platform/storage/index.ts';
import { joinDays } from './ingest-join.ts';
import type { FetchedOrigin } from './ingest-manifest.ts';
import { type IngestUnit, ingestUnits, type UnitOutcome, type UnitProgress } from './ingest-unit.ts';
import { readMarker, type SyntheticOrigin } from './truth.ts';

export interface IngestProgress {
  /** Bytes of the input files, taken in and in all. */
  readonly bytesDone: number;
  readonly bytesTotal: number;
  readonly messages: number;
  readonly bars: number;
  readonly file: string;
}

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
  /** Day archives that are worked on at once, each on a thread of its own; default 1, on the caller's thread. */
  readonly workers?: number | undefined;
  /** Where the inputs were fetched from, if they were; kept in the manifests. */
  readonly fetched?: FetchedOrigin | null | undefined;
  /** Whether to settle the seams between days afterwards; default true. */
  readonly join?: boolean | undefined;
  readonly codeVersion: string;
  /** Milliseconds from any origin. */
  readonly clock: () => number;
  readonly onProgress?: ((progress: IngestProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface IngestResult {
  readonly venue: string;
  readonly symbol: string;
  readonly tickSize: string;
  readonly lotSize: string;
  readonly files: number;
  /** Files of which nothing had to be done, because an earlier run had. */
  readonly unchanged: number;
  readonly messages: number;
  readonly bars: number;
  readonly incompleteBars: number;
  /** Days whose first bar got its return now, because the day before had come. */
  readonly joined: number;
  /** Bytes of JSON decoded, and of the files that held it. */
  readonly bytesIn: number;
  readonly bytesOnDisk: number;
  readonly seconds: number;
  readonly gaps: number;
  readonly crossed: number;
  readonly quarantined: number;
  readonly days: readonly string[];
  /** Folder of the bars, and the manifests in it. */
  readonly out: string;
  readonly manifests: readonly string[];
}

const STRETCHES_A_WORKER = 4;

/**
 * @throws ConfigError for an unknown venue; DataError when there is nothing to ingest, and, after all that is good has
 * been written, when an input file was damaged or refused; the signal's reason when aborted
 */
export async function ingestL2(options: IngestOptions): Promise<IngestResult> {
  const startedMs = options.clock();
  const venue = parseVenueName(options.venue);
  const symbol = options.symbol.toUpperCase();
  const location = { dataDir: options.dataDir, venue, symbol };
  const survey = await surveyInputs({ ...options, venue, symbol });
  const origin = await originOf(survey.files);
  const units = planUnits(options, survey, origin);
  const outcomes = await performUnits(units, options);
  const joined = options.join === false ? 0 : await joinDays(location);
  refuse(outcomes);
  return {
    ...summarise(survey, outcomes),
    joined,
    seconds: (options.clock() - startedMs) / 1_000,
    out: symbolFolder('bars', location),
  };
}

/** The marker beside the first input that has one. */
async function originOf(files: readonly SurveyedFile[]): Promise<SyntheticOrigin | null> {
  for (const folder of new Set(files.map((file) => path.dirname(file.path)))) {
    const origin = await readMarker(folder);
    if (origin !== null) return origin;
  }
  return null;
}

/** The archives of a day are a unit; recordings continue each other and are one. */
function planUnits(
  options: IngestOptions,
  survey: Survey,
  origin: SyntheticOrigin | null,
): readonly IngestUnit[] {
  const { instrument, files, damaged, skipped } = survey;
  const isArchive = files.every((file) => !file.hasReceiveTimes);
  const groups = isArchive ? [...Map.groupBy(files, (file) => dayOf(file.firstTimeMs)).values()] : [files];
  return groups.map((group, i) => ({
    dataDir: options.dataDir,
    venue: instrument.venue,
    symbol: instrument.symbol,
    tickSize: instrument.tick.text,
    lotSize: instrument.lot.text,
    logVolume: options.logVolume ?? 'messages',
    codeVersion: options.codeVersion,
    files: group,
    isArchive,
    origin,
    fetched: options.fetched ?? null,
    damaged: i === 0 ? damaged : [],
    skipped: i === 0 ? skipped : [],
  }));
}

async function performUnits(
  units: readonly IngestUnit[],
  options: IngestOptions,
): Promise<readonly UnitOutcome[]> {
  const { signal, workers = 1 } = options;
  const tally = new ProgressTally(units, options.onProgress);
  if (Math.min(workers, units.length) <= 1) {
    return await ingestUnits(units, { signal, onProgress: (news) => tally.update(news.unit, news) });
  }
  // Stretches of days rather than single days: within a stretch each day finds the one before stored, and only the
  // seams between stretches are left to join. Several a worker, so that none waits long for the last.
  const length = Math.ceil(units.length / (workers * STRETCHES_A_WORKER));
  const starts = Array.from({ length: Math.ceil(units.length / length) }, (_, i) => i * length);
  const outcomes = await runJobs<readonly IngestUnit[], readonly UnitOutcome[], UnitProgress>({
    module: new URL('ingest.worker.ts', import.meta.url),
    jobs: starts.map((start) => units.slice(start, start + length)),
    workers,
    signal,
    onNews: (job, news) => tally.update(starts[job]! + news.unit, news),
  });
  return outcomes.flat();
}

/** Adds up what units report, whatever the order in which they do. */
class ProgressTally {
  readonly #latest = new Map<number, UnitProgress>();
  readonly #bytesTotal: number;
  readonly #onProgress: IngestOptions['onProgress'];

  constructor(units: readonly IngestUnit[], onProgress: IngestOptions['onProgress']) {
    this.#bytesTotal = units.reduce(
      (sum, { files }) => sum + files.reduce((bytes, f) => bytes + f.sizeBytes, 0),
      0,
    );
    this.#onProgress = onProgress;
  }

  update(unit: number, progress: UnitProgress): void {
    this.#latest.set(unit, progress);
    const all = [...this.#latest.values()];
    this.#onProgress?.({
      bytesDone: all.reduce((sum, p) => sum + p.bytesDone, 0),
      bytesTotal: this.#bytesTotal,
      messages: all.reduce((sum, p) => sum + p.messages, 0),
      bars: all.reduce((sum, p) => sum + p.bars, 0),
      file: progress.file,
    });
  }
}

/** @throws DataError that names every damaged and refused file, after the good ones have been written */
function refuse(outcomes: readonly UnitOutcome[]): void {
  const refused = outcomes.filter((outcome) => outcome.kind === 'refused');
  const kept = outcomes.filter((outcome) => outcome.kind !== 'refused');
  const damaged = kept.flatMap(({ manifest }) => manifest.damaged);
  if (refused.length === 0 && damaged.length === 0) return;
  const reasons = [...refused.map(({ message }) => message), ...damaged.map(({ reason }) => reason)];
  const bars = kept.reduce((sum, { manifest }) => sum + manifest.counts.bars, 0);
  const rest = kept.length === 0 ? '' : `\nKept: ${bars} bars of what is good; see ${kept[0]!.manifestFile}`;
  const onlyRefusal = outcomes.length === 1 ? refused[0] : undefined;
  throw new DataError(`${reasons.join('\n')}${rest}`, {
    code: onlyRefusal?.code ?? 'INPUT_DAMAGED',
    context: { files: reasons.length, kept: kept.length },
  });
}

function summarise(
  { instrument, files }: Survey,
  outcomes: readonly UnitOutcome[],
): Omit<IngestResult, 'joined' | 'seconds' | 'out'> {
  const kept = outcomes.filter((outcome) => outcome.kind !== 'refused');
  const sum = (of: (outcome: (typeof kept)[number]) => number): number =>
    kept.reduce((total, o) => total + of(o), 0);
  return {
    venue: instrument.venue,
    symbol: instrument.symbol,
    tickSize: instrument.tick.text,
    lotSize: instrument.lot.text,
    files: files.length,
    unchanged: kept
      .filter(({ kind }) => kind === 'unchanged')
      .reduce((n, { manifest }) => n + manifest.inputs.length, 0),
    messages: sum(({ manifest }) => manifest.counts.messages),
    bars: sum(({ manifest }) => manifest.counts.bars),
    incompleteBars: sum(({ manifest }) => manifest.incomplete.length),
    bytesIn: sum(({ textBytes }) => textBytes),
    bytesOnDisk: sum(({ diskBytes }) => diskBytes),
    gaps: sum(({ manifest }) => manifest.counts.gaps),
    crossed: sum(({ manifest }) => manifest.counts.crossed),
    quarantined: sum(({ manifest }) => manifest.counts.quarantined),
    days: [...new Set(kept.flatMap(({ manifest }) => manifest.days.map(({ day }) => day)))].toSorted(),
    manifests: kept.map(({ manifestFile }) => manifestFile),
  };
}
