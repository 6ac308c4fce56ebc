/** A MicroNet on its test period, which training left alone: opened for everybody to see, as base models' is. */
import { NO_LABEL } from '../../domain/core/index.ts';
import { CandleLabelSchema } from './config.ts';
import { loadModelOf, type RunStore } from '../../platform/storage/index.ts';
import { type RunRequest, modelHash } from '../artifacts.ts';
import { CandleModel } from './candle-model.ts';
import { readSeries, rowsBetween, type StoredSeries } from './candle-series.ts';
import { daysOf } from './day-window.ts';
import { cachedEmbeddings } from './embedding-cache.ts';
import { labelSeries, returnsAhead } from './label-series.ts';
import { requireSameCandles, symbolHashes } from './macro-fits.ts';
import { type MicroFigures, microFigures } from './micro-figures.ts';
import { type CandleScores, scoreCandles } from './score-candles.ts';

export interface EvaluateMicroRequest extends RunRequest {
  readonly model: string;
  readonly store: RunStore;
}

export interface MicroEvaluation {
  readonly model: string;
  readonly kind: 'micro';
  readonly symbols: readonly string[];
  readonly synthetic: boolean;
  readonly fromMs: number;
  /** Of the last judged candle's label. */
  readonly toMs: number;
  readonly figures: MicroFigures;
  /** How often other models were judged on a period that overlaps this one, the most of any symbol. */
  readonly earlierOpenings: number;
}

/**
 * From where the training's test period begins to the last stored candle whose label is known.
 * @throws ConfigError when there is no such MicroNet; DataError when it is damaged, or the candles that it was trained on
 *   are others now
 */
export async function evaluateMicro({
  config,
  runId,
  createdAt,
  model,
  store,
}: EvaluateMicroRequest): Promise<MicroEvaluation> {
  const { dataDir, threads, seed } = config;
  const { files } = await loadModelOf(dataDir, model, { kinds: ['micro'] });
  const candles = await CandleModel.load(dataDir, model, { threads });
  try {
    const { manifest } = candles;
    const hashes = symbolHashes(manifest);
    await requireSameCandles(candles, [...hashes.keys()], dataDir);
    const parts: JudgedPart[] = [];
    for (const symbol of hashes.keys()) parts.push(await judgeSymbol(candles, symbol, dataDir));
    const figures = microFigures({
      ...joined(parts),
      output: manifest.output,
      classWeights: candles.micro.description.training.classWeights,
      signal: manifest.thresholds.adaptive,
      seed,
    });
    const toMs = Math.max(...parts.map((part) => part.toMs));
    const openings = [...hashes.keys()].map((symbol) =>
      store.openTest(
        {
          runId,
          modelSha256: modelHash(files),
          venue: manifest.data.venue,
          symbol,
          fromMs: manifest.testFromMs,
          toMs,
        },
        createdAt,
      ),
    );
    return {
      model: candles.reference,
      kind: 'micro',
      symbols: [...hashes.keys()],
      synthetic: manifest.data.synthetic,
      fromMs: manifest.testFromMs,
      toMs,
      figures,
      earlierOpenings: Math.max(...openings),
    };
  } finally {
    await candles.release();
  }
}

interface JudgedPart {
  readonly answers: Float64Array;
  readonly labels: Int8Array;
  readonly returns: Float64Array;
  readonly trainLabels: Int8Array;
  readonly toMs: number;
}

async function judgeSymbol(model: CandleModel, symbol: string, dataDir: string): Promise<JudgedPart> {
  const { manifest, interval } = model;
  const { venue, fromMs } = manifest.data;
  const series = await readSeries({ dataDir, venue, symbol, interval }, { fromMs });
  const { name: _, ...rule } = manifest.label;
  const { label, labelEndMs } = labelSeries(series, CandleLabelSchema.parse(rule));
  const returns = returnsAhead(series, manifest.label.horizonCandles);
  const { testFromMs } = manifest;
  const scores = await scoresOfTest(model, series, { dataDir, venue });
  const { start } = rowsBetween(series.candles.openTimeMs, { fromMs: testFromMs, toMs: Infinity });
  const judged = Int32Array.from(scores.score.keys()).filter(
    (i) => !Number.isNaN(scores.score[i]!) && label[start + i] !== NO_LABEL,
  );
  const width = model.micro.outputs;
  const given = scores.probabilities ?? scores.score;
  return {
    answers: Float64Array.from({ length: judged.length * width }, (_, at) => {
      const i = judged[Math.floor(at / width)]!;
      return given[i * width + (at % width)]!;
    }),
    labels: Int8Array.from(judged, (i) => label[start + i]!),
    returns: Float64Array.from(judged, (i) => returns[start + i]!),
    trainLabels: label.filter((each, row) => each !== NO_LABEL && labelEndMs[row]! <= testFromMs),
    toMs: judged.length === 0 ? testFromMs : labelEndMs[start + judged.at(-1)!]!,
  };
}

async function scoresOfTest(
  model: CandleModel,
  series: StoredSeries,
  place: { readonly dataDir: string; readonly venue: string },
): Promise<CandleScores> {
  const { symbol, candles } = series;
  const span = { fromMs: model.manifest.testFromMs, toMs: Number.POSITIVE_INFINITY };
  if (model.macro === undefined) return await scoreCandles(model, { symbol, candles, ...span });
  const { days } = await cachedEmbeddings(place, model.macro, series, daysOf(series));
  return await scoreCandles(model, { symbol, candles, ...span, days });
}

/** One symbol after the other. */
function joined(parts: readonly JudgedPart[]) {
  const numbers = (of: (part: JudgedPart) => Iterable<number>): number[] =>
    parts.flatMap((part) => Array.from(of(part)));
  return {
    answers: Float64Array.from(numbers(({ answers }) => answers)),
    labels: Int8Array.from(numbers(({ labels }) => labels)),
    returns: Float64Array.from(numbers(({ returns }) => returns)),
    trainLabels: Int8Array.from(numbers(({ trainLabels }) => trainLabels)),
    symbolOf: Int32Array.from(parts.flatMap(({ labels }, symbol) => Array.from(labels, () => symbol))),
  };
}
