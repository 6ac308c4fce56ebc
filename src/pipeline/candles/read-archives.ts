/** Files of the archive for one month: fetched where they are new or revised, held against their checksum, and read. */
import { rmdir } from 'node:fs/promises';
import { type Candle, CANDLE_INTERVALS } from '../../domain/candles/index.ts';
import { DataError } from '../../domain/core/index.ts';
import {
  type CandleArchive,
  type CandleFile,
  type CandlePlace,
  checkedSha256,
  type FetchedFile,
  fetchInputs,
  type FetchOptions,
  type PlannedInput,
  readCandleCsv,
} from '../../platform/sources/index.ts';
import type { CandleSource } from './manifest.ts';
import { countedRows } from './read-rows.ts';

export interface ReadArchivesOptions extends Pick<FetchOptions, 'limits' | 'network' | 'signal'> {
  readonly archive: CandleArchive;
  readonly place: CandlePlace;
  /** Folder of these downloads alone. */
  readonly downloadDir: string;
  /** What an earlier run has read. */
  readonly known: readonly CandleSource[];
}

export interface ReadFile {
  readonly source: CandleSource;
  readonly candles: readonly Candle[];
}

export interface ReadArchives {
  readonly fresh: readonly ReadFile[];
  /** Still what an earlier run has read. */
  readonly unchanged: readonly CandleSource[];
  /** Not in the archive. */
  readonly missing: readonly CandleFile[];
}

/**
 * @throws DataError when one of the files is refused; TransientError when one cannot be fetched now; the signal's reason
 * when aborted
 */
export async function readArchives(
  files: readonly CandleFile[],
  options: ReadArchivesOptions,
): Promise<ReadArchives> {
  const { downloadDir, limits, network, signal } = options;
  const reading = new Reading(options);
  const wanted = new Map<PlannedInput, CandleFile>();
  for (const file of files) {
    const input = await reading.plan(file);
    if (input !== null) wanted.set(input, file);
  }
  const arrivals = fetchInputs([...wanted.keys()], {
    downloadDir,
    limits,
    network,
    signal,
    knownVersion: (input) => reading.knownSource(wanted.get(input)!)?.version ?? null,
  });
  for await (const arrival of arrivals) {
    const file = wanted.get(arrival.input)!;
    switch (arrival.kind) {
      case 'file':
        try {
          await reading.read(file, arrival);
        } finally {
          await arrival.release();
        }
        break;
      case 'unchanged':
        reading.keep(file);
        break;
      case 'missing':
        reading.miss(file);
        break;
      case 'failed':
        throw arrival.error;
    }
  }
  // What an interrupted run goes on with stays.
  await rmdir(downloadDir).catch(() => null);
  return reading;
}

class Reading implements ReadArchives {
  readonly fresh: ReadFile[] = [];
  readonly unchanged: CandleSource[] = [];
  readonly missing: CandleFile[] = [];
  readonly #options: ReadArchivesOptions;
  /** Files whose checksum is no longer the one known. */
  readonly #revised = new Set<CandleFile>();

  constructor(options: ReadArchivesOptions) {
    this.#options = options;
  }

  knownSource(file: CandleFile): CandleSource | null {
    if (this.#revised.has(file)) return null;
    return this.#options.known.find(({ name }) => name === file.segments.at(-1)) ?? null;
  }

  /** Null when nothing has to be fetched. */
  async plan(file: CandleFile): Promise<PlannedInput | null> {
    const { archive } = this.#options;
    const input = await archive.plan(file);
    if (input === null) {
      this.miss(file);
      return null;
    }
    const known = this.knownSource(file);
    // A local file is cheap to look at, and may have been changed without its checksum.
    if (known === null || input.kind === 'local') return input;
    const offered = await archive.offeredSha256(file);
    if (offered === known.sha256) {
      this.unchanged.push(known);
      return null;
    }
    if (offered !== null) this.#revised.add(file);
    return input;
  }

  async read(file: CandleFile, { path: local, input, version, ...fetched }: FetchedFile): Promise<void> {
    const { archive, place, signal } = this.#options;
    const { origin } = input;
    const offered = input.kind === 'local' ? await archive.offeredSha256(file) : null;
    const sha256 = await checkedSha256(local, { origin, offered });
    const verifiedBy = offered === null ? fetched.verifiedBy : 'sha256';
    const known = this.knownSource(file);
    if (known?.sha256 === sha256) {
      this.unchanged.push(known);
      return;
    }
    const csv = await readCandleCsv({
      path: local,
      intervalMs: CANDLE_INTERVALS[place.interval],
      signal,
    });
    const { candles, account } = countedRows(csv, { ...place, span: file.span });
    if (candles.length === 0) {
      const reason = account.refusedRows[0]?.reason ?? 'it is empty';
      throw new DataError(`${origin}: not one row of it is a candle of ${file.date} (first: ${reason})`, {
        code: 'CANDLES_NONE',
        context: { origin },
      });
    }
    const name = file.segments.at(-1)!;
    this.fresh.push({
      source: { name, origin, sha256, verifiedBy, version, span: file.span, ...account },
      candles,
    });
  }

  keep(file: CandleFile): void {
    const known = this.knownSource(file);
    if (known !== null) this.unchanged.push(known);
  }

  /** A mirror that lacks a file is no reason to forget what it held. */
  miss(file: CandleFile): void {
    if (this.knownSource(file) === null) this.missing.push(file);
    else this.keep(file);
  }
}
