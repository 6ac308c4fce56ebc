/** One line's JSON → one market event, on the instrument's grid. */
import { DataError } from '../../domain/core/index.ts';
import {
  type BookUpdate,
  type DecimalStep,
  type Instrument,
  type MarketEvent,
  offStepReason,
  toSteps,
} from '../../domain/market/index.ts';
import { LevelScanner } from './level-scanner.ts';
import { type BookMessage, malformed, type ParseVenueMessage, type QuoteMessage } from './venue-message.ts';
import { VENUE_PARSERS } from './venues.ts';

export interface LineContext {
  readonly receivedTimeMs: number;
  /** Symbol that the line's frame names for a message that does not name it itself. */
  readonly symbol: string | null;
}

export interface LineDecoder {
  /** Messages of every symbol met, the wanted one included. */
  readonly symbolsSeen: ReadonlyMap<string, number>;
  /**
   * Decodes `bytes[start, end)`; null for messages of another symbol or of no concern to a book.
   * @throws DataError `LINE_MALFORMED` for a line to be quarantined, `OFF_STEP` when the instrument's tick or lot does
   * not fit the data, which no further line will mend
   */
  readonly decode: (bytes: Buffer, start: number, end: number, context: LineContext) => MarketEvent | null;
}

/** Level arrays are cut from blocks of this many numbers. */
const LEVEL_BLOCK_LENGTH = 1 << 16;

/** A level is at least `["1","2"],`: two numbers out of ten bytes. */
const MIN_LEVEL_BYTES = 10;

const BIDS_KEY = Buffer.from('"b":[');
const ASKS_KEY = Buffer.from('"a":[');

/** What is left of a message when its levels have been taken out, and where they went. */
interface ScannedMessage {
  readonly envelope: string;
  readonly offset: number;
  readonly bidCount: number;
  readonly askCount: number;
}

/** Level lists by the scanner, everything else, and whatever the scanner does not understand, by `JSON.parse`. */
export class VenueLineDecoder implements LineDecoder {
  readonly symbolsSeen = new Map<string, number>();
  readonly #instrument: Instrument;
  readonly #parse: ParseVenueMessage;
  readonly #scanner: LevelScanner;
  readonly #wantsQuotes: boolean;
  #block = new Float64Array(LEVEL_BLOCK_LENGTH);
  #used = 0;

  constructor(instrument: Instrument, options: { readonly quotes?: boolean } = {}) {
    this.#instrument = instrument;
    this.#parse = VENUE_PARSERS[instrument.venue];
    this.#scanner = new LevelScanner(instrument);
    this.#wantsQuotes = options.quotes ?? false;
  }

