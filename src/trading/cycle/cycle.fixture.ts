/** A market and an all but clever model for tests: hourly candles of a random walk, scores that hang on the past alone. */
import type { Candle } from '../../domain/candles/index.ts';
import { DAY_MS, Random } from '../../domain/core/index.ts';
import type { CycleOutput } from './cycle-events.ts';
import type { CycleSettings } from './cycle-settings.ts';
import type { DailyCycle } from './daily-cycle.ts';
import type { DayRecord } from './day-record.ts';
import { type CyclePorts, drive } from './drive.ts';
import { RETRAIN_DEFAULTS } from './policy.ts';

export const START_MS = Date.UTC(2025, 0, 1);
export const HOUR_MS = 3_600_000;

export const SETTINGS: CycleSettings = {
  symbol: 'AAA',
  intervalMs: HOUR_MS,
  thresholds: { buyShare: 0.2, sellShare: 0.2, memory: 48, warmUp: 12, rateGain: 0.01 },
  outcome: { horizonCandles: 3, move: { kind: 'volatility', deviations: 0.5, candles: 6 } },
  account: { initialCash: 1_000, costShare: 0.001, positionShare: 0.5 },
  policy: { ...RETRAIN_DEFAULTS, everyDays: 5, restDays: 2, scoreDistance: 0.99 },
};

export const MODEL = {
  reference: 'hours@1',
  trainedUntilMs: START_MS + 2 * DAY_MS,
  scores: [0.1, -0.2, 0.3],
  embeddings: { days: 9, centre: [0, 0], meanStep: 1, typicalDistance: 1, farDistance: 1.8 },
};

export function walk(days: number, seed: number): readonly Candle[] {
  const random = Random.fromSeed(seed);
  let close = 100;
  return Array.from({ length: days * 24 }, (_, i) => {
    const open = close;
    close = open * Math.exp(0.01 * random.normal());
    const [high, low] = [Math.max(open, close) * 1.001, Math.min(open, close) * 0.999];
    const openTimeMs = START_MS + i * HOUR_MS;
    return {
      openTimeMs,
      open,
      high,
      low,
      close,
      volume: 1,
      quoteVolume: open,
      trades: 1,
      takerBuyVolume: 0.5,
    };
  });
}

/** Scores are the last digits of the close; the first six candles have none, nor has the third day an embedding. */
export const PORTS: CyclePorts = {
  embed: async (dayMs) =>
    await Promise.resolve(
      dayMs === START_MS + 2 * DAY_MS
        ? { kind: 'skipped', reason: 'candles are missing' }
        : { kind: 'embedded', embedding: [Math.sin(dayMs / 1e9), Math.cos(dayMs / 1e9)] },
    ),
  score: async ({ openTimeMs, close }) =>
    await Promise.resolve(
      openTimeMs < START_MS + 6 * HOUR_MS
        ? { kind: 'warming-up', reason: 'too few candles' }
        : { kind: 'score', score: ((close * 1000) % 2) - 1 },
    ),
};

/** Every event of some days, each with what the cycle said. */
export async function play(
  cycle: DailyCycle,
  candles: readonly Candle[],
  { fromDay, days }: { readonly fromDay: number; readonly days: number },
): Promise<{ readonly records: readonly DayRecord[]; readonly said: readonly CycleOutput[] }> {
  const said: CycleOutput[] = [];
  for (let day = fromDay; day < fromDay + days; day++) {
    const dayMs = START_MS + day * DAY_MS;
    said.push(...(await drive(cycle, PORTS, { kind: 'midnight', dayMs })));
    for (const candle of candles.filter(({ openTimeMs: t }) => t >= dayMs && t < dayMs + DAY_MS)) {
      said.push(...(await drive(cycle, PORTS, { kind: 'candle', candle })));
    }
    said.push(...(await drive(cycle, PORTS, { kind: 'day-end' })));
  }
  return { said, records: said.flatMap((output) => (output.kind === 'day' ? [output.record] : [])) };
}
