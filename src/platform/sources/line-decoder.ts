/** One line → one market event: by the scanner where it is sure, by the reference decoder everywhere else. */
import type { Instrument, MarketEvent } from '../../domain/market/index.ts';
import { DepthScanner } from './depth-scanner.ts';
import { type DecoderOptions, type LineContext, ReferenceDecoder } from './reference-decoder.ts';

export interface LineDecoder {
  /** Messages of every symbol met, the wanted ones included. */
  readonly symbolsSeen: ReadonlyMap<string, number>;
  /** Position, among the instruments wanted, of the one that the last line was about. */
  readonly instrument: number;
  /** Lines of this file follow. */
  readonly enterFile?: (path: string) => void;
  /**
   * Decodes the JSON of `bytes[start, end)`; null for messages of another symbol or of no concern to a book. The event is
   * good until the next call.
   * @throws DataError `LINE_MALFORMED` for a line to be quarantined, `OFF_STEP` when the instrument's tick or lot does
   * not fit the data, which no further line will mend; `SNAPSHOT_AMBIGUOUS` when it cannot be told whose a snapshot is
   */
  readonly decode: (bytes: Buffer, start: number, end: number, context: LineContext) => MarketEvent | null;
}

const NEWLINE = 10;

/** For streams of which one symbol's book is wanted. */
export class VenueLineDecoder implements LineDecoder {
  readonly instrument = 0;
  readonly #symbol: string;
  readonly #scanner: DepthScanner;
  readonly #reference: ReferenceDecoder;
  #scanned = 0;

  constructor(instrument: Instrument, options: DecoderOptions = {}) {
    this.#symbol = instrument.symbol;
    this.#scanner = new DepthScanner(instrument);
    this.#reference = new ReferenceDecoder(instrument, options);
  }

  get symbolsSeen(): ReadonlyMap<string, number> {
    const seen = new Map(this.#reference.symbolsSeen);
    if (this.#scanned > 0) seen.set(this.#symbol, (seen.get(this.#symbol) ?? 0) + this.#scanned);
    return seen;
  }

  decode(bytes: Buffer, start: number, end: number, context: LineContext): MarketEvent | null {
    // The scanner relies on the newline; only the last line of a file and a socket's message come without one.
    const update = bytes[end] === NEWLINE ? this.#scanner.scan(bytes, start, end) : null;
    if (update === null) return this.#reference.decode(bytes.toString('utf8', start, end), context);
    this.#scanned++;
    update.receivedTimeMs = context.receivedTimeMs;
    return update;
  }
}
