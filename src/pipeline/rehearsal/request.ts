/** What a rehearsal is asked for, and what it means: the model, the candles, the days, and the folder that goes by all of it. */
import { createHash } from 'node:crypto';
import path from 'node:path';
import { CANDLE_INTERVALS, isoMonth, type TimeSpan } from '../../domain/candles/index.ts';
import {
  ConfigError,
  type ConfigProblem,
  DAY_MS,
  DataError,
  dayOf,
  isoDay,
} from '../../domain/core/index.ts';
import type { RunStore } from '../../platform/storage/index.ts';
import { type CycleSettings, RETRAIN_DEFAULTS, type RetrainPolicy } from '../../trading/cycle/index.ts';
import type { RunRequest } from '../artifacts.ts';
import { type CandleModel, lookBackMs, readSeries, type StoredSeries } from '../candle-models/index.ts';
import { spanOf } from '../candle-models/request.ts';
import { locationOf } from '../candles/ingest-candles.ts';
import { checkedPlace } from '../candles/options.ts';
import { cycleSettings } from './cycle-rules.ts';

export interface RehearsalRequest extends RunRequest {
  /** `name` or `name@version` of a MicroNet. */
  readonly model: string;
  /** `futures-um` or `spot`. */
  readonly market: string;
  readonly interval: string;
  readonly symbols: readonly string[];
  /** First and last day (`2025-03-01`) or month (`2025-03`), both included. */
  readonly from: string;
  readonly to: string;
  /** Fee and slippage of one fill. */
  readonly costBps: number;
  /** Share of an account that a position takes. */
  readonly positionShare: number;
  /** Whether a retraining that the policy calls for is done, or noted alone. */
  readonly retrain: 'never' | 'policy';
  readonly policy: Partial<RetrainPolicy>;
  /** Most epochs of a retraining. */
  readonly epochs: number;
  /** Forgets what an earlier rehearsal of the same has played. */
  readonly fresh: boolean;
  /** Where it is noted that these days were looked at. */
  readonly store?: RunStore | undefined;
  readonly onProgress?: ((share: number, text: string) => void) | undefined;
  readonly onNote?: ((text: string) => void) | undefined;
}

export const REHEARSAL_DEFAULTS = { costBps: 5.5, positionShare: 0.1, epochs: 3 } as const;

export interface RehearsalPlan {
  readonly venue: string;
  readonly span: TimeSpan;
  /** 00:00 UTC of each, neighbours. */
  readonly days: readonly number[];
  readonly policy: RetrainPolicy;
  /** One a symbol, in the order asked for. */
  readonly series: readonly StoredSeries[];
  readonly settings: readonly CycleSettings[];
  /** Of everything that the days hang on but the candles and the last day. */
  readonly id: string;
  readonly folder: string;
}

/**
 * @throws ConfigError with every mistake, or for a model of other candles; DataError when candles are missing, saying what
 *   to ingest
 */
export async function planRehearsal(request: RehearsalRequest, model: CandleModel): Promise<RehearsalPlan> {
  const { config, symbols, market, interval } = request;
  const problems: ConfigProblem[] = [];
  if (symbols.length === 0) problems.push({ path: '--symbol', message: 'name a symbol, or several' });
  const places = symbols.flatMap((symbol) => checkedPlace({ market, symbol, interval }, problems) ?? []);
  const { fromMs = 0, toMs = 0 } = spanOf(request, problems);
  const span = { fromMs, toMs };
  if (!(request.costBps >= 0 && request.costBps < 10_000))
    problems.push({ path: '--cost-bps', message: `must be a number from 0 on, is ${request.costBps}` });
  if (!(request.positionShare > 0 && request.positionShare <= 1))
    problems.push({
      path: '--position',
      message: `must be a share above 0, at most 1, is ${request.positionShare}`,
    });
  if (!(Number.isSafeInteger(request.epochs) && request.epochs >= 1))
    problems.push({ path: '--epochs', message: `must be a whole number above 0, is ${request.epochs}` });
  if (problems.length > 0) throw new ConfigError(problems);
  const locations = places.map((place) => locationOf(place, config.dataDir));
  const { venue } = locations[0]!;
  requireFitting(model, { venue, interval });
  const policy = { ...RETRAIN_DEFAULTS, ...request.policy };
  const series: StoredSeries[] = [];
  for (const location of locations) series.push(await readSeries(location, lookedAt(model, span)));
  for (const each of series) requireCovered(each, span);
  const settings = series.map(({ symbol }) => cycleSettings(model, { ...request, symbol, policy }));
  const id = identityOf(request, { model, venue, span, settings });
  return {
    venue,
    span,
    days: Array.from({ length: (span.toMs - span.fromMs) / DAY_MS }, (_, i) => span.fromMs + i * DAY_MS),
    policy,
    series,
    settings,
    id,
    folder: path.join(config.dataDir, 'rehearsals', `${model.manifest.name}-${id}`),
  };
}

