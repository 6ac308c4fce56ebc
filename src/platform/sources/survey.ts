/**
 * A look at the head of every input before the work begins: when each file starts (its name proves nothing), and how fine
 * the prices and sizes of the symbol are, so that one instrument fits all files.
 */
import { DataError } from '../../domain/core/index.ts';
import {
  createInstrument,
  type Instrument,
  significantDecimals,
  stepOfDecimals,
  type VenueName,
} from '../../domain/market/index.ts';
import { readChunks } from './content.ts';
import { type InputFile, listInputFiles } from './input-files.ts';
import { type LineFrame, readFrame } from './line-frame.ts';
import { LineSplitter } from './line-splitter.ts';
import { levelPair, parseJson } from './reference-decoder.ts';
import type { BookMessage, VenueMessage } from './venue-message.ts';
import { VENUE_PARSERS } from './venues.ts';

export interface SurveyOptions {
  readonly venue: VenueName;
  readonly symbol: string;
  /** Files and folders. */
  readonly inputs: readonly string[];
  /** Decimal text; inferred from the data when absent. */
  readonly tickSize?: string | undefined;
  readonly lotSize?: string | undefined;
}

export interface SurveyedFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** Time of the first message: the recorder's clock where there is one, else the exchange's. */
  readonly firstTimeMs: number;
  /** False for a venue's own archive, whose lines carry no receive time. */
  readonly hasReceiveTimes: boolean;
}

export interface DamagedFile {
  readonly path: string;
  readonly reason: string;
}

export interface Survey {
  readonly instrument: Instrument;
  /** In order of time. */
  readonly files: readonly SurveyedFile[];
  /** Files of which nothing could be read. */
  readonly damaged: readonly DamagedFile[];
  /** Files of a folder that hold no message of the venue. */
  readonly skipped: readonly string[];
}

/** A head ends at so many lines, or at the second number once a snapshot has been seen. */
const MAX_HEAD_LINES = 5_000;
const ENOUGH_HEAD_LINES = 200;

/** @throws DataError when there is no file, or none with a message of the symbol to infer the grid from */
export async function surveyInputs(options: SurveyOptions): Promise<Survey> {
  const files: SurveyedFile[] = [];
  const damaged: DamagedFile[] = [];
  const skipped: string[] = [];
  const grid = new Grid();
  const symbols = new Set<string>();
  for (const file of await listInputFiles(options.inputs)) {
    const head = new Head(options, grid, symbols);
    const failure = await head.read(file.path);
    if (Number.isFinite(head.firstTimeMs)) {
      const { firstTimeMs, hasReceiveTimes } = head;
      files.push({ path: file.path, sizeBytes: file.sizeBytes, firstTimeMs, hasReceiveTimes });
    } else if (failure !== null) {
      damaged.push({ path: file.path, reason: failure });
    } else if (file.fromFolder) {
      skipped.push(file.path);
    } else {
      damaged.push({ path: file.path, reason: notAMessage(file, options.venue) });
    }
  }
  refuseNothing({ options, files, damaged, skipped, symbols, gridKnown: grid.isKnown });
  return {
    instrument: createInstrument({
      venue: options.venue,
      symbol: options.symbol,
      tickSize: options.tickSize ?? stepOfDecimals(grid.priceDecimals).text,
      lotSize: options.lotSize ?? stepOfDecimals(grid.sizeDecimals).text,
    }),
    files: files.toSorted((a, b) => a.firstTimeMs - b.firstTimeMs || (a.path < b.path ? -1 : 1)),
    damaged,
    skipped,
  };
}

function notAMessage(file: InputFile, venue: VenueName): string {
  return `${file.path}: no line of it is a message of ${venue}; is the venue right?`;
}

interface Findings {
  readonly options: SurveyOptions;
  readonly files: readonly SurveyedFile[];
  readonly damaged: readonly DamagedFile[];
  readonly skipped: readonly string[];
  readonly symbols: ReadonlySet<string>;
  readonly gridKnown: boolean;
}

