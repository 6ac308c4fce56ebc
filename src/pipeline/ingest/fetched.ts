/**
 * Inputs that must be fetched: while some are read on threads, the next are on their way, and each is deleted when it has
 * been used. At most one download more than there are threads lies on the disk.
 */
import path from 'node:path';
import { DataError, isoDay, type TransientError } from '../../domain/core/index.ts';
import { JobPool } from '../../platform/jobs/index.ts';
import {
  type Arrival,
  fetchInputs,
  type FetchedFile,
  type PlannedInput,
} from '../../platform/sources/index.ts';
import {
  INGEST_WORKER,
  ingestPart,
  type IngestPartOptions,
  type IngestPool,
  type IngestSymbolsOptions,
} from './ingest.ts';
import { knownVersions } from './known.ts';
import type { IngestProgress } from './progress.ts';
import type { SymbolResult } from './result.ts';
import type { IngestUnit } from './unit.ts';
import { Turns } from './turns.ts';

/** An input, and the symbols that are looked for in it. */
export interface WantedInput {
  readonly input: PlannedInput;
  readonly symbols: IngestSymbolsOptions['symbols'];
}

export interface FetchedOptions extends IngestSymbolsOptions {
  /** Default `<dataDir>/downloads`. */
  readonly downloadDir?: string | undefined;
  readonly keepDownloads?: boolean | undefined;
}

export interface FetchedOutcome {
  /** What each file gave for each symbol found in it. */
  readonly results: readonly SymbolResult[];
  /** Inputs that are still the version that an earlier run has ingested. */
  readonly unchanged: readonly WantedInput[];
  /** Days and files that the source does not have, and why. */
  readonly missing: readonly (WantedInput & { readonly reason: string })[];
  /** Inputs that could not be fetched or used. */
  readonly failed: readonly (WantedInput & { readonly error: DataError | TransientError })[];
}

/** @throws what makes it useless to go on, after what was under way has been done; the signal's reason when aborted */
export async function ingestFetched(
  inputs: readonly WantedInput[],
  options: FetchedOptions,
): Promise<FetchedOutcome> {
  const run = new FetchedRun(inputs, options);
  await run.perform();
  return run;
}

class FetchedRun implements FetchedOutcome {
  readonly results: SymbolResult[] = [];
  readonly unchanged: WantedInput[] = [];
  readonly missing: (WantedInput & { readonly reason: string })[] = [];
  readonly failed: (WantedInput & { readonly error: DataError | TransientError })[] = [];
  readonly #symbols: ReadonlyMap<PlannedInput, IngestSymbolsOptions['symbols']>;
  readonly #options: FetchedOptions;
  readonly #workers: number;
  readonly #pool: IngestPool = new JobPool(INGEST_WORKER);
  readonly #turns = new Turns();
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  readonly #progress = new Map<PlannedInput, IngestProgress>();

  constructor(inputs: readonly WantedInput[], options: FetchedOptions) {
    this.#symbols = new Map(inputs.map(({ input, symbols }) => [input, symbols]));
    this.#options = options;
    this.#workers = Math.max(1, Math.min(options.workers ?? 1, inputs.length));
    const own = this.#stop.signal;
    this.#signal = options.signal === undefined ? own : AbortSignal.any([options.signal, own]);
  }

  async perform(): Promise<void> {
    const { dataDir, downloadDir = path.join(dataDir, 'downloads'), keepDownloads } = this.#options;
    const arrivals = fetchInputs([...this.#symbols.keys()], {
      downloadDir,
      maxOnDisk: this.#workers + 1,
      keep: keepDownloads,
      knownVersion: await knownVersions(this.#options, this.#symbols),
      signal: this.#signal,
    });
    try {
      const lanes = Array.from({ length: this.#workers }, () => this.#lane(arrivals));
      const failed = (await Promise.allSettled(lanes)).find(({ status }) => status === 'rejected');
      this.#options.signal?.throwIfAborted();
      if (failed?.status === 'rejected') throw failed.reason;
    } finally {
      await arrivals.return(undefined);
      await this.#pool.close();
    }
  }

  /** When the fetching fails for good, the other lanes end by themselves, after the files that they have. */
  async #lane(arrivals: AsyncGenerator<Arrival>): Promise<void> {
    for (;;) {
      const next = await arrivals.next();
      if (next.done === true) return;
      try {
        await this.#take(next.value);
      } catch (error) {
        this.#stop.abort(error);
        throw error;
      }
    }
  }

  async #take(arrival: Arrival): Promise<void> {
    const { input } = arrival;
    const wanted = { input, symbols: this.#symbols.get(input)! };
    switch (arrival.kind) {
      case 'unchanged':
        this.unchanged.push(wanted);
        return;
      case 'missing':
        this.missing.push({ ...wanted, reason: arrival.reason });
        return;
      case 'failed':
        this.failed.push({ ...wanted, error: arrival.error });
        return;
      case 'file':
        await this.#ingest(arrival, wanted);
    }
  }

  async #ingest(file: FetchedFile, wanted: WantedInput): Promise<void> {
    const { input, version } = file;
    try {
      const shares = await ingestPart({
        ...this.#options,
        symbols: wanted.symbols,
        inputs: [file.path],
        fetched: version === null ? null : { origin: input.origin, version },
        pool: this.#pool,
        signal: this.#signal,
        reserve: this.#reserve,
        onProgress: (progress) => this.#report(input, progress),
      });
      const found = shares.filter(({ error }) => error?.code !== 'SYMBOL_MISSING');
      // Of several symbols a file need not hold every one; one that holds none is the wrong file.
      this.results.push(...(found.length > 0 ? found : shares));
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      this.failed.push({ ...wanted, error });
    } finally {
      await file.release();
    }
  }

  /** Archives of different days go on at once; recordings of a symbol may meet in a day, and take turns. */
  readonly #reserve: IngestPartOptions['reserve'] = (units: readonly IngestUnit[]) =>
    this.#turns.take(
      units.flatMap(({ symbols, isArchive, files }) =>
        symbols.map(({ symbol }) => `${symbol} ${isArchive ? isoDay(files[0]!.firstTimeMs) : 'recording'}`),
      ),
    );

  #report(input: PlannedInput, progress: IngestProgress): void {
    this.#progress.set(input, progress);
    const all = [...this.#progress.values()];
    this.#options.onProgress?.({
      bytesDone: all.reduce((sum, p) => sum + p.bytesDone, 0),
      bytesTotal: 0,
      messages: all.reduce((sum, p) => sum + p.messages, 0),
      bars: all.reduce((sum, p) => sum + p.bars, 0),
      file: progress.file,
    });
  }
}
