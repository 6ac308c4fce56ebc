/** The event engine on a recorded stream: book updates and trades in, in the order of the recording; fills and metrics out. */
import { MINUTE_MS } from '../../domain/core/index.ts';
import {
  type BookUpdate,
  type Instrument,
  type MarketEvent,
  type MarketTrade,
  SequencedBook,
} from '../../domain/market/index.ts';
import type { CheckedCandles } from './candles.ts';
import { BuiltCandles, GivenCandles } from './event-candles.ts';
import { type EventResult, EventRun } from './event-run.ts';
import type { EventSettings } from './event-settings.ts';
import type { Strategy } from './strategy.ts';

/** What the strategy decides on. */
export type EventCandles =
  /** Built from the book at every message, which is mid or micro price. Default: minutes of the mid price. */
  | { readonly kind: 'built'; readonly minutes?: number; readonly price?: 'mid' | 'micro' }
  /** Made elsewhere, such as the exchange's own candles of the same time; each is shown at its end. */
  | { readonly kind: 'given'; readonly candles: CheckedCandles };

export interface EventEngineOptions {
  readonly instrument: Instrument;
  readonly strategy: Strategy;
  readonly candles?: EventCandles;
  readonly settings?: EventSettings;
}

export class EventEngine {
  readonly sequencedBook: SequencedBook;
  readonly #run: EventRun;

  /** @throws ConfigError for bad settings, DataError for funding events out of order */
  constructor({ instrument, strategy, settings, candles = { kind: 'built' } }: EventEngineOptions) {
    const isBuilt = candles.kind === 'built';
    const run = new EventRun({
      instrument,
      strategy,
      settings,
      candles: isBuilt
        ? new BuiltCandles((candles.minutes ?? 1) * MINUTE_MS)
        : new GivenCandles(candles.candles),
      price: isBuilt ? candles.price : 'mid',
    });
    this.#run = run;
    this.sequencedBook = new SequencedBook(instrument.venue, {
      onApplied: (book, timeMs) => run.onBook(book, timeMs),
      onBreak: (timeMs) => run.onBreak(timeMs),
      onTime: () => {},
    });
  }

  /** The next event of a recording, whatever it is. Quotes say nothing that the book does not. */
  next(event: MarketEvent): void {
    switch (event.kind) {
      case 'snapshot':
      case 'delta':
        return this.process(event);
      case 'trades':
        for (const trade of event.trades) this.trade(trade);
        return;
      case 'mark':
        return this.mark(event.price, event.exchangeTimeMs);
      case 'quote':
    }
  }

  /** The next message of the stream. Orders that arrive before it meet the book as it was before it. */
  process(update: BookUpdate): void {
    this.#run.before(update.exchangeTimeMs);
    this.sequencedBook.process(update);
    this.#run.after();
  }

  /** Someone's trade, where the recording has them. */
  trade(trade: MarketTrade): void {
    this.#run.before(trade.timeMs);
    this.#run.onTrade(trade);
    this.#run.after();
  }

  /** The exchange's mark price, in quote currency, where the recording has it. */
  mark(price: number, timeMs: number): void {
    this.#run.before(timeMs);
    this.#run.onMark(price, timeMs);
    this.#run.after();
  }

  /** @throws DataError when the stream held no whole book */
  finish(): EventResult {
    return this.#run.finish();
  }
}