/** Of the days that the model was taught on, those asked for, and what lies behind their first scores. */
function lookedAt(model: CandleModel, span: TimeSpan): TimeSpan {
  const { data, thresholds } = model.manifest;
  const memoryMs = thresholds.adaptive.memory * CANDLE_INTERVALS[model.interval];
  return {
    fromMs: dayOf(Math.min(data.fromMs, span.fromMs - memoryMs) - lookBackMs(model)),
    toMs: Math.max(span.toMs, trainedUntilMs(model)),
  };
}

/** End of everything that the model, or the MacroNet behind it, has learned from. */
export function trainedUntilMs({ manifest, macro }: CandleModel): number {
  return Math.max(manifest.data.toMs, macro?.manifest.data.toMs ?? 0);
}

function requireFitting(
  { manifest, reference, interval }: CandleModel,
  asked: { readonly venue: string; readonly interval: string },
): void {
  const problems: ConfigProblem[] = [];
  if (interval !== asked.interval)
    problems.push({
      path: '--interval',
      message: `${reference} was taught on candles of ${interval}, not ${asked.interval}`,
    });
  if (manifest.data.venue !== asked.venue)
    problems.push({
      path: '--market',
      message: `${reference} was taught on ${manifest.data.venue}, not ${asked.venue}`,
    });
  if (problems.length > 0) throw new ConfigError(problems);
}

function requireCovered(
  { symbol, interval, intervalMs, candles }: StoredSeries,
  { fromMs, toMs }: TimeSpan,
): void {
  const [firstMs, lastMs] = [candles.openTimeMs[0]!, candles.openTimeMs.at(-1)!];
  if (dayOf(firstMs) <= fromMs && dayOf(lastMs) >= toMs - DAY_MS) return;
  const month = isoMonth(dayOf(firstMs) > fromMs ? fromMs : lastMs + intervalMs);
  throw new DataError(
    `${symbol} ${interval}: candles are stored from ${isoDay(firstMs)} to ${isoDay(lastMs)}, asked for are ${isoDay(fromMs)} to ` +
      `${isoDay(toMs - 1)}; run \`tidemark ingest candles --symbol ${symbol} --interval ${interval} --from ${month}\`, or rehearse fewer days`,
    { code: 'REHEARSAL_DAYS_MISSING', context: { symbol } },
  );
}

interface Identity {
  readonly model: CandleModel;
  readonly venue: string;
  readonly span: TimeSpan;
  readonly settings: readonly CycleSettings[];
}

/** Format of the journal and the state: another one begins anew. */
const FORMAT = 1;

function identityOf(request: RehearsalRequest, { model, venue, span, settings }: Identity): string {
  const { config, retrain, epochs, interval } = request;
  const training = retrain === 'policy' ? { epochs, seed: config.seed, threads: config.threads } : null;
  const { files, macro } = model.manifest;
  return createHash('sha256')
    .update(JSON.stringify([FORMAT, files, macro, venue, interval, span.fromMs, settings, training]))
    .digest('hex')
    .slice(0, 12);
}
