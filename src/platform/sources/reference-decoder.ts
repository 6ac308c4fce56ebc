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
  type DecoderOptions,
  malformed,
  type MarkMessage,
  type ParseVenueMessage,
  type QuoteMessage,
  type TradesMessage,
  type VenueMessage,
} from './venue-message.ts';
import { VENUE_PARSERS } from './venues.ts';

export interface LineContext {
  readonly receivedTimeMs: number;
  /** Symbol that the line's frame names for a message that does not name it itself. */
  readonly symbol: string | null;
}

export class ReferenceDecoder {
  /** Messages of every symbol met, the wanted one included. */
  readonly symbolsSeen = new Map<string, number>();
  readonly #instrument: Instrument;
  readonly #parse: ParseVenueMessage;
  readonly #wants: DecoderOptions;

  constructor(instrument: Instrument, wants: DecoderOptions = {}) {
    this.#instrument = instrument;
    this.#parse = VENUE_PARSERS[instrument.venue];
    this.#wants = wants;
  }

  /**
   * Null for messages of another symbol or that nobody wants.
   * @throws DataError `LINE_MALFORMED` for a line to be quarantined, `OFF_STEP` when the instrument's tick or lot does
   * not fit the data, which no further line will mend
   */
  decode(json: string, context: LineContext): MarketEvent | null {
    const message = this.#parse(parseJson(json), this.#wants);
    const symbol = message.symbol ?? context.symbol;
    if (symbol !== null) {
      this.count(symbol);
      if (symbol !== this.#instrument.symbol) return null;
    }
    return this.eventOf(message, context.receivedTimeMs);
  }

  count(symbol: string): void {
    this.symbolsSeen.set(symbol, (this.symbolsSeen.get(symbol) ?? 0) + 1);
  }

  /** The event in a message of the instrument; null when nobody wants it. Throws as {@link decode}. */
  eventOf(message: VenueMessage, receivedTimeMs: number): MarketEvent | null {
    switch (message.kind) {
      case 'snapshot':
      case 'delta':
        return this.#bookUpdate(message, receivedTimeMs);
      case 'quote':
        return this.#wants.quotes === true ? this.#quote(message, receivedTimeMs) : null;
      case 'trades':
        return message.trades.length > 0 ? this.#trades(message, receivedTimeMs) : null;
      case 'mark':
        return markPrice(message, receivedTimeMs);
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

  #trades({ exchangeTimeMs, isAggregated, trades }: TradesMessage, receivedTimeMs: number): MarketEvent {
    const { tick, lot } = this.#instrument;
    const read = trades.map(({ timeMs, price, size, aggressor }) => {
      const [priceTicks, qtyLots] = [steps(price, tick, 'price'), steps(size, lot, 'size')];
      if (priceTicks === 0) throw malformed(`price "${price}" of a trade is zero`);
      if (qtyLots === 0) throw malformed(`size "${size}" of a trade is zero`);
      return { timeMs, priceTicks, qtyLots, aggressor };
    });
    return { kind: 'trades', exchangeTimeMs, receivedTimeMs, isAggregated, trades: read };
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

function markPrice({ exchangeTimeMs, price: text }: MarkMessage, receivedTimeMs: number): MarketEvent {
  const price = offStepReason(text) === 'malformed' ? Number.NaN : Number(text);
  if (!(price > 0)) throw malformed(`mark price "${text.slice(0, 40)}" is not a decimal number above zero`);
  return { kind: 'mark', exchangeTimeMs, receivedTimeMs, price };
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
