/**
 * Recognises the bytes of a line as a plain quote, trade or mark price, so that nobody has to parse those that nobody wants.
 * It takes a line only where the reference decoder would refuse none of it: what it takes may be passed over and counted.
 */
import type { Instrument, TradesReport, VenueName } from '../../domain/market/index.ts';
import { DecimalScanner } from './decimal-scanner.ts';
import type { PlainRole } from './message-shape.ts';
import { behind, behindText, ShapeScanner } from './shape-scanner.ts';
import { TAPE_SHAPES, type TapeKind, type TapeRole, type TapeShape } from './tape-shapes.ts';
import { type DecoderOptions, isPlausibleTime } from './venue-message.ts';

const QUOTE_EVENT = Buffer.from('"bookTicker"');
const TRADE_EVENT = Buffer.from('"trade"');
const AGGREGATED_EVENT = Buffer.from('"aggTrade"');
const MARK_EVENT = Buffer.from('"markPriceUpdate"');
const IN_THE_BOOK = Buffer.from('"MARKET"');
const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');

/** Texts are told by where they stand: from behind their opening quote to their closing one. */
export class TapeScanner extends ShapeScanner<TapeRole> {
  /** Of the message taken last. */
  kind: TapeKind = 'quote';
  timeMs = Number.NaN;
  bidStart = 0;
  bidEnd = 0;
  askStart = 0;
  askEnd = 0;
  priceStart = 0;
  sizeStart = 0;
  isBuyerMaker = false;
  isAggregated = false;
  /** False for trades of the insurance fund and other arrangements. */
  isInTheBook = true;
  #symbolStart = 0;
  #symbolEnd = 0;
  readonly #shapes: readonly TapeShape[];

  /** Quotes and mark prices that are wanted are left to the reference decoder. */
  constructor(venue: VenueName, { quotes = false, marks = false }: DecoderOptions) {
    super();
    this.#shapes = TAPE_SHAPES[venue].filter(
      ({ kind }) => !(kind === 'quote' ? quotes : kind === 'mark' && marks),
    );
  }

  /** Whether the line from `bytes[start]` to the newline at `bytes[end]` is plainly such a message, of whichever symbol. */
  scan(bytes: Uint8Array, start: number, end: number): boolean {
    this.isInTheBook = true;
    for (const { kind, shape } of this.#shapes) {
      if (!this.isOf(shape, bytes, start, end)) continue;
      this.kind = kind;
      return true;
    }
    return false;
  }

  symbolIn(bytes: Buffer): string {
    return bytes.toString('latin1', this.#symbolStart, this.#symbolEnd);
  }

  /** Whether the message is of this symbol, given with its quotes. */
  isOfSymbol(bytes: Uint8Array, quoted: Uint8Array): boolean {
    return behind(bytes, this.#symbolStart - 1, quoted) === this.#symbolEnd + 1;
  }

  protected override value(bytes: Uint8Array, start: number, role: TapeRole | PlainRole): number {
    let at = -1;
    switch (role) {
      case 'integer':
        return this.integer(bytes, start);
      case 'text':
        return behindText(bytes, start);
      case 'symbol':
        at = behindText(bytes, start);
        this.#symbolStart = start + 1;
        this.#symbolEnd = at - 1;
        return at;
      case 'time':
        at = this.integer(bytes, start);
        this.timeMs = this.number;
        return isPlausibleTime(this.number) ? at : -1;
      case 'bid':
        at = behindText(bytes, start);
        this.bidStart = start + 1;
        this.bidEnd = at - 1;
        return at;
      case 'ask':
        at = behindText(bytes, start);
        this.askStart = start + 1;
        this.askEnd = at - 1;
        return at;
      case 'price':
        this.priceStart = start + 1;
        return behindText(bytes, start);
      case 'size':
        this.sizeStart = start + 1;
        return behindText(bytes, start);
      case 'tradeType':
        this.isInTheBook = behind(bytes, start, IN_THE_BOOK) >= 0;
        return behindText(bytes, start);
      case 'isBuyerMaker':
        at = behind(bytes, start, TRUE);
        this.isBuyerMaker = at >= 0;
        return at < 0 ? behind(bytes, start, FALSE) : at;
      case 'boolean':
        at = behind(bytes, start, TRUE);
        return at < 0 ? behind(bytes, start, FALSE) : at;
      case 'tradeEvent':
        at = behind(bytes, start, TRADE_EVENT);
        this.isAggregated = at < 0;
        return at < 0 ? behind(bytes, start, AGGREGATED_EVENT) : at;
      case 'quoteEvent':
        return behind(bytes, start, QUOTE_EVENT);
      case 'markEvent':
        return behind(bytes, start, MARK_EVENT);
    }
  }
}

/** Trades on an instrument's grid. */
export class TradeScanner {
  readonly #price: DecimalScanner;
  readonly #size: DecimalScanner;

  constructor({ tick, lot }: Instrument) {
    this.#price = new DecimalScanner(tick);
    this.#size = new DecimalScanner(lot);
  }

  /** The trade that the scanner has taken from these bytes; null when it is for the reference decoder to say what it is. */
  read(bytes: Uint8Array, tape: TapeScanner, receivedTimeMs: number): TradesReport | null {
    if (!tape.isInTheBook) return null;
    if (this.#price.scan(bytes, tape.priceStart) < 0 || this.#price.steps === 0) return null;
    if (this.#size.scan(bytes, tape.sizeStart) < 0 || this.#size.steps === 0) return null;
    const { timeMs, isAggregated } = tape;
    const aggressor = tape.isBuyerMaker ? 'sell' : 'buy';
    const trade = { timeMs, priceTicks: this.#price.steps, qtyLots: this.#size.steps, aggressor } as const;
    return { kind: 'trades', exchangeTimeMs: timeMs, receivedTimeMs, isAggregated, trades: [trade] };
  }
}
