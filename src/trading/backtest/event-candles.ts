/** The candles that a strategy sees while events pass: built from the book, or given and shown when their time has come. */
import { ConfigError } from '../../domain/core/index.ts';
import type { Candles, CheckedCandles } from './candles.ts';

/** Candles that close one after the other. */
export interface CandleFeed {
  readonly intervalMs: number;
  /** Candles that have closed. */
  readonly closed: number;
  /** Of the closed ones, and perhaps more behind them. */
  readonly candles: Candles;
  /** End of the candle that closes next; Infinity when none is under way. */
  readonly endMs: number;
  /** The candle under way is at the end. */
  close(): void;
  /** The book stands here now. */
  sample(price: number, timeMs: number): void;
  /** Someone traded so many units. */
  addVolume(size: number): void;
}

const FIRST_CAPACITY = 1_024;
const COLUMNS = ['openTimeMs', 'open', 'high', 'low', 'close', 'volume'] as const;

/**
 * Candles of the prices that are sampled, cut at whole multiples of the interval. A stretch without a sample gives no candle.
 * The volume is that of the recorded trades, NaN before the first of them.
 */
export class BuiltCandles implements CandleFeed {
  readonly intervalMs: number;
  closed = 0;
  candles: Record<(typeof COLUMNS)[number], Float64Array>;
  endMs = Infinity;
  #open = Number.NaN;
  #high = Number.NaN;
  #low = Number.NaN;
  #close = Number.NaN;
  #volume = Number.NaN;

  /** @throws ConfigError when the interval is not a whole number of milliseconds above 0 */
  constructor(intervalMs: number) {
    if (!(Number.isSafeInteger(intervalMs) && intervalMs > 0)) {
      const message = `${intervalMs} is not a whole number of milliseconds above 0`;
      throw new ConfigError([{ path: 'backtest.intervalMs', message }]);
    }
    this.intervalMs = intervalMs;
    const column = () => new Float64Array(FIRST_CAPACITY);
    this.candles = {
      openTimeMs: column(),
      open: column(),
      high: column(),
      low: column(),
      close: column(),
      volume: column(),
    };
  }

  sample(price: number, timeMs: number): void {
    if (this.endMs === Infinity) {
      this.endMs = (Math.floor(timeMs / this.intervalMs) + 1) * this.intervalMs;
      this.#open = this.#high = this.#low = price;
    }
    if (price > this.#high) this.#high = price;
    if (price < this.#low) this.#low = price;
    this.#close = price;
  }

  addVolume(size: number): void {
    this.#volume = (Number.isNaN(this.#volume) ? 0 : this.#volume) + size;
  }

  close(): void {
    const { candles } = this;
    const row = this.closed++;
    if (row === candles.close.length) this.#grow();
    candles.openTimeMs[row] = this.endMs - this.intervalMs;
    candles.open[row] = this.#open;
    candles.high[row] = this.#high;
    candles.low[row] = this.#low;
    candles.close[row] = this.#close;
    candles.volume[row] = this.#volume;
    this.#volume *= 0;
    this.endMs = Infinity;
  }

  #grow(): void {
    for (const name of COLUMNS) {
      const longer = new Float64Array(2 * this.candles[name].length);
      longer.set(this.candles[name]);
      this.candles[name] = longer;
    }
  }
}

/** Candles from elsewhere, such as the exchange's own, each shown at its end. */
export class GivenCandles implements CandleFeed {
  readonly intervalMs: number;
  readonly candles: Candles;
  closed = 0;
  endMs: number;

  constructor({ candles, intervalMs }: CheckedCandles) {
    this.candles = candles;
    this.intervalMs = intervalMs;
    this.endMs = candles.openTimeMs[0]! + intervalMs;
  }

  close(): void {
    this.closed++;
    this.endMs = (this.candles.openTimeMs[this.closed] ?? Infinity) + this.intervalMs;
  }

  /** They are what they are. */
  sample(): void {}

  addVolume(): void {}
}

/** The candles that have closed, in columns of their own. */
export function closedCandles({ candles, closed }: CandleFeed): Candles {
  const part = (column: Float64Array): Float64Array => column.slice(0, closed);
  return {
    openTimeMs: part(candles.openTimeMs),
    open: part(candles.open),
    high: part(candles.high),
    low: part(candles.low),
    close: part(candles.close),
    ...(candles.volume === undefined ? {} : { volume: part(candles.volume) }),
  };
}
