/** Embeddings that are made once a model, symbol and day, and again only when the candles behind them have changed. */
import { readEmbeddings, writeEmbeddings } from '../../platform/storage/index.ts';
import {
  type CandleSeries,
  daysOf,
  type DaySettings,
  type DayOutcome,
  embedDays,
  type EmbeddedDay,
  type LoadedMacro,
  windowBefore,
  windowHash,
} from '../candle-scoring/index.ts';

export interface CachedDays {
  /** One for each day that was asked for, in their order. */
  readonly days: readonly DayOutcome[];
  readonly computed: number;
  readonly reused: number;
}

export interface CachePlace {
  readonly dataDir: string;
  readonly venue: string;
}

/** The embeddings of `days` (00:00 UTC each), stored ones where the candles are those that they were made from. */
export async function cachedEmbeddings(
  { dataDir, venue }: CachePlace,
  macro: LoadedMacro,
  series: CandleSeries,
  days: readonly number[],
): Promise<CachedDays> {
  const { symbol, interval } = series;
  const location = { dataDir, venue, symbol, interval, modelSha256: macro.sha256 };
  const stored = await readEmbeddings(location, days);
  const isFresh = (dayMs: number): boolean => {
    const day = stored.get(dayMs);
    if (day === undefined || day.embedding.length !== macro.model.size) return false;
    const window = windowBefore(series, dayMs, macro.settings.days);
    return window.kind === 'whole' && windowHash(series, window.rows) === day.candlesSha256;
  };
  const reused = new Set(days.filter(isFresh));
  const others = days.filter((dayMs) => !reused.has(dayMs));
  const made = await embedDays(macro.model, series, others, macro.settings);
  const fresh = made.filter((day): day is EmbeddedDay => day.kind === 'embedded');
  if (fresh.length > 0) await writeEmbeddings(location, fresh);
  const madeOf = new Map(made.map((day) => [day.dayMs, day]));
  return {
    days: days.map((dayMs) => madeOf.get(dayMs) ?? { kind: 'embedded', ...stored.get(dayMs)! }),
    computed: fresh.length,
    reused: reused.size,
  };
}

interface ContextSource {
  /** Null or undefined for the scaling alone. */
  readonly macro: LoadedMacro | null | undefined;
  readonly settings: DaySettings;
}

/** What is known of every day of the series. */
export async function contextsOf(
  place: CachePlace,
  { macro, settings }: ContextSource,
  series: CandleSeries,
): Promise<readonly DayOutcome[]> {
  const days = daysOf(series);
  if (macro === null || macro === undefined) return await embedDays(undefined, series, days, settings);
  return (await cachedEmbeddings(place, macro, series, days)).days;
}
