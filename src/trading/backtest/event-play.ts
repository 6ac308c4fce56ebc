/**
 * Candles played as events: the event engine where there is no recording. The book is one price, as deep as anyone likes, at
 * four moments of each candle: its open; its extremes, the one nearer to the open first; its close, one millisecond before
 * its end. That is TradingView's assumption about what happens within a candle.
 */
import { DataError } from '../../domain/core/index.ts';
import { type Instrument, OrderBook, priceOf } from '../../domain/market/index.ts';
import type { CheckedCandles } from './candles.ts';
import { refusal } from './candles.ts';
import { GivenCandles } from './event-candles.ts';
import { type EventResult, EventRun } from './event-run.ts';
import type { EventSettings } from './event-settings.ts';
import type { Strategy } from './strategy.ts';

export interface CandlePlay {
  /** Its grid must be that of the candles' prices. */
  readonly instrument: Instrument;
  readonly candles: CheckedCandles;
  readonly strategy: Strategy;
  readonly settings?: EventSettings;
}

/** How far beside the grid, in ticks, a price may lie and still mean the tick. */
const GRID_TOLERANCE = 1e-6;

/**
 * Candles without volume are played like others; their funding rates are settled at their opening times, unless the settings
 * have funding of their own.
 * @throws DataError for a price that is not on the instrument's grid, or an interval below 4 ms
 */
export function playCandles({ instrument, candles, strategy, settings = {} }: CandlePlay): EventResult {
  const { intervalMs } = candles;
  if (intervalMs < 4) {
    throw new DataError(`candles of ${intervalMs} ms leave no time for four events each`, {
      code: 'BACKTEST_INPUT',
    });
  }
  const { openTimeMs, open, high, low, close, fundingRate } = candles.candles;
  const funding = { timeMs: openTimeMs, rate: fundingRate ?? new Float64Array(openTimeMs.length) };
  const run = new EventRun({
    instrument,
    strategy,
    candles: new GivenCandles(candles),
    settings: { funding, ...settings },
  });
  const player = new PricePlayer(instrument, run);
  for (let row = 0; row < openTimeMs.length; row++) {
    const startMs = openTimeMs[row]!;
    const isHighFirst = high[row]! - open[row]! < open[row]! - low[row]!;
    const [first, second] = isHighFirst ? [high, low] : [low, high];
    player.play(open, row, startMs);
    player.play(first, row, startMs + Math.floor(intervalMs / 3));
    player.play(second, row, startMs + Math.floor((2 * intervalMs) / 3));
    player.play(close, row, startMs + intervalMs - 1);
  }
  return run.finish();
}

class PricePlayer {
  readonly #instrument: Instrument;
  readonly #run: EventRun;
  readonly #book = new OrderBook();
  #ticks = Number.NaN;

  constructor(instrument: Instrument, run: EventRun) {
    this.#instrument = instrument;
    this.#run = run;
  }

  /** Before orders of the time of the event itself are filled, all events of that time have been told. */
  play(prices: Float64Array, row: number, timeMs: number): void {
    this.#run.before(timeMs);
    const ticks = this.#ticksOf(prices[row]!, row);
    if (ticks !== this.#ticks) {
      this.#moveTo(ticks);
      this.#run.onBook(this.#book, timeMs);
    }
    this.#run.after();
  }

  #moveTo(ticks: number): void {
    const { bids, asks } = this.#book;
    for (const side of [bids, asks]) {
      if (!Number.isNaN(this.#ticks)) side.set(this.#ticks, 0);
      side.set(ticks, Infinity);
    }
    this.#ticks = ticks;
  }

  #ticksOf(price: number, row: number): number {
    const exact = price / priceOf(this.#instrument, 1);
    const ticks = Math.round(exact);
    if (Math.abs(exact - ticks) <= GRID_TOLERANCE && ticks > 0) return ticks;
    const { text } = this.#instrument.tick;
    throw refusal('price', row, `${price} is no multiple of the tick ${text}; give the symbol's own tick`);
  }
}
