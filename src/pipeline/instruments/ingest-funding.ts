/**
 * `ingest funding`: months of funding rates from Binance's archive, REST or files into a cache below the data folder. A
 * month that was over when it was fetched is not fetched again.
 */
import { rmdir } from 'node:fs/promises';
import path from 'node:path';
import { isoMonth, monthSpan, type TimeSpan } from '../../domain/candles/index.ts';
import { ConfigError, type ConfigProblem, DataError } from '../../domain/core/index.ts';
import { parseVenueName, type Settlement, sortedFunding, type VenueName } from '../../domain/market/index.ts';
import {
  type CandleArchive,
  ExchangeJson,
  type ExchangeJsonOptions,
  fetchFunding,
  fetchInputs,
  fundingArchiveFile,
  hasFunding,
  openCandleArchive,
  type PlannedInput,
  readFundingFile,
} from '../../platform/sources/index.ts';
import { type SymbolLocation, symbolFolder } from '../../platform/storage/index.ts';
import { monthsOf } from '../candles/options.ts';
import {
  type FundingMonth,
  joinedFunding,
  readFundingMonth,
  type StoredFunding,
  writeFundingMonth,
} from './stored-funding.ts';

export interface IngestFundingOptions extends Omit<ExchangeJsonOptions, 'venue'> {
  readonly venue: string;
  readonly symbol: string;
  /** First and last month, `2025-01`, both included; `to` is `from` by default. With files: all that they hold. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** Files in place of archive and REST. */
  readonly files?: readonly string[] | undefined;
  /** Fetches months again that are there already. */
  readonly refresh?: boolean | undefined;
  readonly dataDir: string;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly nowMs: number;
  readonly onProgress?: ((monthsDone: number, months: number) => void) | undefined;
}

export interface FundingResult extends StoredFunding {
  readonly venue: VenueName;
  readonly symbol: string;
  readonly months: readonly FundingMonth[];
  /** Of which the cache was taken as it is. */
  readonly cached: readonly string[];
  readonly out: string;
}

/**
 * Months that were done stay.
 * @throws ConfigError naming every option that is wrong; DataError for refused data, and for months that are nowhere to be
 * had; TransientError for a network that fails; the signal's reason when aborted
 */
export async function ingestFunding(options: IngestFundingOptions): Promise<FundingResult> {
  const { dataDir, files, nowMs, signal, onProgress } = options;
  const venue = parseVenueName(options.venue);
  const symbol = options.symbol.toUpperCase();
  const location = { dataDir, venue, symbol };
  const out = symbolFolder('funding', location);
  const span = checkedSpan(venue, options);
  const fromFiles = files === undefined ? null : await filedMonths(files, symbol, span);
  const months = fromFiles === null ? monthsOf(span!) : [...fromFiles.keys()];
  const fetcher = fromFiles === null ? await Fetcher.open(location, options) : null;
  const stored: FundingMonth[] = [];
  const cached: string[] = [];
  for (const month of months) {
    signal?.throwIfAborted();
    const known =
      fetcher === null || options.refresh === true ? null : await readFundingMonth(location, month);
    if (known?.isComplete === true) {
      stored.push(known);
      cached.push(month);
    } else {
      const found = fetcher === null ? filed(fromFiles!.get(month)!, files!) : await fetcher.month(month);
      const isComplete = fetcher === null || monthSpan(month)!.toMs <= nowMs;
      const { settlements, ...from } = found;
      stored.push(
        await writeFundingMonth(location, {
          month,
          ...from,
          isComplete,
          nowMs,
          funding: sortedFunding(settlements),
        }),
      );
    }
    onProgress?.(stored.length, months.length);
  }
  const whole = {
    fromMs: monthSpan(months[0]!)!.fromMs,
    toMs: Math.min(monthSpan(months.at(-1)!)!.toMs, nowMs),
  };
  return { venue, symbol, months: stored, cached, out, ...joinedFunding(stored, whole) };
}

interface FoundMonth extends Pick<FundingMonth, 'from'> {
  readonly origins: readonly string[];
  readonly settlements: readonly Settlement[];
}

const filed = (settlements: readonly Settlement[], files: readonly string[]): FoundMonth => ({
  from: 'file',
  origins: files,
  settlements,
});

/** Null with files and no months. */
function checkedSpan(venue: VenueName, options: IngestFundingOptions): TimeSpan | null {
  const { from, to = from, files, nowMs, baseUrl } = options;
  const problems: ConfigProblem[] = [];
  const spanOf = (flag: string, month: string | undefined): TimeSpan | null => {
    const span = month === undefined ? null : monthSpan(month);
    if (span === null && month !== undefined)
      problems.push({ path: flag, message: `"${month}" is not a month such as 2025-01` });
    return span;
  };
  const first = spanOf('--from', from);
  const last = to === from ? first : spanOf('--to', to);
  if (!hasFunding(venue))
    problems.push({ path: '--venue', message: `${venue} has no funding: it has no perpetuals` });
  if (from === undefined && (files === undefined || to !== undefined))
    problems.push({ path: '--from', message: 'give the first month, such as 2025-01' });
  if (first !== null && last !== null && first.fromMs > last.fromMs)
    problems.push({ path: '--to', message: `${to} is before --from ${from}` });
  if (first !== null && first.fromMs > nowMs)
    problems.push({ path: '--from', message: `${from} has not begun` });
  if (files !== undefined && baseUrl !== undefined)
    problems.push({ path: '--base-url', message: 'is not for --in: files are taken as they are' });
  if (problems.length > 0) throw new ConfigError(problems);
  return first === null ? null : { fromMs: first.fromMs, toMs: Math.min(last!.toMs, nowMs + 1) };
}

