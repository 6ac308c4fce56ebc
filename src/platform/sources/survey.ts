/**
 * A look at the head of every input before the work begins: when each file starts (its name proves nothing), which files
 * belong together, and how fine the prices and sizes of each symbol are, so that one instrument fits all its files.
 */
import { DataError } from '../../domain/core/index.ts';
import {
  createInstrument,
  type Instrument,
  stepOfDecimals,
  type VenueName,
} from '../../domain/market/index.ts';
import { FileHead, Grid, type WantedSymbols } from './file-head.ts';
import { type InputFile, listInputFiles } from './input-files.ts';
import type { SymbolTrace } from './snapshot-owner.ts';
import { tracesFrom } from './stream-decoder.ts';

export interface SurveyOptions {
  readonly venue: VenueName;
  readonly symbol: string;
  /** Files and folders. */
  readonly inputs: readonly string[];
  /** Decimal text; inferred from the data when absent. */
  readonly tickSize?: string | undefined;
  readonly lotSize?: string | undefined;
}

export interface StreamsSurveyOptions extends Omit<SurveyOptions, 'symbol'> {
  readonly symbols: WantedSymbols;
}

export interface SurveyedFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** Time of the first message: the recorder's clock where there is one, else the exchange's. */
  readonly firstTimeMs: number;
  /** False for a venue's own archive, whose lines carry no receive time. */
  readonly hasReceiveTimes: boolean;
  /** The symbols whose books its head carries, wanted or not. */
  readonly traces: readonly SymbolTrace[];
}

export interface DamagedFile {
  readonly path: string;
  readonly reason: string;
}

/** Files that share symbols: they are read once, for all that is wanted of them. */
export interface SurveyedStream {
  readonly instruments: readonly Instrument[];
  /** In order of time. */
  readonly files: readonly SurveyedFile[];
}

interface SetAside {
  /** Files of which nothing could be read or used. */
  readonly damaged: readonly DamagedFile[];
  /** Files of a folder that hold no message of the venue, or of no symbol wanted. */
  readonly skipped: readonly string[];
}

export interface Survey extends SetAside {
  readonly instrument: Instrument;
  /** In order of time. */
  readonly files: readonly SurveyedFile[];
}

export interface StreamsSurvey extends SetAside {
  readonly streams: readonly SurveyedStream[];
  /** Symbols wanted of which there is no message, each with an error that says which there are. */
  readonly missing: readonly { readonly symbol: string; readonly error: DataError }[];
}

/** @throws DataError when there is no file, or none with a message of the symbol to infer the grid from */
export async function surveyInputs(options: SurveyOptions): Promise<Survey> {
  const { streams, missing, damaged, skipped } = await surveyStreams({
    ...options,
    symbols: [options.symbol],
  });
  const stream = streams[0];
  if (stream === undefined) throw missing[0]!.error;
  return { instrument: stream.instruments[0]!, files: stream.files, damaged, skipped };
}

/** @throws DataError when there is no usable file, and when every symbol is wanted and there is none */
export async function surveyStreams(options: StreamsSurveyOptions): Promise<StreamsSurvey> {
  const { files, grids, damaged, skipped } = await lookAtHeads(options);
  const seen = new Set(files.flatMap(({ symbols }) => [...symbols]));
  const names = options.symbols === 'all' ? [...grids.keys()].toSorted() : options.symbols;
  if (names.length === 0) throw noBookAtAll(options.venue, seen);
  const only = names.length === 1 ? names[0] : undefined;
  const hasSizes = options.tickSize !== undefined && options.lotSize !== undefined;
  // A quiet symbol whose sizes are known need not show in a head.
  const isForced = only !== undefined && hasSizes && !seen.has(only);
  const streams: SurveyedStream[] = [];
  for (const group of isForced ? [files] : groupBySymbols(files)) {
    const named = new Set(group.flatMap(({ symbols }) => [...symbols]));
    const isIn = (symbol: string): boolean =>
      isForced ||
      ((grids.has(symbol) || hasSizes) && (named.has(symbol) || (named.size === 0 && symbol === only)));
    const instruments = names.filter(isIn).map((symbol) => instrumentOf(options, symbol, grids.get(symbol)));
    if (instruments.length > 0) {
      streams.push({ instruments, files: group.map(({ file }) => file) });
      continue;
    }
    for (const { file, fromFolder, symbols } of group) {
      if (fromFolder) skipped.push(file.path);
      else damaged.push({ path: file.path, reason: otherSymbols(file.path, names, symbols) });
    }
  }
  const missing = names
    .filter((symbol) => !streams.some((stream) => stream.instruments.some((i) => i.symbol === symbol)))
    .map((symbol) => ({ symbol, error: symbolMissing(symbol, seen) }));
  return { streams, missing, damaged, skipped };
}

function instrumentOf(options: StreamsSurveyOptions, symbol: string, grid = new Grid()): Instrument {
  return createInstrument({
    venue: options.venue,
    symbol,
    tickSize: options.tickSize ?? stepOfDecimals(grid.priceDecimals).text,
    lotSize: options.lotSize ?? stepOfDecimals(grid.sizeDecimals).text,
  });
}

