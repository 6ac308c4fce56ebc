/**
 * Features of candles, one candle at a time; a table is the same thing done row by row. With P the candle before, which
 * must be the neighbour on the grid:
 *
 * - `log_return` = ln(close / P.close)
 * - `return_std_12`, `_24`, `_48`: sample standard deviation (n − 1) of the last 12, 24, 48 log returns
 * - `volume_z` = (volume − mean) / sample standard deviation over the last 48 volumes, this one included
 * - `range` = (high − low) / close
 * - `taker_buy_ratio` = taker buy volume / volume
 *
 * A candle that is missing from the grid is not bridged: what needs candles from before it is NaN until its whole window
 * lies behind the hole. NaN too: the ratio of a candle without volume, `volume_z` over volumes that are all the same.
 */
import { invariant } from '../core/index.ts';
import { type Candle, candleAt, type CandleTable } from './candle.ts';
import { CANDLE_INTERVALS, type CandleInterval } from './interval.ts';
import { RollingWindow } from './rolling-window.ts';

export type CandleFeatureSetName = 'candles-7';

/** Names in the order in which every file and model holds them. */
export const CANDLE_FEATURE_SETS = {
  'candles-7': [
    'log_return',
    'return_std_12',
    'return_std_24',
    'return_std_48',
    'volume_z',
    'range',
    'taker_buy_ratio',
  ],
} as const satisfies Readonly<Record<CandleFeatureSetName, readonly string[]>>;

/** Candles in the longest window of the volume. */
const VOLUME_WINDOW = 48;
/** Returns in the longest window of returns. */
const RETURN_WINDOW = 48;
/** A smaller share of the mean is rounding: the volumes are all the same. */
const NO_DEVIATION = 1e-12;
/** Features of `candles-7`. */
const WIDTH = 7;

/** The first row of an unbroken run whose features are all there: 48 returns need 49 candles. */
export const CANDLE_WARM_UP = RETURN_WINDOW;

export class CandleFeatures {
  readonly #intervalMs: number;
  readonly #returns = new RollingWindow(RETURN_WINDOW);
  readonly #volumes = new RollingWindow(VOLUME_WINDOW);
  #lastTimeMs = Number.NEGATIVE_INFINITY;
  #lastClose = Number.NaN;

  constructor(interval: CandleInterval) {
    this.#intervalMs = CANDLE_INTERVALS[interval];
  }

  /** Forgets what it has seen. */
  reset(): void {
    this.#returns.clear();
    this.#volumes.clear();
    this.#lastTimeMs = Number.NEGATIVE_INFINITY;
    this.#lastClose = Number.NaN;
  }

  /** Writes the candle's features `[7]` to `target` from `offset`. Candles come in order of time, each once. */
  process(candle: Candle, target: Float64Array, offset = 0): void {
    const { openTimeMs, high, low, close, volume, takerBuyVolume } = candle;
    invariant(openTimeMs > this.#lastTimeMs, 'candles come in order of time', { openTimeMs });
    if (openTimeMs !== this.#lastTimeMs + this.#intervalMs) this.reset();
    const logReturn = Math.log(close / this.#lastClose);
    if (!Number.isNaN(logReturn)) this.#returns.push(logReturn);
    this.#volumes.push(volume);
    this.#lastTimeMs = openTimeMs;
    this.#lastClose = close;
    target[offset] = logReturn;
    target[offset + 1] = this.#returns.deviation(12);
    target[offset + 2] = this.#returns.deviation(24);
    target[offset + 3] = this.#returns.deviation(48);
    target[offset + 4] = this.#volumeZ(volume);
    target[offset + 5] = (high - low) / close;
    target[offset + 6] = takerBuyVolume / volume;
  }

  #volumeZ(volume: number): number {
    const mean = this.#volumes.mean(VOLUME_WINDOW);
    const deviation = this.#volumes.deviation(VOLUME_WINDOW);
    return deviation > mean * NO_DEVIATION ? (volume - mean) / deviation : Number.NaN;
  }
}

/** Features of the whole table, `[rows × 7]`, row-major. */
export function candleFeatures(table: CandleTable, interval: CandleInterval): Float64Array {
  const features = new Float64Array(table.rows * WIDTH);
  const stream = new CandleFeatures(interval);
  for (let row = 0; row < table.rows; row++) stream.process(candleAt(table, row), features, row * WIDTH);
  return features;
}
