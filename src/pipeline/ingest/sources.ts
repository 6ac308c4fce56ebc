/** Ingest from anywhere: local files as they lie, what must be fetched (HTTP, the Bybit archive by dates, rclone) as it comes. */
import { ConfigError, DataError, TransientError } from '../../domain/core/index.ts';
import { planBybitArchive, planInputs } from '../../platform/sources/index.ts';
import { symbolFolder } from '../../platform/storage/index.ts';
import { type IngestOptions, ingestSymbols, type IngestSymbolsOptions } from './ingest.ts';
import { type FetchedOptions, type FetchedOutcome, ingestFetched, type WantedInput } from './fetched.ts';
import { joinDays } from './join.ts';
import type { IngestResult } from './result.ts';

interface RemoteOptions {
  /** Days of the Bybit archive, `YYYY-MM-DD`, both included. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** A mirror that stands in for the archive. */
  readonly baseUrl?: string | undefined;
  /** Default `<dataDir>/downloads`. */
  readonly downloadDir?: string | undefined;
  readonly keepDownloads?: boolean | undefined;
}

export interface IngestSourcesOptions extends IngestOptions, RemoteOptions {}
export interface IngestSymbolSourcesOptions extends IngestSymbolsOptions, RemoteOptions {}

export interface IngestSourcesResult extends IngestResult {
  /** Days and files that the source does not have. */
  readonly missing: readonly string[];
}

/** Both, when something of the symbol is good and something was refused or could not be fetched. */
export interface SourcesSymbolResult {
  readonly symbol: string;
  readonly result: IngestSourcesResult | null;
  readonly error: DataError | TransientError | null;
}

/**
 * One symbol.
 * @throws as `ingestL2`; after all that could be fetched has been ingested, an error that names what could not
 */
export async function ingestSources(options: IngestSourcesOptions): Promise<IngestSourcesResult> {
  const [share] = await ingestSymbolSources({ ...options, symbols: [options.symbol] });
  return soleSource(share!);
}

/** @throws the symbol's error, if it has one, with what is good beside it */
export function soleSource({ result, error }: SourcesSymbolResult): IngestSourcesResult {
  if (result === null) throw error!;
  if (error === null) return result;
  const known = result.unchanged > 0 ? `, and ${result.unchanged} files that an earlier run has done` : '';
  const rest = [`${result.bars} bars of ${result.files} files${known}`, ...result.missing];
  throw error.message.includes('\nKept: ')
    ? error
    : retold(error, `${error.message}\nKept: ${rest.join('\nmissing: ')}`);
}

/**
 * The symbols in the order asked for, or all of them by name; what is wrong with one is in its result.
 * @throws ConfigError for what cannot be understood; DataError when no input is of use; the signal's reason when aborted
 */
