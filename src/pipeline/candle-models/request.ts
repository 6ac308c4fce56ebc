/** What `train macro` and `train micro` are asked for, and the candles that it means. */
import { isoMonth, monthSpan, type TimeSpan } from '../../domain/candles/index.ts';
import { ConfigError, type ConfigProblem, DAY_MS, isoDay } from '../../domain/core/index.ts';
import type { ObjectiveEpoch } from '../../learning/candles/index.ts';
import type { EpochReport } from '../../learning/models/index.ts';
import type { RunStore } from '../../platform/storage/index.ts';
import type { RunRequest } from '../artifacts.ts';
import { locationOf } from '../candles/ingest-candles.ts';
import { checkedPlace } from '../candles/options.ts';
import type { TrainingObserver } from '../train-base.ts';
import { readSeries, type StoredSeries } from './stored-series.ts';

export interface CandleTrainingRequest extends RunRequest, TrainingObserver {
  /** `futures-um` or `spot`. */
  readonly market: string;
  readonly interval: string;
  /** One network for all of them. */
  readonly symbols: readonly string[];
  /** First and last day (`2025-01-31`) or month (`2025-01`), both included; default all that is stored. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly name: string;
  /** Ignores the checkpoints that an interrupted training of the same left. */
  readonly fresh?: boolean;
  /** Where epochs are recorded besides the run's folder. */
  readonly store?: RunStore;
}

export interface RequestedCandles {
  readonly venue: string;
  readonly series: readonly StoredSeries[];
}

type Wanted = Pick<CandleTrainingRequest, 'config' | 'market' | 'interval' | 'symbols' | 'from' | 'to'>;

/** @throws ConfigError with every mistake, DataError when candles are missing, naming the command that brings them */
export async function readRequested(wanted: Wanted): Promise<RequestedCandles> {
  const { config, market, interval, symbols } = wanted;
  const problems: ConfigProblem[] = [];
  if (symbols.length === 0) problems.push({ path: '--symbol', message: 'name a symbol, or several' });
  const places = [...new Set(symbols)].flatMap(
    (symbol) => checkedPlace({ market, symbol, interval }, problems) ?? [],
  );
  const span = spanOf(wanted, problems);
  if (problems.length > 0) throw new ConfigError(problems);
  const series: StoredSeries[] = [];
  const locations = places.map((place) => locationOf(place, config.dataDir));
  for (const location of locations) series.push(await readSeries(location, span));
  return { venue: locations[0]!.venue, series };
}

/** First and last UTC day or month, both included; a mistake is added to `problems`. */
export function spanOf(
  { from, to }: Pick<Wanted, 'from' | 'to'>,
  problems: ConfigProblem[],
): Partial<TimeSpan> {
  const timeOf = (flag: string, text: string | undefined): TimeSpan | undefined => {
    if (text === undefined) return undefined;
    const span = dayOrMonth(text);
    if (span === null)
      problems.push({
        path: flag,
        message: `"${text}" is no day such as 2025-01-31, nor a month such as 2025-01`,
      });
    return span ?? undefined;
  };
  const [first, last] = [timeOf('--from', from), timeOf('--to', to)];
  if (first !== undefined && last !== undefined && last.toMs <= first.fromMs)
    problems.push({ path: '--to', message: `${to} is before --from ${from}` });
  return {
    ...(first === undefined ? {} : { fromMs: first.fromMs }),
    ...(last === undefined ? {} : { toMs: last.toMs }),
  };
}

/** The UTC day or month of that name; null when it names none. */
function dayOrMonth(text: string): TimeSpan | null {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return monthSpan(text);
  const fromMs = Date.parse(`${text}T00:00:00Z`);
  // 30 February is read as a day of March, or not at all.
  const exists = monthSpan(text.slice(0, 7)) !== null && isoMonth(fromMs) === text.slice(0, 7);
  return exists && isoDay(fromMs) === text ? { fromMs, toMs: fromMs + DAY_MS } : null;
}

/** An epoch as the other trainings report it; `labels` are learned in each. */
export const asEpochReport = (epoch: ObjectiveEpoch, labels: number): EpochReport => ({
  ...epoch,
  macroF1: Number.NaN,
  labelsPerSecond: labels / epoch.seconds,
});
