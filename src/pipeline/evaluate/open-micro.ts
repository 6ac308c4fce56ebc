/**
 * Opening a MicroNet's test period: its candles are checked, its rows are split as its training split them, and the opening
 * is recorded (decision 0009).
 */
import { CANDLE_INTERVALS } from '../../domain/candles/index.ts';
import { ConfigError, DataError, MINUTE_MS } from '../../domain/core/index.ts';
import type { MicroManifest } from '../../platform/storage/index.ts';
import { CandleLabelSchema } from '../candle-models/config.ts';
import { contextsOf } from '../candle-models/embedding-cache.ts';
import { labelSeries, returnsAhead } from '../candle-models/label-series.ts';
import { requireSameCandles, symbolHashes } from '../candle-models/macro-fits.ts';
import { type LabelledSeries, type MicroRows, microRows } from '../candle-models/micro-rows.ts';
import { readSeries, type StoredSeries } from '../candle-models/stored-series.ts';
import {
  type CandleModel,
  type CandleScores,
  scoreCandles,
  thresholdsFromMs,
  wholeRuns,
} from '../candle-scoring/index.ts';
import { type Config, parseConfig } from '../config.ts';
import type { LabelledRows } from '../labelled-rows.ts';
import type { EvaluateRequest } from './open-test.ts';
import type { JudgedRows } from './test-rows.ts';
import { timesAt } from './test-rows.ts';

export interface OpenedMicro {
  /** The configuration in force: the model's recipe with this run's places and ways to judge. */
  readonly config: Config;
  readonly label: LabelRule;
  /** Of all symbols that the model was trained on, in their order. */
  readonly split: MicroRows;
  readonly known: readonly string[];
  /** Of those that were asked for, in the order of `known`. */
  readonly symbols: readonly OpenedSymbol[];
}

export interface LabelRule {
  readonly name: string;
  readonly lookaheadMinutes: number;
  readonly rule: ReturnType<typeof CandleLabelSchema.parse>;
}

export interface OpenedSymbol extends Pick<LabelledSeries, 'labels' | 'days'> {
  readonly symbol: string;
  readonly series: StoredSeries;
  readonly rows: JudgedRows;
  /** Positions, as those of {@link OpenedSymbol.rows}: what was learned from, and what chose the epoch. */
  readonly training: Int32Array;
  readonly validation: Int32Array;
  /** From the first validation row on, or from where adaptive thresholds begin if that is before. */
  readonly scores: CandleScores;
  /** Row of the series of the first score. */
  readonly firstScored: number;
  /** First and last candle that is judged. */
  readonly period: { readonly fromMs: number; readonly toMs: number };
  /** Other models that were judged on an overlapping period before. */
  readonly earlierOpenings: number;
}

/**
 * From where the training's test period begins to the last stored candle whose label is known.
 * @param wanted symbols of the model; default all
 * @throws ConfigError for a symbol that the model was not trained on; DataError when stored candles are others than those
 *   that it was trained on, or there are too few
 */
export async function openMicroTest(
  request: EvaluateRequest,
  model: CandleModel,
  wanted?: readonly string[],
): Promise<OpenedMicro> {
  const { manifest, reference } = model;
  const known = [...symbolHashes(manifest).keys()];
  const asked = wanted ?? known;
  const foreign = asked.find((symbol) => !known.includes(symbol));
  if (foreign !== undefined) {
    throw new ConfigError([
      { path: '--symbol', message: `${reference} is of ${known.join(', ')}, not ${foreign}` },
    ]);
  }
  const config = configOf(request, manifest);
  await requireSameCandles(model, known, config.dataDir);
  const label = labelRule(manifest, model);
  const labelled = await labelledSeries(model, known, { config, label });
  const { stopShare, embargoMinutes } = config.validation;
  const split = microRows(labelled, {
    output: manifest.output,
    sequenceLength: manifest.sequenceLength,
    horizonCandles: manifest.label.horizonCandles,
    stopShare,
    embargoMs: embargoMinutes * MINUTE_MS,
    test: { fromMs: manifest.testFromMs },
  });
  const symbols: OpenedSymbol[] = [];
  for (const [i, each] of labelled.entries()) {
    if (asked.includes(each.series.symbol))
      symbols.push(await openSymbol(request, { model, split }, { ...each, i }));
  }
  return { config, label, split, known, symbols };
}

const configOf = ({ config }: EvaluateRequest, manifest: MicroManifest): Config => {
  const { name, version } = manifest;
  const recipe = parseConfig(manifest.config, (field) => `${name}@${version}: config.${field}`);
  const { dataDir, threads, evaluation, backtest } = config;
  return { ...recipe, dataDir, threads, evaluation, backtest };
};