  decode(bytes: Buffer, start: number, end: number, context: LineContext): MarketEvent | null {
    const line = bytes.subarray(start, end);
    const scanned = this.#scanLevels(line);
    const message = this.#parse(parseJson(scanned?.envelope ?? line.toString('utf8')));
    const symbol = message.symbol ?? context.symbol;
    if (symbol !== null) {
      this.symbolsSeen.set(symbol, (this.symbolsSeen.get(symbol) ?? 0) + 1);
      if (symbol !== this.#instrument.symbol) return null;
    }
    switch (message.kind) {
      case 'snapshot':
      case 'delta':
        return this.#bookUpdate(message, scanned ?? this.#convertLevels(message), context.receivedTimeMs);
      case 'quote':
        return this.#wantsQuotes ? this.#quote(message, context.receivedTimeMs) : null;
      case 'other':
        return null;
    }
  }

  /** Null when the line has no such lists or the scanner gives up. */
  #scanLevels(line: Buffer): ScannedMessage | null {
    const bidsAt = line.indexOf(BIDS_KEY) + BIDS_KEY.length - 1;
    const asksAt = line.indexOf(ASKS_KEY) + ASKS_KEY.length - 1;
    if (bidsAt < BIDS_KEY.length - 1 || asksAt < ASKS_KEY.length - 1) return null;
    const scanner = this.#scanner;
    const offset = this.#reserve(2 * Math.ceil(line.length / MIN_LEVEL_BYTES));
    if (!scanner.scan(line, bidsAt, this.#block, offset)) return null;
    const bids = { at: bidsAt, end: scanner.end, count: scanner.count };
    if (!scanner.scan(line, asksAt, this.#block, offset + 2 * bids.count)) return null;
    const asks = { at: asksAt, end: scanner.end, count: scanner.count };
    this.#used = offset + 2 * (bids.count + asks.count);
    const [first, second] = bids.at < asks.at ? [bids, asks] : [asks, bids];
    const before = line.toString('utf8', 0, first.at);
    const between = line.toString('utf8', first.end, second.at);
    const envelope = `${before}[]${between}[]${line.toString('utf8', second.end)}`;
    return { envelope, offset, bidCount: bids.count, askCount: asks.count };
  }

  /** The long way, from decimal strings. */
  #convertLevels({ bids, asks }: BookMessage): Omit<ScannedMessage, 'envelope'> {
    const offset = this.#reserve(2 * (bids.length + asks.length));
    this.#writeLevels(bids, offset);
    this.#writeLevels(asks, offset + 2 * bids.length);
    return { offset, bidCount: bids.length, askCount: asks.length };
  }

  #bookUpdate(
    message: BookMessage,
    levels: Omit<ScannedMessage, 'envelope'>,
    receivedTimeMs: number,
  ): BookUpdate {
    return {
      kind: message.kind,
      exchangeTimeMs: message.exchangeTimeMs,
      receivedTimeMs,
      firstUpdateId: message.firstUpdateId,
      lastUpdateId: message.lastUpdateId,
      previousUpdateId: message.previousUpdateId,
      levels: this.#block,
      offset: levels.offset,
      bidCount: levels.bidCount,
      askCount: levels.askCount,
    };
  }

  #quote(message: QuoteMessage, receivedTimeMs: number): MarketEvent {
    const { tick, lot } = this.#instrument;
    return {
      kind: 'quote',
      exchangeTimeMs: message.exchangeTimeMs,
      receivedTimeMs,
      updateId: message.updateId,
      bidTicks: steps(message.bid[0], tick, 'price'),
      bidLots: steps(message.bid[1], lot, 'size'),
      askTicks: steps(message.ask[0], tick, 'price'),
      askLots: steps(message.ask[1], lot, 'size'),
    };
  }

  #writeLevels(levels: readonly unknown[], offset: number): void {
    const { tick, lot } = this.#instrument;
    const block = this.#block;
    let at = offset;
    for (const level of levels) {
      const [price, size] = levelPair(level);
      block[at] = steps(price, tick, 'price');
      block[at + 1] = steps(size, lot, 'size');
      at += 2;
    }
  }

  /** A full block is left to the updates that point into it, and a new one begun. */
  #reserve(length: number): number {
    if (this.#used + length > this.#block.length) {
      this.#block = new Float64Array(Math.max(LEVEL_BLOCK_LENGTH, length));
      this.#used = 0;
    }
    const offset = this.#used;
    this.#used += length;
    return offset;
  }
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw malformed(`not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** @throws DataError `LINE_MALFORMED` unless the level is a pair of strings. */
export function levelPair(level: unknown): readonly [price: string, size: string] {
  if (Array.isArray(level)) {
    const price: unknown = level[0];
    const size: unknown = level[1];
    if (typeof price === 'string' && typeof size === 'string') return [price, size];
  }
  throw malformed(`level ${(JSON.stringify(level) ?? '').slice(0, 40)} is not a pair of decimal strings`);
}

function steps(text: string, step: DecimalStep, what: 'price' | 'size'): number {
  const value = toSteps(text, step);
  if (!Number.isNaN(value)) return value;
  if (offStepReason(text) === 'malformed') throw malformed(`${what} "${text}" is not a decimal number`);
  const [grid, flag] = what === 'price' ? ['tick', '--tick'] : ['lot', '--lot'];
  throw new DataError(
    `${what} ${text} is not a multiple of the ${grid} size ${step.text}; give the instrument's own with ${flag}`,
    { code: 'OFF_STEP', context: { value: text, [grid]: step.text } },
  );
}
