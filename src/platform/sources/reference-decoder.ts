/**
 * One line's JSON → one market event, on the instrument's grid: by `JSON.parse` and decimal strings, slow and obvious.
 * It says what a line means and what is wrong with it; the scanner beside it only has to be as good where it is sure.
 */
import { DataError } from '../../domain/core/index.ts';
import {
  type BookUpdate,
  type DecimalStep,
  type Instrument,
  type MarketEvent,
  offStepReason,
  toSteps,
} from '../../domain/market/index.ts';
import {
  type BookMessage,
  malformed,
  type ParseVenueMessage,
  type QuoteMessage,
  type VenueMessage,
} from './venue-message.ts';
import { VENUE_PARSERS } from './venues.ts';

export interface LineContext {
  readonly receivedTimeMs: number;
  /** Symbol that the line's frame names for a message that does not name it itself. */
  readonly symbol: string | null;
}

export interface DecoderOptions {
  /** Whether best quotes are events too; by default they are passed over. */
  readonly quotes?: boolean;
}

export class ReferenceDecoder {
  /** Messages of every symbol met, the wanted one included. */
  readonly symbolsSeen = new Map<string, number>();
  readonly #instrument: Instrument;
  readonly #parse: ParseVenueMessage;
  readonly #wantsQuotes: boolean;

  constructor(instrument: Instrument, { quotes = false }: DecoderOptions = {}) {
    this.#instrument = instrument;
    this.#parse = VENUE_PARSERS[instrument.venue];
    this.#wantsQuotes = quotes;
  }

  /**
   * Null for messages of another symbol or of no concern to a book.
   * @throws DataError `LINE_MALFORMED` for a line to be quarantined, `OFF_STEP` when the instrument's tick or lot does
   * not fit the data, which no further line will mend
   */
  decode(json: string, context: LineContext): MarketEvent | null {
    const message = this.#parse(parseJson(json));
    const symbol = message.symbol ?? context.symbol;
    if (symbol !== null) {
      this.symbolsSeen.set(symbol, (this.symbolsSeen.get(symbol) ?? 0) + 1);
      if (symbol !== this.#instrument.symbol) return null;
    }
    return this.eventOf(message, context.receivedTimeMs);
  }

  /** The event in a message of the instrument; null when it is of no concern to a book. Throws as {@link decode}. */
  eventOf(message: VenueMessage, receivedTimeMs: number): MarketEvent | null {
    switch (message.kind) {
      case 'snapshot':
      case 'delta':
        return this.#bookUpdate(message, receivedTimeMs);
      case 'quote':
        return this.#wantsQuotes ? this.#quote(message, receivedTimeMs) : null;
      case 'other':
        return null;
    }
  }

  #bookUpdate(message: BookMessage, receivedTimeMs: number): BookUpdate {
    return {
      kind: message.kind,
      exchangeTimeMs: message.exchangeTimeMs,
      receivedTimeMs,
      firstUpdateId: message.firstUpdateId,
      lastUpdateId: message.lastUpdateId,
      previousUpdateId: message.previousUpdateId,
      bids: this.#levels(message.bids),
      bidCount: message.bids.length,
      asks: this.#levels(message.asks),
      askCount: message.asks.length,
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

  #levels(levels: readonly unknown[]): Float64Array {
    const { tick, lot } = this.#instrument;
    return Float64Array.from(
      levels.flatMap((level) => {
        const [price, size] = levelPair(level);
        const priceTicks = steps(price, tick, 'price');
        if (priceTicks === 0) throw malformed(`price "${price}" of a level is zero`);
        return [priceTicks, steps(size, lot, 'size')];
      }),
    );
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
  if (offStepReason(text) === 'malformed')
    throw malformed(`${what} "${text.slice(0, 40)}" is not a decimal number`);
  if (Number(text) > Number.MAX_SAFE_INTEGER * step.value) {
    throw malformed(`${what} "${text.slice(0, 40)}" is larger than any`);
  }
  const [grid, flag] = what === 'price' ? ['tick', '--tick'] : ['lot', '--lot'];
  throw new DataError(
    `${what} ${text} is not a multiple of the ${grid} size ${step.text}; give the instrument's own with ${flag}`,
    { code: 'OFF_STEP', context: { value: text, [grid]: step.text } },
  );
}
