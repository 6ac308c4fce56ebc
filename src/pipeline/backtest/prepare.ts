/** Everything that a backtest, or a sweep of them, needs before anything is traded: markets, signals' inputs, and their origin. */
import { createHash } from 'node:crypto';
import { CANDLE_INTERVALS, isCandleInterval } from '../../domain/candles/index.ts';
import { ConfigError, DataError } from '../../domain/core/index.ts';
import { kindOfModel, readScores, type RunStore, type ScoreFile } from '../../platform/storage/index.ts';
import type { RunRequest } from '../artifacts.ts';
import type { Config } from '../config.ts';
import { countTrials } from '../evaluate/trials.ts';
import type { SignalQuality } from '../report/index.ts';
import { candleMarket, barMarket, type BacktestMarket, type TimeRange } from './markets.ts';
import { borrowedNotes, withFunding, withRules } from './instrument-facts.ts';
import { microSignals } from './micro-signals.ts';
import { modelSignals, signalQuality } from './model-signals.ts';
import { rulesOf } from './settings.ts';
import type { SignalInput } from './signal-source.ts';

export type BacktestSource =
  | { readonly kind: 'model'; readonly model: string }
  | {
      readonly kind: 'candles';
      readonly venue: string;
      readonly symbols: readonly string[];
      /** `5m` */
      readonly interval: string;
    }
  | { readonly kind: 'bars'; readonly venue: string; readonly symbols: readonly string[] };

export interface BacktestRequest extends RunRequest {
  readonly store: RunStore;
  readonly source: BacktestSource;
  readonly range: TimeRange;
  /** Whether market orders walk recorded books where there are some. */
  readonly depth: boolean;
  /** Whether ingested funding is charged. */
  readonly funding: boolean;
  /** Files and folders of the recording for the event engine; null executes on bars. */
  readonly recording: readonly string[] | null;
  /** Scores for the strategy `threshold`. */
  readonly scores: ScoreFile | null;
}

export interface Prepared {
  /** The configuration in force. */
  readonly config: Config;
  readonly name: string;
  readonly model: string | null;
  /** Of the model or the scores that the signals are made of; empty where prices are all. */
  readonly inputSha256: string;
  readonly markets: readonly BacktestMarket[];
  /** In the order of the markets. */
  readonly inputs: readonly SignalInput[];
  readonly earlierOpenings: number | null;
  /** Trainings on this data, the model's own included; 0 without a model. */
  readonly trainings: number;
  readonly quality: readonly SignalQuality[];
  readonly notes: readonly string[];
}

/** @throws ConfigError for settings that do not fit the source; DataError for data that is missing or refused */
export async function prepare(request: BacktestRequest): Promise<Prepared> {
  const { source, recording } = request;
  if (recording !== null && source.kind !== 'model' && source.symbols.length > 1) {
    throw new ConfigError([{ path: '--symbol', message: 'a recording is traded one symbol at a time' }]);
  }
  const prepared =
    source.kind === 'model'
      ? await prepareModel(request, source.model)
      : await prepareMarkets(request, source);
  return await withFacts(request, prepared);
}

async function withFacts({ funding, recording }: BacktestRequest, prepared: Prepared): Promise<Prepared> {
  const { config, notes } = prepared;
  const { dataDir, backtest } = config;
  const markets: BacktestMarket[] = [];
  const told = [...notes];
  for (const market of prepared.markets) {
    const funded = funding ? await withFunding(market, dataDir) : { value: market, notes: [] };
    const ruled = await withRules(funded.value, dataDir);
    markets.push({ ...ruled.value, rules: rulesOf(backtest, ruled.value) });
    // A recording shows its own steps.
    const isSilent = recording !== null || backtest.lotSize !== undefined;
    told.push(...funded.notes, ...(isSilent ? [] : ruled.notes));
  }
  return { ...prepared, markets, notes: [...told, ...borrowedNotes(markets, backtest.direction)] };
}

async function prepareMarkets(
  request: BacktestRequest,
  source: Exclude<BacktestSource, { kind: 'model' }>,
): Promise<Prepared> {
  const markets: BacktestMarket[] = [];
  for (const symbol of source.symbols) markets.push(await marketOf(request, source, symbol));
  const notes: string[] = [];
  const inputs: SignalInput[] = [];
  for (const market of markets) inputs.push(await inputOf(request, market, notes));
  return {
    config: request.config,
    name: strategyName(request),
    model: null,
    inputSha256: inputHash(inputs),
    markets,
    inputs,
    earlierOpenings: null,
    trainings: 0,
    quality: [],
    notes: [...notes, ...haltedNotes(markets)],
  };
}