function labelRule({ label: { name, ...rule } }: MicroManifest, { interval }: CandleModel): LabelRule {
  const parsed = CandleLabelSchema.parse(rule);
  return {
    name,
    rule: parsed,
    lookaheadMinutes: (parsed.horizonCandles * CANDLE_INTERVALS[interval]) / MINUTE_MS,
  };
}

interface StoredLabelledSeries extends LabelledSeries {
  readonly series: StoredSeries;
}

async function labelledSeries(
  model: CandleModel,
  symbols: readonly string[],
  { config: { dataDir }, label: { rule } }: Pick<OpenedMicro, 'config' | 'label'>,
): Promise<readonly StoredLabelledSeries[]> {
  const { manifest, interval } = model;
  const { venue, fromMs } = manifest.data;
  const all: StoredLabelledSeries[] = [];
  for (const symbol of symbols) {
    const series = await readSeries({ dataDir, venue, symbol, interval }, { fromMs });
    all.push({
      series,
      labels: labelSeries(series, rule),
      returns: returnsAhead(series, rule.horizonCandles),
      days: await contextsOf({ dataDir, venue }, model, series),
    });
  }
  return all;
}

async function openSymbol(
  { store, runId, createdAt }: EvaluateRequest,
  { model, split }: { readonly model: CandleModel; readonly split: MicroRows },
  { series, labels, returns, days, i }: StoredLabelledSeries & { readonly i: number },
): Promise<OpenedSymbol> {
  const { symbol, candles, intervalMs } = series;
  const { manifest } = model;
  const [first, end] = [split.firstRows[i]!, split.firstRows[i + 1]!];
  const own = (rows: Int32Array): Int32Array =>
    rows.filter((row) => row >= first && row < end).map((row) => row - first);
  const rows = own(split.usable);
  const placeOf = new Map(Array.from(rows, (row, place) => [row, place]));
  const positions = (chosen: Int32Array): Int32Array => own(chosen).map((row) => placeOf.get(row)!);
  const data = labelledRows(series, { labels, returns, rows });
  const [development, training, validation] = [split.development, split.train, split.validation].map(
    positions,
  ) as [Int32Array, Int32Array, Int32Array];
  // A trade can be over before its horizon is.
  const test = positions(split.test).filter((position) => Number.isFinite(returns[rows[position]!]!));
  if (training.length === 0 || validation.length === 0 || test.length === 0) {
    throw new DataError(
      `${symbol} has ${training.length} rows to learn from, ${validation.length} that chose the epoch and ${test.length} to be judged on: a model is judged where it has all three`,
      { code: 'MICRO_NO_ROWS', context: { symbol } },
    );
  }
  const fromMs = Math.min(
    timesAt(data, validation)[0]!,
    thresholdsFromMs(manifest.testFromMs, manifest.thresholds.adaptive, intervalMs),
  );
  const scores = await scoreCandles(model, { symbol, candles, fromMs, toMs: Number.POSITIVE_INFINITY, days });
  const times = timesAt(data, test);
  const period = { fromMs: times[0]!, toMs: times.at(-1)! };
  const earlierOpenings = store.openTest(
    { runId, modelSha256: model.sha256, venue: manifest.data.venue, symbol, ...period },
    createdAt,
  );
  return {
    symbol,
    series,
    labels,
    days,
    rows: { data, development, test },
    training,
    validation,
    scores,
    firstScored: candles.rows - scores.openTimeMs.length,
    period,
    earlierOpenings,
  };
}

function labelledRows(
  series: StoredSeries,
  {
    labels: { label, labelEndMs },
    returns,
    rows,
  }: Pick<LabelledSeries, 'labels' | 'returns'> & { readonly rows: Int32Array },
): LabelledRows {
  const { candles, features, featureNames, intervalMs } = series;
  return {
    unit: { name: 'candle', ms: intervalMs, returnFeature: featureNames.indexOf('log_return') },
    bars: {
      rows: candles.rows,
      minuteMs: candles.openTimeMs,
      featureNames,
      features,
      close: candles.close,
    },
    labels: { label, labelEndMs, futureReturn: returns },
    segments: wholeRuns(series),
    rows,
    spans: {
      timeMs: Float64Array.from(rows, (row) => candles.openTimeMs[row]!),
      labelEndMs: Float64Array.from(rows, (row) => labelEndMs[row]!),
    },
  };
}
