/** A fold's MicroNet: learned from rows of its past, and its scores of the rows that stop and judge. */
import {
  type DayContext,
  type MicroDataset,
  MicroModel,
  trainMicro,
  type TrainMicroOptions,
} from '../../learning/candles/index.ts';
import { dayOf } from '../../domain/core/index.ts';
import { joinedFeatures } from '../candle-models/macro-windows.ts';
import { type DayEmbeddings, windowScale } from './macro-fit.ts';
import { type FoldPeriod, foldRows, type FoldRows } from './plan.ts';
import type { ExperimentRecipe } from './recipe.ts';
import { FEATURE_NAMES, type SymbolSeries, windowsAtMidnight } from './series.ts';

export interface MicroJob {
  readonly kind: 'micro';
  readonly seed: number;
  readonly period: FoldPeriod;
  readonly recipe: ExperimentRecipe;
  readonly embargoMs: number;
  /** Candles that a decision sees. */
  readonly window: number;
  /** Of all symbols that learn or are asked; null: a MicroNet without embedding. */
  readonly embeddings: readonly DayEmbeddings[] | null;
  readonly learned: readonly SymbolSeries[];
  readonly asked: readonly SymbolSeries[];
}

/** Scores in [−1, 1] of one symbol. */
export interface SymbolScores {
  readonly symbol: string;
  /** Rows before the judged ones whose scores the thresholds start from. */
  readonly stopping: RowScores;
  readonly judged: RowScores;
}

export interface RowScores {
  readonly rows: Int32Array;
  readonly scores: Float64Array;
}

export interface MicroFit {
  readonly symbols: readonly SymbolScores[];
  readonly labels: number;
  readonly epochs: number;
  readonly loss: number;
}

export async function fitMicro(job: MicroJob, signal: AbortSignal): Promise<MicroFit> {
  const { seed, period, recipe, embargoMs, window, embeddings, learned, asked } = job;
  const rowsOf = (series: SymbolSeries): FoldRows =>
    foldRows(series, period, { embargoMs, longestWindow: recipe.micro.sequenceLength });
  const parts = learned.map((series) => ({ series, rows: rowsOf(series) }));
  const model = {
    ...recipe.micro,
    sequenceLength: window,
    embedding: embeddings === null ? 0 : recipe.micro.embedding,
  };
  const trained = await trainMicro({
    ...dataset(parts, job),
    model,
    training: { ...recipe.training, seed },
    signal,
  });
  const micro = await MicroModel.load(trained.onnx, { featureNames: FEATURE_NAMES });
  try {
    const symbols: SymbolScores[] = [];
    for (const series of asked) {
      const rows = rowsOf(series);
      const contexts = contextsOf(series, job);
      const contextOf = (row: number): DayContext => contexts.get(dayOf(series.candles.openTimeMs[row]!))!;
      const score = async (of: Int32Array): Promise<RowScores> => {
        signal.throwIfAborted();
        return { rows: of, scores: await micro.scoreRows(series.features, of, contextOf) };
      };
      symbols.push({
        symbol: series.symbol,
        stopping: await score(rows.stopping),
        judged: await score(rows.judged),
      });
    }
    return {
      symbols,
      labels: trained.trainLabels,
      epochs: trained.epochs.length,
      loss: trained.best.validationLoss,
    };
  } finally {
    await micro.release();
  }
}

/** The symbols' candles one after the other. */
function dataset(
  parts: readonly { readonly series: SymbolSeries; readonly rows: FoldRows }[],
  job: MicroJob,
): Pick<TrainMicroOptions, 'dataset' | 'trainRows' | 'validationRows'> {
  const total = parts.reduce((sum, { series }) => sum + series.candles.rows, 0);
  const labels = new Float64Array(total);
  const contextOf = new Int32Array(total).fill(-1);
  const contexts: DayContext[] = [];
  const segments: { start: number; end: number }[] = [];
  const [trainRows, validationRows]: [number[], number[]] = [[], []];
  let offset = 0;
  for (const { series, rows } of parts) {
    labels.set(series.target, offset);
    const numberOf = new Map<number, number>();
    for (const [dayMs, context] of contextsOf(series, job)) numberOf.set(dayMs, contexts.push(context) - 1);
    for (let row = 0; row < series.candles.rows; row++) {
      contextOf[offset + row] = numberOf.get(dayOf(series.candles.openTimeMs[row]!)) ?? -1;
    }
    for (const { start, end } of series.segments) segments.push({ start: offset + start, end: offset + end });
    for (const row of rows.train) trainRows.push(offset + row);
    for (const row of rows.stopping) validationRows.push(offset + row);
    offset += series.candles.rows;
  }
  const micro: MicroDataset = {
    featureNames: FEATURE_NAMES,
    features: joinedFeatures(parts.map(({ series }) => series)),
    segments,
    contexts,
    contextOf,
    labels,
    horizonCandles: job.recipe.label.horizonCandles,
  };
  return {
    dataset: micro,
    trainRows: Int32Array.from(trainRows),
    validationRows: Int32Array.from(validationRows),
  };
}

/** By a day's start: the scale of the days before it, and their embedding. */
function contextsOf(
  { symbol, windows }: SymbolSeries,
  { embeddings, period, recipe }: MicroJob,
): ReadonlyMap<number, DayContext> {
  const own = embeddings?.find((each) => each.symbol === symbol);
  const size = recipe.micro.embedding;
  const embeddingOf = new Map(
    Array.from(own?.dayMs ?? [], (dayMs, day) => [
      dayMs,
      own!.embeddings.subarray(day * size, (day + 1) * size),
    ]),
  );
  const contexts = new Map<number, DayContext>();
  for (const [dayMs, window] of windowsAtMidnight(windows)) {
    if (dayMs >= period.validationEndMs) continue;
    const embedding = embeddingOf.get(dayMs);
    contexts.set(dayMs, {
      ...windowScale(windows, window),
      ...(embedding === undefined ? {} : { embedding }),
    });
  }
  return contexts;
}
