/** A stored market for tests: seeded candles of one hour, and networks small enough to train in a second. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Candle, CANDLE_INTERVALS, candleTable, type CandleTable } from '../../domain/candles/index.ts';
import { DAY_MS, Random } from '../../domain/core/index.ts';
import { CODE_VERSION } from '../version.ts';
import { type Config, parseConfig } from '../config.ts';
import { importCandles } from '../candles/index.ts';
import type { TrainMicroRequest } from './train-micro.ts';

export const START_MS = Date.UTC(2025, 0, 1);
export const DAYS = 28;
const HOUR_MS = CANDLE_INTERVALS['1h'];

/** Hourly candles from 1 January 2025 on: a seeded random walk of 1 % an hour. */
export function hourly(seed: number, days: number = DAYS): CandleTable {
  const random = Random.fromSeed(seed);
  let close = 100;
  const candles = Array.from({ length: days * 24 }, (_, i): Candle => {
    const open = close;
    close = open * Math.exp(0.01 * random.normal());
    const volume = 10 * random.exponential();
    return {
      openTimeMs: START_MS + i * HOUR_MS,
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
  return candleTable(candles);
}

/** Brings candles into a data folder as users do, from a CSV file. */
export async function storeCandles(dataDir: string, symbol: string, candles: CandleTable): Promise<void> {
  const lines = Array.from({ length: candles.rows }, (_, row) =>
    [
      candles.openTimeMs[row],
      candles.open[row],
      candles.high[row],
      candles.low[row],
      candles.close[row],
      candles.volume[row],
      candles.quoteVolume[row],
      candles.trades[row],
      candles.takerBuyVolume[row],
    ].join(','),
  );
  const header = 'open_time,open,high,low,close,volume,quote_volume,trades_count,taker_buy_volume';
  const csv = path.join(dataDir, `${symbol}.csv`);
  await writeFile(csv, [header, ...lines].join('\n'));
  await importCandles({
    market: 'futures-um',
    interval: '1h',
    symbol,
    csv,
    dataDir,
    codeVersion: CODE_VERSION,
    nowMs: START_MS + 400 * DAY_MS,
    replace: true,
  });
}

type Section = Readonly<Record<string, unknown>>;

/** Two days of 24 candles a window; everything as small as it may be. */
export function smallConfig(
  dataDir: string,
  { macro = {}, micro = {} }: { readonly macro?: Section; readonly micro?: Section } = {},
): Config {
  return parseConfig({
    dataDir,
    threads: 1,
    macro: {
      days: 2,
      strideCandles: 4,
      patch: 4,
      channels: 8,
      layers: 1,
      heads: 2,
      attentionWindow: 4,
      embedding: 6,
      epochs: 2,
      batchSize: 16,
      projection: 4,
      ...macro,
    },
    micro: {
      sequenceLength: 24,
      channels: 6,
      hidden: 8,
      epochs: 2,
      batchSize: 4,
      labelledSteps: 12,
      label: { horizonCandles: 3, threshold: 0.01 },
      signal: { memory: 48, warmUp: 12 },
      ...micro,
    },
  });
}

export function requestOf(config: Config, change: Partial<TrainMicroRequest> = {}): TrainMicroRequest {
  return {
    config,
    runId: 'run',
    createdAt: '2026-01-01T00:00:00Z',
    signal: new AbortController().signal,
    market: 'futures-um',
    interval: '1h',
    symbols: ['AAA', 'BBB'],
    name: 'model',
    macro: null,
    ...change,
  };
}