async function marketOf(
  { config, range, depth }: BacktestRequest,
  source: Exclude<BacktestSource, { kind: 'model' }>,
  symbol: string,
): Promise<BacktestMarket> {
  const location = { dataDir: config.dataDir, venue: source.venue, symbol };
  if (source.kind === 'bars') return await barMarket(location, { ...range, depth });
  const { interval } = source;
  if (!isCandleInterval(interval)) {
    const known = Object.keys(CANDLE_INTERVALS).join(', ');
    throw new ConfigError([
      { path: '--interval', message: `unknown interval "${interval}"; known: ${known}` },
    ]);
  }
  return await candleMarket({ ...location, interval }, range);
}

async function prepareModel(request: BacktestRequest, model: string): Promise<Prepared> {
  const isMicro = (await kindOfModel(request.config.dataDir, model)) === 'micro';
  const signals = isMicro
    ? await microSignals({ ...request, model }, request)
    : [await modelSignals({ ...request, model }, { depth: request.depth })];
  const { config, manifest, model: reference, modelSha256, market } = signals[0]!;
  const { rule, enter } = config.backtest;
  const rules = {
    sets: isMicro ? 'adaptive thresholds' : 'prediction sets of one direction',
    decisions: 'the decision rule',
    threshold: `probabilities above ${enter}`,
  };
  const markets = signals.map((each) => each.market);
  const { count } = await countTrials(config.dataDir, request.store, manifest, market);
  return {
    config,
    name: `model ${reference}, ${rules[rule]}`,
    model: reference,
    inputSha256: modelSha256,
    markets,
    inputs: signals.map(({ input }) => input),
    earlierOpenings: Math.max(...signals.map(({ earlierOpenings }) => earlierOpenings)),
    trainings: count,
    quality: signalQuality(signals),
    notes: haltedNotes(markets),
  };
}

function strategyName({ config: { backtest }, scores }: BacktestRequest): string {
  const { strategy, fast, slow, enter, exit, entryRate } = backtest;
  switch (strategy) {
    case 'sma-crossover':
      return `averages of ${fast} and ${slow} bars crossing`;
    case 'threshold':
      return `${scores?.scoreColumn ?? 'score'} above ${enter}, left at ${exit}`;
    case 'random':
      return `random entries, ${entryRate} of the closes`;
    case 'buy-and-hold':
      return 'buy and hold';
  }
}

async function inputOf(
  { config, scores }: BacktestRequest,
  market: BacktestMarket,
  notes: string[],
): Promise<SignalInput> {
  const isThreshold = config.backtest.strategy === 'threshold';
  if (isThreshold !== (scores !== null)) {
    const message = isThreshold
      ? 'the strategy `threshold` needs a CSV or Parquet file of scores'
      : 'scores are for `--strategy threshold`';
    throw new ConfigError([{ path: '--signals', message }]);
  }
  if (scores === null) return { kind: 'prices' };
  const table = await readScores(scores, market.symbol);
  const { openTimeMs } = market.checked.candles;
  const rowAt = new Map(Array.from(openTimeMs, (ms, row) => [ms, row]));
  const aligned = new Float64Array(openTimeMs.length).fill(Number.NaN);
  let found = 0;
  table.openTimeMs.forEach((ms, i) => {
    const row = rowAt.get(ms);
    if (row === undefined) return;
    aligned[row] = table.scores[i]!;
    found++;
  });
  if (found === 0) {
    throw new DataError(
      `${scores.file}: none of its ${table.openTimeMs.length} times is the opening time of a candle of ${market.symbol} in the range`,
      { code: 'SCORES_FOREIGN', context: { file: scores.file, symbol: market.symbol } },
    );
  }
  if (found < table.openTimeMs.length) {
    notes.push(
      `${table.openTimeMs.length - found} of ${table.openTimeMs.length} scores of ${market.symbol} belong to no candle in the range and were not used.`,
    );
  }
  const silent = aligned.filter((score) => Number.isNaN(score)).length;
  if (silent > 0) {
    notes.push(
      `${silent} of ${aligned.length} candles of ${market.symbol} have no score: nothing is said there.`,
    );
  }
  return { kind: 'scores', scores: aligned };
}

function inputHash(inputs: readonly SignalInput[]): string {
  const scores = inputs.flatMap((input) => (input.kind === 'scores' ? [input.scores] : []));
  if (scores.length === 0) return '';
  const hash = createHash('sha256');
  for (const column of scores) hash.update(column);
  return hash.digest('hex');
}

function haltedNotes(markets: readonly BacktestMarket[]): readonly string[] {
  return markets.flatMap(({ symbol, checked, source }) => {
    const halted = checked.halted?.filter((flag) => flag === 1).length ?? 0;
    if (halted === 0) return [];
    const why = source === 'bars' ? 'have no book on one side' : 'traded nothing';
    return [`${halted} bars of ${symbol} ${why}: orders wait there for the next that can be traded.`];
  });
}