/** Month → its settlements, ascending. @throws DataError when there are none, or the files contradict each other */
async function filedMonths(
  files: readonly string[],
  symbol: string,
  span: TimeSpan | null,
): Promise<ReadonlyMap<string, readonly Settlement[]>> {
  const all: Settlement[] = [];
  for (const file of files) all.push(...(await readFundingFile(file, symbol)));
  const wanted = all.filter(({ timeMs }) => span === null || (timeMs >= span.fromMs && timeMs < span.toMs));
  if (wanted.length === 0) {
    throw new DataError(`${files.join(', ')}: no funding of ${symbol} in the months asked for`, {
      code: 'FUNDING_NONE',
      context: { symbol },
    });
  }
  sortedFunding(wanted);
  const ascending = wanted.toSorted((a, b) => a.timeMs - b.timeMs);
  return Map.groupBy(ascending, ({ timeMs }) => isoMonth(timeMs));
}

/** The archive where there is one, REST for what it lacks. */
class Fetcher {
  readonly #symbol: string;
  readonly #archive: CandleArchive | null;
  readonly #rest: ExchangeJson | null;
  readonly #options: IngestFundingOptions;
  readonly #downloadDir: string;

  private constructor(
    { venue, symbol, dataDir }: SymbolLocation & { readonly venue: VenueName },
    archive: CandleArchive | null,
    options: IngestFundingOptions,
  ) {
    const { baseUrl } = options;
    const isFolder = baseUrl !== undefined && !/^https?:/i.test(baseUrl);
    this.#symbol = symbol;
    this.#archive = archive;
    this.#rest = isFolder && archive !== null ? null : new ExchangeJson({ ...options, venue });
    this.#options = options;
    this.#downloadDir = path.join(dataDir, 'downloads', `funding-${venue}-${symbol}`);
  }

  /** @throws ConfigError when `--base-url` is neither an address nor a folder */
  static async open(
    location: SymbolLocation & { readonly venue: VenueName },
    options: IngestFundingOptions,
  ): Promise<Fetcher> {
    const hasArchive = location.venue === 'binance-usdm';
    const archive = hasArchive ? await openCandleArchive({ ...options, base: options.baseUrl }) : null;
    return new Fetcher(location, archive, options);
  }

  async month(month: string): Promise<FoundMonth> {
    const { nowMs } = this.#options;
    const span = monthSpan(month)!;
    const archived = span.toMs <= nowMs ? await this.#archived(month, span) : null;
    if (archived !== null) return archived;
    if (this.#rest === null) {
      throw new DataError(
        `${this.#symbol} ${month}: not in the folder given by --base-url, which has no REST beside`,
        {
          code: 'FUNDING_NONE',
          context: { symbol: this.#symbol, month },
        },
      );
    }
    const open = { ...span, toMs: Math.min(span.toMs, nowMs + 1) };
    return { from: 'rest', ...(await fetchFunding(this.#rest, this.#symbol, open)) };
  }

  async #archived(month: string, span: TimeSpan): Promise<FoundMonth | null> {
    const file = fundingArchiveFile(this.#symbol, month, span);
    const input = (await this.#archive?.plan(file)) ?? null;
    if (input === null) return null;
    const settlements = await this.#read(input);
    if (settlements === null) return null;
    const stray = settlements.find(({ timeMs }) => timeMs < span.fromMs || timeMs >= span.toMs);
    if (stray === undefined) return { from: 'archive', origins: [input.origin], settlements };
    throw new DataError(`${input.origin}: ${new Date(stray.timeMs).toISOString()} does not lie in ${month}`, {
      code: 'FUNDING_UNREADABLE',
      context: { origin: input.origin },
    });
  }

  /** Null when the archive has no such file. */
  async #read(input: PlannedInput): Promise<readonly Settlement[] | null> {
    const { limits, network, signal } = this.#options;
    const downloadDir = this.#downloadDir;
    for await (const arrival of fetchInputs([input], { downloadDir, limits, network, signal })) {
      if (arrival.kind === 'failed') throw arrival.error;
      if (arrival.kind !== 'file') break;
      try {
        return await readFundingFile(arrival.path, this.#symbol);
      } finally {
        await arrival.release();
        // What an interrupted run goes on with stays.
        await rmdir(downloadDir).catch(() => null);
      }
    }
    await rmdir(downloadDir).catch(() => null);
    return null;
  }
}
