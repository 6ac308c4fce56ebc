/** One line → one market event: by the scanner where it is sure, by the reference decoder everywhere else. */
import type { Instrument, MarketEvent } from '../../domain/market/index.ts';
import { DepthScanner } from './depth-scanner.ts';
import { type LineContext, ReferenceDecoder } from './reference-decoder.ts';
import { TapeScanner, TradeScanner } from './tape-scanner.ts';
import { TradeTape } from './trade-tape.ts';
import type { DecoderOptions } from './venue-message.ts';

export interface LineDecoder {
  /** Messages of every symbol met, the wanted ones included. */
  readonly symbolsSeen: ReadonlyMap<string, number>;
  /** Position, among the instruments wanted, of the one that the last line was about. */
  readonly instrument: number;
  /** Lines of this file follow. */
  readonly enterFile?: (path: string) => void;
  /**
   * Decodes the JSON of `bytes[start, end)`; null for messages of another symbol or that nobody wants. The event is
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
  readonly #quotedSymbol: Uint8Array;
  readonly #tapeScanner: TapeScanner;
  readonly #trades: TradeScanner | null;
  readonly #tape = new TradeTape();
  readonly #reference: ReferenceDecoder;
  #scanned = 0;

  constructor(instrument: Instrument, wants: DecoderOptions = {}) {
    this.#symbol = instrument.symbol;
    this.#quotedSymbol = Buffer.from(JSON.stringify(instrument.symbol));
    this.#scanner = new DepthScanner(instrument);
    this.#tapeScanner = new TapeScanner(instrument.venue, wants);
    this.#trades = wants.trades === true ? new TradeScanner(instrument) : null;
    this.#reference = new ReferenceDecoder(instrument, wants);
  }

  enterFile(): void {
    this.#tape.enterFile();
  }

  get symbolsSeen(): ReadonlyMap<string, number> {
    const seen = new Map(this.#reference.symbolsSeen);
    if (this.#scanned > 0) seen.set(this.#symbol, (seen.get(this.#symbol) ?? 0) + this.#scanned);
    return seen;
  }

  decode(bytes: Buffer, start: number, end: number, context: LineContext): MarketEvent | null {
    // The scanners rely on the newline; only the last line of a file and a socket's message come without one.
    if (bytes[end] === NEWLINE) {
      const update = this.#scanner.scan(bytes, start, end);
      if (update !== null) {
        this.#scanned++;
        update.receivedTimeMs = context.receivedTimeMs;
        return update;
      }
      const beside = this.#tapeScanner.scan(bytes, start, end) ? this.#beside(bytes, context) : undefined;
      if (beside !== undefined) return beside;
    }
    return this.#tape.select(this.#reference.decode(bytes.toString('utf8', start, end), context));
  }

  /** What was scanned beside the book; null when nobody wants it, undefined when it is for the reference decoder to say. */
  #beside(bytes: Buffer, { receivedTimeMs }: LineContext): MarketEvent | null | undefined {
    const scanner = this.#tapeScanner;
    if (!scanner.isOfSymbol(bytes, this.#quotedSymbol)) {
      this.#reference.count(scanner.symbolIn(bytes));
      return null;
    }
    if (this.#trades === null || scanner.kind !== 'trade') {
      this.#scanned++;
      return null;
    }
    const trades = this.#trades.read(bytes, scanner, receivedTimeMs);
    if (trades === null) return undefined;
    this.#scanned++;
    return this.#tape.select(trades);
  }
}