export async function ingestSymbolSources(
  options: IngestSymbolSourcesOptions,
): Promise<readonly SourcesSymbolResult[]> {
  const inputs = await planAll(options);
  if (inputs.every(({ input }) => input.kind === 'local')) {
    // A folder is handed on as a folder: strangers in it are passed over, where a file asked for by name must be right.
    const isGlob = options.inputs.some((input) => /[*?[{]/.test(input));
    const local = isGlob ? inputs.map(({ input }) => input.origin) : options.inputs;
    const shares = await ingestSymbols({ ...options, inputs: local });
    return shares.map(({ symbol, result, error }) => ({
      symbol,
      result: result === null ? null : { ...result, missing: [] },
      error,
    }));
  }
  return await ingestRemote(inputs, options);
}

/** Each symbol has files of its own in the archive; what is given by address is searched for all of them. */
async function planAll(options: IngestSymbolSourcesOptions): Promise<readonly WantedInput[]> {
  const { from, to, baseUrl, signal, symbols } = options;
  const planned = await planInputs(options.inputs, { signal });
  const inputs: WantedInput[] = planned.map((input) => ({ input, symbols: upperCase(symbols) }));
  if (from === undefined) return inputs;
  if (symbols === 'all') {
    throw new ConfigError([
      { path: '--symbol', message: 'the archive is asked for by symbol: name those wanted' },
    ]);
  }
  for (const symbol of upperCase(symbols)) {
    const days = planBybitArchive({ symbol, fromDay: from, toDay: to ?? from, baseUrl });
    inputs.push(...days.map((input) => ({ input, symbols: [symbol] })));
  }
  return inputs;
}

function upperCase<Symbols extends IngestSymbolsOptions['symbols']>(symbols: Symbols): Symbols;
function upperCase(symbols: IngestSymbolsOptions['symbols']): IngestSymbolsOptions['symbols'] {
  return symbols === 'all' ? 'all' : [...new Set(symbols.map((symbol) => symbol.toUpperCase()))];
}

async function ingestRemote(
  inputs: readonly WantedInput[],
  options: FetchedOptions,
): Promise<readonly SourcesSymbolResult[]> {
  const startedMs = options.clock();
  const outcome = await ingestFetched(inputs, options);
  const found = new Set(outcome.results.map(({ symbol }) => symbol));
  const symbols = options.symbols === 'all' ? [...found].toSorted() : upperCase(options.symbols);
  if (symbols.length === 0) {
    throw combined(outcome.failed.map(({ error }) => error)) ?? nothing(outcome.missing.map(told));
  }
  const shares: SourcesSymbolResult[] = [];
  for (const symbol of symbols) {
    const joined = await joinDays({ dataDir: options.dataDir, venue: options.venue, symbol });
    const seconds = (options.clock() - startedMs) / 1_000;
    shares.push(shareOf(symbol, outcome, { ...options, joined, seconds }));
  }
  return shares;
}

type SumOptions = FetchedOptions & Pick<IngestResult, 'joined' | 'seconds'>;

function shareOf(symbol: string, outcome: FetchedOutcome, options: SumOptions): SourcesSymbolResult {
  const isOurs = ({ symbols }: WantedInput): boolean => symbols === 'all' || symbols.includes(symbol);
  const shares = outcome.results.filter((share) => share.symbol === symbol);
  const results = shares.flatMap(({ result }) => result ?? []);
  const unchanged = outcome.unchanged.filter(isOurs).length;
  const missing = outcome.missing.filter(isOurs).map(told);
  const error = combined([
    ...shares.flatMap((share) => share.error ?? []),
    ...outcome.failed.filter(isOurs).map((input) => input.error),
  ]);
  if (results.length === 0 && unchanged === 0) {
    return { symbol, result: null, error: error ?? (missing.length > 0 ? nothing(missing) : absent(symbol)) };
  }
  const sum = add(results, { dataDir: options.dataDir, venue: options.venue, symbol }, options);
  return { symbol, result: { ...sum, unchanged: sum.unchanged + unchanged, missing }, error };
}

const told = ({ input, reason }: FetchedOutcome['missing'][number]): string => `${input.origin}: ${reason}`;

/** One error in the words of all; it is of the data as soon as one of them is. */
function combined(errors: readonly (DataError | TransientError)[]): DataError | TransientError | null {
  const leading = errors.find((error) => error instanceof DataError) ?? errors[0];
  if (leading === undefined || errors.length === 1) return leading ?? null;
  return retold(leading, [...new Set(errors.map((error) => error.message))].join('\n'));
}

function retold(error: DataError | TransientError, message: string): DataError | TransientError {
  const { code, context } = error;
  if (error instanceof DataError) return new DataError(message, { code, context, cause: error });
  return new TransientError(message, { code, context, cause: error, retryAfterMs: error.retryAfterMs });
}

function nothing(missing: readonly string[]): DataError {
  return new DataError(`nothing could be fetched:\n${missing.join('\n')}`, { code: 'INPUT_MISSING' });
}

function absent(symbol: string): DataError {
  return new DataError(`no order-book message of ${symbol} in the input`, { code: 'SYMBOL_MISSING' });
}

function add(
  results: readonly IngestResult[],
  location: { readonly dataDir: string; readonly venue: string; readonly symbol: string },
  options: SumOptions,
): IngestResult {
  const sum = (of: (result: IngestResult) => number): number =>
    results.reduce((total, result) => total + of(result), 0);
  return {
    venue: location.venue,
    symbol: location.symbol,
    tickSize: results[0]?.tickSize ?? options.tickSize ?? '',
    lotSize: results[0]?.lotSize ?? options.lotSize ?? '',
    files: sum((r) => r.files),
    unchanged: sum((r) => r.unchanged),
    messages: sum((r) => r.messages),
    bars: sum((r) => r.bars),
    incompleteBars: sum((r) => r.incompleteBars),
    joined: options.joined,
    bytesIn: sum((r) => r.bytesIn),
    bytesOnDisk: sum((r) => r.bytesOnDisk),
    seconds: options.seconds,
    gaps: sum((r) => r.gaps),
    crossed: sum((r) => r.crossed),
    quarantined: sum((r) => r.quarantined),
    days: [...new Set(results.flatMap((r) => r.days))].toSorted(),
    out: symbolFolder('bars', location),
    manifests: results.flatMap((r) => r.manifests),
  };
}
