/** Lines of a stream that several symbols share → events of the symbols wanted, each on its own grid, in one pass. */
import { DataError } from '../../domain/core/index.ts';
import { type BookUpdate, type Instrument, type MarketEvent, priceOf } from '../../domain/market/index.ts';
import { DepthScanner, ScannedUpdate } from './depth-scanner.ts';
import { type LineDecoder, VenueLineDecoder } from './line-decoder.ts';
import { type LineContext, parseJson, ReferenceDecoder } from './reference-decoder.ts';
import { possibleOwners, type SymbolTrace } from './snapshot-owner.ts';
import { bestPrices, SymbolTracer } from './symbol-tracer.ts';
import { TapeScanner, TradeScanner } from './tape-scanner.ts';
import { TradeTape } from './trade-tape.ts';
import type { BookMessage, DecoderOptions, ParseVenueMessage, VenueMessage } from './venue-message.ts';
import { VENUE_PARSERS } from './venues.ts';

export interface StreamDecoderOptions {
  /** At least one, all of one venue. */
  readonly instruments: readonly Instrument[];
  /** What the heads of the files show, by path: the stream's symbols, wanted or not. */
  readonly files: readonly { readonly path: string; readonly traces: readonly SymbolTrace[] }[];
}

/** The decoder for a stream, of its books and what else is wanted: the plain one when nothing in it is of another symbol. */
export function openDecoder(options: StreamDecoderOptions, wants: DecoderOptions = {}): LineDecoder {
  const { instruments, files } = options;
  const [only, another] = instruments;
  const isAlone = files.every(({ traces }) => traces.every(({ symbol }) => symbol === only?.symbol));
  return only !== undefined && another === undefined && isAlone
    ? new VenueLineDecoder(only, wants)
    : new StreamDecoder(options, wants);
}

const QUOTE = 34;
const NEWLINE = 10;
/** `"s":"`, by which every venue names the symbol of a message. */
const SYMBOL_KEY = [34, 115, 34, 58, 34] as const;
const NOBODY = -1;

/** One symbol that is wanted. */
interface Wanted {
  readonly instrument: Instrument;
  readonly scanner: DepthScanner;
  readonly trades: TradeScanner;
  readonly tape: TradeTape;
  readonly reference: ReferenceDecoder;
  readonly tracer: SymbolTracer;
}

export class StreamDecoder implements LineDecoder {
  readonly symbolsSeen = new Map<string, number>();
  instrument = 0;
  readonly #wanted: readonly Wanted[];
  readonly #positions = new Map<string, number>();
  readonly #tracers = new Map<string, SymbolTracer>();
  readonly #heads: ReadonlyMap<string, readonly SymbolTrace[]>;
  readonly #parse: ParseVenueMessage;
  readonly #wants: DecoderOptions;
  readonly #tapeScanner: TapeScanner;