function refuseNothing({ options, files, damaged, skipped, symbols, gridKnown }: Findings): void {
  if (files.length === 0) {
    const reasons = damaged.map((file) => file.reason);
    if (skipped.length > 0) reasons.push(`no message of ${options.venue} in ${skipped.join(', ')}`);
    throw new DataError(`no usable input: ${reasons.join('; ')}`, { code: 'INPUT_UNUSABLE' });
  }
  if (!gridKnown && (options.tickSize === undefined || options.lotSize === undefined)) {
    throw symbolMissing(options.symbol, symbols);
  }
}

/** No message of the symbol: says which there are. */
export function symbolMissing(symbol: string, seen: Iterable<string>): DataError {
  const names = [...seen].toSorted().join(', ');
  return new DataError(`no order-book message of ${symbol} in the input; symbols seen: ${names || 'none'}`, {
    code: 'SYMBOL_MISSING',
    context: { symbol, seen: names },
  });
}

/** The finest decimals met. */
class Grid {
  priceDecimals = -1;
  sizeDecimals = -1;

  get isKnown(): boolean {
    return this.priceDecimals >= 0;
  }

  add(message: BookMessage): void {
    for (const level of [...message.bids, ...message.asks]) {
      const [price, size] = levelPair(level);
      this.priceDecimals = finer(this.priceDecimals, price);
      this.sizeDecimals = finer(this.sizeDecimals, size);
    }
  }
}

function finer(decimals: number, text: string): number {
  const found = significantDecimals(text);
  return found > decimals ? found : decimals;
}

/** The head of one file. */
class Head {
  firstTimeMs = Number.NaN;
  hasReceiveTimes = false;
  readonly #options: SurveyOptions;
  readonly #grid: Grid;
  readonly #symbols: Set<string>;
  readonly #frame: LineFrame = {
    kind: 'unknown',
    jsonStart: 0,
    receivedTimeMs: Number.NaN,
    symbol: null,
  };
  #lines = 0;
  #sawSnapshot = false;

  constructor(options: SurveyOptions, grid: Grid, symbols: Set<string>) {
    this.#options = options;
    this.#grid = grid;
    this.#symbols = symbols;
  }

  /** Reads until enough is known; returns what was wrong with the file, or null. */
  async read(path: string): Promise<string | null> {
    const splitter = new LineSplitter();
    const readLines = (): void => {
      while (!this.#isEnough && splitter.next()) this.#line(splitter);
    };
    try {
      for await (const chunk of readChunks(path)) {
        splitter.push(chunk);
        readLines();
        if (this.#isEnough) return null;
      }
      splitter.finish();
      readLines();
      return null;
    } catch (error) {
      if (error instanceof DataError) return error.message;
      throw error;
    }
  }

  get #isEnough(): boolean {
    return this.#lines >= (this.#sawSnapshot ? ENOUGH_HEAD_LINES : MAX_HEAD_LINES);
  }

  #line({ bytes, start, end }: LineSplitter): void {
    if (start === end) return;
    this.#lines++;
    readFrame(bytes, start, end, this.#frame);
    if (this.#frame.kind !== 'message') return;
    try {
      const json = parseJson(bytes.toString('utf8', this.#frame.jsonStart, end));
      this.#message(VENUE_PARSERS[this.#options.venue](json));
    } catch (error) {
      // A malformed line is counted and reported when the file is read in earnest.
      if (!(error instanceof DataError)) throw error;
    }
  }

  #message(message: VenueMessage): void {
    const { receivedTimeMs } = this.#frame;
    const symbol = message.symbol ?? this.#frame.symbol;
    if (symbol !== null) this.#symbols.add(symbol);
    if (Number.isNaN(this.firstTimeMs)) {
      this.hasReceiveTimes = !Number.isNaN(receivedTimeMs);
      this.firstTimeMs = this.hasReceiveTimes ? receivedTimeMs : exchangeTimeOf(message);
    }
    if (message.kind !== 'snapshot' && message.kind !== 'delta') return;
    if (symbol !== null && symbol !== this.#options.symbol) return;
    this.#grid.add(message);
    if (message.kind === 'snapshot') this.#sawSnapshot = true;
  }
}

function exchangeTimeOf(message: VenueMessage): number {
  return message.kind === 'other' ? Number.NaN : message.exchangeTimeMs;
}
