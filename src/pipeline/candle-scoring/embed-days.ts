/** MacroNet once a day: embeddings from candles, for many days at once or for one at its 00:00 UTC. */
import {
  CANDLE_WARM_UP,
  type CandleInterval,
  type CandleTable,
  CANDLE_INTERVALS,
} from '../../domain/candles/index.ts';
import { DAY_MS } from '../../domain/core/index.ts';
import type { FeatureScale, MacroModel } from '../../learning/candles/index.ts';
import type { StoredEmbedding } from '../../platform/storage/index.ts';
import { type CandleSeries, candleSeries, cutTable, rowsBetween } from './candle-series.ts';
import { type DaySettings, scaleOf, windowBefore, windowHash } from './day-window.ts';

/** What MicroNet needs to know of a day: `embedding`, and `centre` and `scale` of the features. */
export interface EmbeddedDay extends StoredEmbedding {
  readonly kind: 'embedded';
}

export interface SkippedDay {
  readonly kind: 'skipped';
  readonly dayMs: number;
  /** In words: which candles or features are missing. */
  readonly reason: string;
}

export type DayOutcome = EmbeddedDay | SkippedDay;

/**
 * The embeddings of some days. A day's is the same to the bit whatever other days are asked for and whatever the series
 * holds after its 00:00.
 * @param macro undefined for the scaling alone: embeddings of no numbers
 */
export async function embedDays(
  macro: MacroModel | undefined,
  series: CandleSeries,
  days: readonly number[],
  settings: DaySettings,
): Promise<readonly DayOutcome[]> {
  const found = days.map((dayMs) => ({ dayMs, window: windowBefore(series, dayMs, settings.days) }));
  const whole = found.flatMap(({ dayMs, window }) =>
    window.kind === 'whole'
      ? { dayMs, rows: window.rows, scale: scaleOf(series, window.rows, settings.scaler) }
      : [],
  );
  const { features, featureNames } = series;
  const ends = Int32Array.from(whole, ({ rows }) => rows.end - 1);
  const scales = whole.map(({ scale }) => scale);
  const size = macro?.size ?? 0;
  const embeddings = (await macro?.embed({ features, featureNames, ends, scales })) ?? new Float64Array(0);
  const embedded = new Map(
    whole.map(({ dayMs, rows, scale }, i) => [
      dayMs,
      {
        kind: 'embedded',
        dayMs,
        embedding: embeddings.slice(i * size, (i + 1) * size),
        ...vectors(scale),
        candlesSha256: windowHash(series, rows),
      } as const,
    ]),
  );
  return found.map(({ dayMs, window }) =>
    window.kind === 'whole' ? embedded.get(dayMs)! : { kind: 'skipped', dayMs, reason: window.reason },
  );
}

const vectors = ({ centre, scale }: FeatureScale) => ({
  centre: Float64Array.from(centre),
  scale: Float64Array.from(scale),
});

export interface EmbedDayOptions {
  /** Undefined for the scaling alone. */
  readonly macro: MacroModel | undefined;
  readonly settings: DaySettings;
  readonly symbol: string;
  readonly interval: CandleInterval;
  /** Stored or collected candles in order of time, at least the {@link historyMs} before the day. */
  readonly candles: CandleTable;
  /** 00:00 UTC. */
  readonly dayMs: number;
}

/**
 * The daily step, for whoever runs at 00:00 UTC: the embedding of `dayMs` from candles that closed before it, whatever
 * else is given. No clock is read. Equal to the bit to {@link embedDays} over a longer series.
 */
export async function embedDay(options: EmbedDayOptions): Promise<DayOutcome> {
  const { macro, settings, symbol, interval, candles, dayMs } = options;
  const span = { fromMs: dayMs - historyMs(interval, settings), toMs: dayMs };
  const history = cutTable(candles, rowsBetween(candles.openTimeMs, span));
  const [outcome] = await embedDays(macro, candleSeries(symbol, interval, history), [dayMs], settings);
  return outcome!;
}

/** How much of the past a day's embedding depends on: its days and the candles that their first features need. */
export const historyMs = (interval: CandleInterval, { days }: DaySettings): number =>
  days * DAY_MS + CANDLE_WARM_UP * CANDLE_INTERVALS[interval];
