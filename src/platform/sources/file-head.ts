/** The head of one file: when it begins, whose messages it holds, and how fine their prices and sizes are. */
import { DataError } from '../../domain/core/index.ts';
import { MAX_DECIMALS, significantDecimals, type VenueName } from '../../domain/market/index.ts';
import { readChunks } from './content.ts';
import { type LineFrame, readFrame } from './line-frame.ts';
import { LineSplitter } from './line-splitter.ts';
import { levelPair, parseJson } from './reference-decoder.ts';
import { possibleOwners, type SymbolTrace } from './snapshot-owner.ts';
import { snapshotOf } from './stream-decoder.ts';
import { SymbolTracer } from './symbol-tracer.ts';
import type { BookMessage, VenueMessage } from './venue-message.ts';
import { VENUE_PARSERS } from './venues.ts';

/** Wanted symbols by name, or every symbol there is. */
export type WantedSymbols = readonly string[] | 'all';

/** A head ends at so many lines, or at the second number once a snapshot has been seen. */
const MAX_HEAD_LINES = 5_000;
const ENOUGH_HEAD_LINES = 200;
/** A stream of several symbols is looked at for longer: the quiet ones among them speak seldom. */
const MAX_SHARED_HEAD_LINES = 20_000;
/** And at so many bytes, should they not be lines. */
const MAX_HEAD_BYTES = 64 << 20;

/** A symbol becomes the name of a folder: one that nobody has asked for by name must look like one. */
const SYMBOL = /^[\p{L}\p{N}][\p{L}\p{N}_-]{0,63}$/u;

/** The finest decimals met. */
export class Grid {
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
  return found > decimals && found <= MAX_DECIMALS ? found : decimals;
}

interface HeadOptions {
  readonly venue: VenueName;
  readonly symbols: WantedSymbols;
}

export class FileHead {
  /** NaN when there is no message of the venue. */
  firstTimeMs = Number.NaN;
  hasReceiveTimes = false;
  /** Every symbol named, whatever the message. */
  readonly symbols = new Set<string>();
  readonly #venue: VenueName;
  readonly #wanted: ReadonlySet<string> | null;
  readonly #grids: Map<string, Grid>;
  readonly #tracers = new Map<string, SymbolTracer>();
  #unnamed: BookMessage[] = [];
  readonly #frame: LineFrame = {
    kind: 'unknown',
    jsonStart: 0,
    receivedTimeMs: Number.NaN,
    symbol: null,
  };
  #lines = 0;
  #sawSnapshot = false;

  /** @param grids of the symbols wanted: what this file shows of them is added */
  constructor({ venue, symbols }: HeadOptions, grids: Map<string, Grid>) {
    this.#venue = venue;
    this.#wanted = symbols === 'all' ? null : new Set(symbols);
    this.#grids = grids;
  }

  /** The symbols whose books the file carries. */
  get traces(): readonly SymbolTrace[] {
    return [...this.#tracers.values()].filter(({ hasBook }) => hasBook).map(({ trace }) => trace);
  }

  /** Snapshots without a symbol, in a file that names none: its neighbours have to tell whose they are. */
  get hasStraySnapshots(): boolean {
    return this.#unnamed.length > 0;
  }

  /** Reads until enough is known; returns what was wrong with the file, or null. */
  async read(path: string): Promise<string | null> {
    const splitter = new LineSplitter();
    const readLines = (): void => {
      while (!this.#isEnough && splitter.next()) this.#line(splitter);
    };
    try {
      let bytes = 0;
      for await (const chunk of readChunks(path)) {
        splitter.push(chunk);
        readLines();
        bytes += chunk.length;
        if (this.#isEnough || bytes > MAX_HEAD_BYTES) break;
      }
      splitter.finish();
      readLines();
      return null;
    } catch (error) {
      if (error instanceof DataError) return error.message;
      throw error;
    } finally {
      const { traces } = this;
      if (traces.length > 0) this.measureUnnamed(traces);
    }
  }

  get #isEnough(): boolean {
    if (this.#lines < ENOUGH_HEAD_LINES) return false;
    if (this.#lines >= MAX_SHARED_HEAD_LINES) return true;
    if (this.#mayBeShared) return false;
    return this.#sawSnapshot || this.#lines >= MAX_HEAD_LINES;
  }

  /** A venue's own archive holds one symbol; a recording may hold several, and then all of them are to be seen. */
  get #mayBeShared(): boolean {
    const wantsSeveral = this.#wanted === null || this.#wanted.size > 1;
    return this.#tracers.size > 1 || this.#unnamed.length > 1 || (wantsSeveral && this.hasReceiveTimes);
  }

  #line({ bytes, start, end }: LineSplitter): void {
    if (start === end) return;
    this.#lines++;
    readFrame(bytes, start, end, this.#frame);
    if (this.#frame.kind !== 'message') return;
    try {
      const json = parseJson(bytes.toString('utf8', this.#frame.jsonStart, end));
      this.#message(VENUE_PARSERS[this.#venue](json));
    } catch (error) {
      // A malformed line is counted and reported when the file is read in earnest.
      if (!(error instanceof DataError)) throw error;
    }
  }

  #message(message: VenueMessage): void {
    const { receivedTimeMs } = this.#frame;
    const symbol = message.symbol ?? this.#frame.symbol;
    if (symbol !== null) this.symbols.add(symbol);
    if (Number.isNaN(this.firstTimeMs)) {
      this.hasReceiveTimes = !Number.isNaN(receivedTimeMs);
      this.firstTimeMs = this.hasReceiveTimes ? receivedTimeMs : exchangeTimeOf(message);
    }
    if (message.kind !== 'snapshot' && message.kind !== 'delta') return;
    if (symbol === null) this.#unnamed.push(message);
    else this.#book(symbol, message);
    const isWanted = symbol === null || this.#wants(symbol);
    if (message.kind === 'snapshot' && isWanted) this.#sawSnapshot = true;
  }

  #book(symbol: string, message: BookMessage): void {
    let tracer = this.#tracers.get(symbol);
    if (tracer === undefined) this.#tracers.set(symbol, (tracer = new SymbolTracer(symbol)));
    tracer.addMessage(message);
    this.#measure(symbol, message);
  }

  #measure(symbol: string, message: BookMessage): void {
    if (!this.#wants(symbol)) return;
    let grid = this.#grids.get(symbol);
    if (grid === undefined) this.#grids.set(symbol, (grid = new Grid()));
    try {
      grid.add(message);
    } catch (error) {
      // A malformed level is reported when the file is read in earnest.
      if (!(error instanceof DataError)) throw error;
    }
  }

  #wants(symbol: string): boolean {
    return this.#wanted?.has(symbol) ?? SYMBOL.test(symbol);
  }

  /** Counts unnamed snapshots to the symbol whose they are, where that can be told. */
  measureUnnamed(traces: readonly SymbolTrace[]): void {
    for (const message of this.#unnamed) {
      const [owner, another] = possibleOwners(this.#venue, snapshotOf(message), traces);
      if (owner !== undefined && another === undefined) this.#measure(owner, message);
    }
    this.#unnamed = [];
  }
}

function exchangeTimeOf(message: VenueMessage): number {
  return message.kind === 'other' ? Number.NaN : message.exchangeTimeMs;
}