interface LookedAt {
  readonly file: SurveyedFile;
  readonly fromFolder: boolean;
  readonly head: FileHead;
  /** Every symbol named in its head. */
  readonly symbols: ReadonlySet<string>;
  readonly hasStraySnapshots: boolean;
}

interface Heads {
  /** In order of time. */
  readonly files: readonly LookedAt[];
  readonly grids: ReadonlyMap<string, Grid>;
  readonly damaged: DamagedFile[];
  readonly skipped: string[];
}

async function lookAtHeads(options: StreamsSurveyOptions): Promise<Heads> {
  const found: LookedAt[] = [];
  const damaged: DamagedFile[] = [];
  const skipped: string[] = [];
  const grids = new Map<string, Grid>();
  for (const input of await listInputFiles(options.inputs)) {
    const { path, sizeBytes, fromFolder } = input;
    const head = new FileHead(options, grids);
    const failure = await head.read(path);
    const { firstTimeMs, hasReceiveTimes, traces, symbols } = head;
    if (Number.isFinite(firstTimeMs)) {
      const file = { path, sizeBytes, firstTimeMs, hasReceiveTimes, traces };
      const { hasStraySnapshots } = head;
      found.push({ file, fromFolder, head, symbols, hasStraySnapshots });
    } else if (failure !== null) damaged.push({ path, reason: failure });
    else if (fromFolder) skipped.push(path);
    else damaged.push({ path, reason: notAMessage(input, options.venue) });
  }
  if (found.length === 0) throw nothingUsable(options.venue, damaged, skipped);
  const files = found.toSorted(
    (a, b) => a.file.firstTimeMs - b.file.firstTimeMs || (a.file.path < b.file.path ? -1 : 1),
  );
  for (const [i, { head, hasStraySnapshots }] of files.entries()) {
    if (hasStraySnapshots) head.measureUnnamed(tracesAround(files, i, options.symbols));
  }
  return { files, grids, damaged, skipped };
}

/** What tells whose the snapshots are of a file that names no symbol: the files behind it, or that only one is wanted. */
function tracesAround(files: readonly LookedAt[], at: number, wanted: WantedSymbols): readonly SymbolTrace[] {
  const traces = tracesFrom([...files.slice(at), ...files.slice(0, at)].map(({ file }) => file));
  const only = wanted !== 'all' && wanted.length === 1 ? wanted[0] : undefined;
  if (traces.length > 0 || only === undefined) return traces;
  const [firstUpdateId, lastUpdateId, lowPrice, highPrice] = [Number.NaN, Number.NaN, Number.NaN, Number.NaN];
  return [{ symbol: only, firstUpdateId, lastUpdateId, lowPrice, highPrice }];
}

/**
 * Files that share a symbol, directly or through others. Snapshots in a file that names no symbol may be anybody's, and
 * join all; a file that says nothing of symbols goes along with the first.
 */
function groupBySymbols(files: readonly LookedAt[]): readonly (readonly LookedAt[])[] {
  if (files.some(({ hasStraySnapshots }) => hasStraySnapshots)) return [files];
  let groups: { readonly symbols: ReadonlySet<string>; readonly files: readonly LookedAt[] }[] = [];
  for (const looked of files.filter(({ symbols }) => symbols.size > 0)) {
    const kin = groups.filter(({ symbols }) => [...looked.symbols].some((symbol) => symbols.has(symbol)));
    const joined = {
      symbols: new Set([...kin.flatMap(({ symbols }) => [...symbols]), ...looked.symbols]),
      files: [...kin.flatMap((group) => group.files), looked],
    };
    groups = [...groups.filter((group) => !kin.includes(group)), joined];
  }
  const silent = files.filter(({ symbols }) => symbols.size === 0);
  const [first = [], ...others] = groups.map((group) => group.files);
  return [[...first, ...silent], ...others].map((group) => files.filter((file) => group.includes(file)));
}

/** No message of the symbol: says which there are. */
export function symbolMissing(symbol: string, seen: Iterable<string>): DataError {
  const names = listed(seen);
  return new DataError(`no order-book message of ${symbol} in the input; symbols seen: ${names}`, {
    code: 'SYMBOL_MISSING',
    context: { symbol, seen: names },
  });
}

function noBookAtAll(venue: VenueName, seen: Iterable<string>): DataError {
  return new DataError(`no order-book message of ${venue} in the input; symbols seen: ${listed(seen)}`, {
    code: 'SYMBOL_MISSING',
  });
}

function otherSymbols(path: string, wanted: readonly string[], seen: Iterable<string>): string {
  return `${path}: no order-book message of ${wanted.join(', ')} in it; symbols seen: ${listed(seen)}`;
}

function listed(symbols: Iterable<string>): string {
  return [...symbols].toSorted().join(', ') || 'none';
}

function notAMessage(file: InputFile, venue: VenueName): string {
  return `${file.path}: no line of it is a message of ${venue}; is the venue right?`;
}

function nothingUsable(
  venue: VenueName,
  damaged: readonly DamagedFile[],
  skipped: readonly string[],
): DataError {
  const reasons = damaged.map((file) => file.reason);
  if (skipped.length > 0) reasons.push(`no message of ${venue} in ${skipped.join(', ')}`);
  return new DataError(`no usable input: ${reasons.join('; ')}`, { code: 'INPUT_UNUSABLE' });
}
