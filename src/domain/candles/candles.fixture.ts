/** Candles for tests: a seeded random walk on the grid. */
import { Random } from '../core/index.ts';
import type { Candle } from './candle.ts';
import { CANDLE_INTERVALS, type CandleInterval } from './interval.ts';

interface WalkOptions {
  readonly startMs: number;
  readonly interval: CandleInterval;
  readonly count: number;
  readonly seed: number;
}

export function randomCandles({ startMs, interval, count, seed }: WalkOptions): Candle[] {
  const random = Random.fromSeed(seed);
  let close = 100;
  return Array.from({ length: count }, (_, i) => {
    const open = close;
    close = open * Math.exp(0.01 * random.normal());
    const volume = 10 * random.exponential();
    return {
      openTimeMs: startMs + i * CANDLE_INTERVALS[interval],
      open,
      high: Math.max(open, close) * (1 + 0.01 * random.uniform()),
      low: Math.min(open, close) * (1 - 0.01 * random.uniform()),
      close,
      volume,
      quoteVolume: volume * open,
      trades: 1 + random.integer(50),
      takerBuyVolume: volume * random.uniform(),
    };
  });
}