  constructor({ instruments, files }: StreamDecoderOptions, wants: DecoderOptions = {}) {
    const shared = new ScannedUpdate();
    this.#wanted = instruments.map((instrument, position) => {
      this.#positions.set(instrument.symbol, position);
      return {
        instrument,
        scanner: new DepthScanner(instrument, shared),
        trades: new TradeScanner(instrument),
        tape: new TradeTape(),
        reference: new ReferenceDecoder(instrument, wants),
        tracer: this.#tracerOf(instrument.symbol),
      };
    });
    this.#heads = new Map(files.map(({ path }, i) => [path, tracesFrom(files.slice(i))]));
    const { venue } = instruments[0]!;
    this.#parse = VENUE_PARSERS[venue];
    this.#wants = wants;
    this.#tapeScanner = new TapeScanner(venue, wants);
  }

  enterFile(path: string): void {
    for (const trace of this.#heads.get(path) ?? []) this.#tracerOf(trace.symbol).addTrace(trace);
    for (const { tape } of this.#wanted) tape.enterFile();
  }

  decode(bytes: Buffer, start: number, end: number, context: LineContext): MarketEvent | null {
    const position = this.#positionIn(bytes, start, end);
    if (position !== NOBODY && bytes[end] === NEWLINE) {
      const wanted = this.#wanted[position]!;
      const update = wanted.scanner.scan(bytes, start, end);
      if (update !== null) {
        this.instrument = position;
        this.#count(wanted.instrument.symbol);
        trace(wanted, update);
        update.receivedTimeMs = context.receivedTimeMs;
        return update;
      }
    }
    if (bytes[end] === NEWLINE && this.#tapeScanner.scan(bytes, start, end)) {
      const beside = this.#beside(bytes, context);
      if (beside !== undefined) return beside;
    }
    return this.#decodeSlowly(bytes.toString('utf8', start, end), context);
  }

  /** What was scanned beside the book; null when nobody wants it, undefined when it is for the reference decoder to say. */
  #beside(bytes: Buffer, { receivedTimeMs }: LineContext): MarketEvent | null | undefined {
    const scanner = this.#tapeScanner;
    const symbol = scanner.symbolIn(bytes);
    const position = this.#positions.get(symbol);
    let event: MarketEvent | null = null;
    if (scanner.kind === 'trade' && this.#wants.trades === true && position !== undefined) {
      const { trades, tape } = this.#wanted[position]!;
      const read = trades.read(bytes, scanner, receivedTimeMs);
      if (read === null) return undefined;
      this.instrument = position;
      event = tape.select(read);
    } else if (scanner.kind === 'quote') {
      const bid = Number(bytes.toString('latin1', scanner.bidStart, scanner.bidEnd));
      const ask = Number(bytes.toString('latin1', scanner.askStart, scanner.askEnd));
      this.#tracerOf(symbol).addPrices(bid, ask);
    }
    this.#count(symbol);
    return event;
  }

  /** What a glance says: it chooses the scanner to be tried, and nothing else hangs on it. */
  #positionIn(bytes: Buffer, start: number, end: number): number {
    const [q, s, r, c, o] = SYMBOL_KEY;
    const last = end - SYMBOL_KEY.length;
    for (let at = start; at < last; at++) {
      if (bytes[at + 1] !== s || bytes[at] !== q) continue;
      if (bytes[at + 2] !== r || bytes[at + 3] !== c || bytes[at + 4] !== o) continue;
      const from = at + SYMBOL_KEY.length;
      let to = from;
      while (to < end && bytes[to] !== QUOTE) to++;
      return this.#positions.get(bytes.toString('utf8', from, to)) ?? NOBODY;
    }
    return NOBODY;
  }

  #decodeSlowly(json: string, context: LineContext): MarketEvent | null {
    const message = this.#parse(parseJson(json), this.#wants);
    const symbol = message.symbol ?? context.symbol ?? this.#ownerOf(message);
    if (symbol === null) return null;
    this.#count(symbol);
    if (message.kind === 'quote') {
      this.#tracerOf(symbol).addPrices(Number(message.bid[0]), Number(message.ask[0]));
    } else if (message.kind === 'snapshot' || message.kind === 'delta') {
      this.#tracerOf(symbol).addMessage(message);
    }
    const position = this.#positions.get(symbol);
    if (position === undefined) return null;
    this.instrument = position;
    const { reference, tape } = this.#wanted[position]!;
    return tape.select(reference.eventOf(message, context.receivedTimeMs));
  }

  /** @throws DataError when it cannot be told whose of several a snapshot is, and a wanted symbol is among them */
  #ownerOf(message: VenueMessage): string | null {
    if (message.kind !== 'snapshot') return null;
    const traces = [...this.#tracers.values()].filter(({ hasBook }) => hasBook);
    const owners = possibleOwners(this.#wanted[0]!.instrument.venue, snapshotOf(message), traces);
    const position = this.#wanted.findIndex(({ instrument }) => owners.includes(instrument.symbol));
    if (owners.length > 1 && position >= 0) {
      this.instrument = position;
      throw ambiguous(owners);
    }
    if (owners.length === 0) {
      throw new DataError(
        'a REST snapshot without a symbol, which joins the messages of no symbol of the stream',
        { code: 'LINE_MALFORMED' },
      );
    }
    return owners.length === 1 ? owners[0]! : null;
  }

  #tracerOf(symbol: string): SymbolTracer {
    const known = this.#tracers.get(symbol);
    if (known !== undefined) return known;
    const tracer = new SymbolTracer(symbol);
    this.#tracers.set(symbol, tracer);
    return tracer;
  }

  #count(symbol: string): void {
    this.symbolsSeen.set(symbol, (this.symbolsSeen.get(symbol) ?? 0) + 1);
  }
}

/** Of the first file that names any symbol: one before it may hold nothing but a snapshot. */
export function tracesFrom(files: StreamDecoderOptions['files']): readonly SymbolTrace[] {
  return files.find(({ traces }) => traces.length > 0)?.traces ?? [];
}

export function snapshotOf(message: BookMessage): Parameters<typeof possibleOwners>[1] {
  return { lastUpdateId: message.lastUpdateId, ...bestPrices(message) };
}

function ambiguous(owners: readonly string[]): DataError {
  const names = owners.join(', ');
  return new DataError(
    `a REST snapshot without a symbol, which may be of ${names}: nothing in the stream tells for certain. ` +
      'Give each symbol a file of its own, or record the address of the request with the answer',
    { code: 'SNAPSHOT_AMBIGUOUS', context: { owners: names } },
  );
}

/** The fast road's share of what {@link SymbolTracer.addMessage} does. */
function trace({ instrument, tracer }: Wanted, update: BookUpdate): void {
  if (update.kind === 'delta') {
    tracer.addIds(update.firstUpdateId, update.lastUpdateId, update.previousUpdateId);
  }
  const { bids, bidCount, asks, askCount } = update;
  let bestBid = Number.NEGATIVE_INFINITY;
  let bestAsk = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 2 * bidCount; i += 2) if (bids[i + 1]! > 0 && bids[i]! > bestBid) bestBid = bids[i]!;
  for (let i = 0; i < 2 * askCount; i += 2) if (asks[i + 1]! > 0 && asks[i]! < bestAsk) bestAsk = asks[i]!;
  if (bestBid > 0 && bestAsk < Number.POSITIVE_INFINITY) {
    tracer.addPrices(priceOf(instrument, bestBid), priceOf(instrument, bestAsk));
  }
}
