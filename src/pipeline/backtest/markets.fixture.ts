/** Markets for tests, without any file. */
import { MINUTE_MS, Random } from '../../domain/core/index.ts';
import { checkCandles, type Depth, withDepth } from '../../trading/backtest/index.ts';
import { type BacktestConfig, BacktestSchema } from './backtest-config.ts';
import type { BacktestMarket } from './markets.ts';

const START_MS = Date.UTC(2025, 0, 1);

interface WalkOptions {
  readonly rows: number;
  readonly seed?: number;
  readonly minutes?: number;
  readonly symbol?: string;
  /** Units on each of five levels; none without it. */
  readonly depth?: number;
}

/** A random walk. */
export function walkMarket({
  rows,
  seed = 1,
  minutes = 5,
  symbol = 'SIM',
  depth,
}: WalkOptions): BacktestMarket {
  const random = Random.fromSeed(seed);
  const column = (): Float64Array => new Float64Array(rows);
  const [openTimeMs, open, high, low, close] = [column(), column(), column(), column(), column()];
  let price = 100;
  for (let row = 0; row < rows; row++) {
    openTimeMs[row] = START_MS + row * minutes * MINUTE_MS;
    open[row] = price;
    price *= Math.exp(0.004 * random.normal());
    close[row] = price;
    high[row] = Math.max(open[row]!, price) * (1 + 0.001 * random.uniform());
    low[row] = Math.min(open[row]!, price) * (1 - 0.001 * random.uniform());
  }
  const checked = checkCandles({ openTimeMs, open, high, low, close });
  return {
    venue: 'bybit-linear',
    symbol,
    interval: `${minutes}m`,
    source: depth === undefined ? 'candles' : 'bars',
    synthetic: true,
    checked: depth === undefined ? checked : withDepth(checked, booksOf(close, depth, random)),
  };
}

const LEVELS = 5;

function booksOf(close: Float64Array, size: number, random: Random): Depth {
  const table = (of: (price: number, level: number) => number): Float64Array =>
    Float64Array.from({ length: close.length * LEVELS }, (_, at) =>
      of(close[Math.floor(at / LEVELS)]!, at % LEVELS),
    );
  return {
    levels: LEVELS,
    bidPrices: table((price, level) => price * (1 - 0.0002 * (level + 1))),
    bidSizes: table(() => size * (0.5 + random.uniform())),
    askPrices: table((price, level) => price * (1 + 0.0002 * (level + 1))),
    askSizes: table(() => size * (0.5 + random.uniform())),
  };
}

export const backtestConfig = (more: Partial<BacktestConfig> = {}): BacktestConfig => ({
  ...BacktestSchema.parse({}),
  randomDraws: 20,
  paths: 50,
  ...more,
});
