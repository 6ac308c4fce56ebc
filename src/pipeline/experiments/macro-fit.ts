/** A fold's MacroNet: learned from windows of its past, and what it says of every midnight up to the fold's end. */
import { reconstructionLoss, trainMacro, MacroModel, type WindowSet } from '../../learning/candles/index.ts';
import type { PretrainingTask } from '../../learning/candles/index.ts';
import { joinedFeatures } from '../candle-models/macro-windows.ts';
import type { FoldPeriod } from './plan.ts';
import type { ExperimentRecipe } from './recipe.ts';
import { FEATURE_NAMES, type MacroWindows, type SymbolSeries, windowsAtMidnight } from './series.ts';

const WIDTH = FEATURE_NAMES.length;

export interface MacroJob {
  readonly kind: 'macro';
  readonly seed: number;
  readonly task: PretrainingTask;
  readonly period: FoldPeriod;
  readonly recipe: ExperimentRecipe;
  /** Symbols that it learns from. */
  readonly learned: readonly SymbolSeries[];
  /** Symbols whose days it is asked about. */
  readonly asked: readonly SymbolSeries[];
}

export interface DayEmbeddings {
  readonly symbol: string;
  /** `[days]` starts of days, ascending. */
  readonly dayMs: Float64Array;
  /** `[days × size]` of the window that ends there. */
  readonly embeddings: Float64Array;
  /**
   * `[days]` mean squared error of the window rebuilt from its embedding by ridge regression, in the judged days; NaN
   * elsewhere and in days whose window reaches into what was learned.
   */
  readonly rebuilt: Float64Array;
}

export interface MacroFit {
  readonly days: readonly DayEmbeddings[];
  readonly windows: number;
  readonly epochs: number;
  readonly loss: number;
}

interface Chosen {
  readonly series: SymbolSeries;
  readonly windows: readonly number[];
}

export async function fitMacro(
  { seed, task, period, recipe, learned, asked }: MacroJob,
  signal: AbortSignal,
): Promise<MacroFit> {
  const { stoppingStartMs, validationStartMs, validationEndMs } = period;
  const choose = (of: readonly SymbolSeries[], isChosen: (w: MacroWindows, i: number) => boolean): Chosen[] =>
    of.map((series) => ({
      series,
      windows: [...series.windows.ends.keys()].filter((i) => isChosen(series.windows, i)),
    }));
  const past = choose(learned, ({ endMs }, i) => endMs[i]! <= stoppingStartMs);
  const stopping = choose(
    learned,
    ({ startMs, endMs }, i) => startMs[i]! >= stoppingStartMs && endMs[i]! <= validationStartMs,
  );
  const least = task === 'contrastive' ? 2 : 1;
  const validation = windowSet(stopping);
  const trained = await trainMacro({
    windows: windowSet(past),
    ...(validation.ends.length >= least ? { validation } : {}),
    model: recipe.macro,
    pretraining: { ...recipe.pretraining, task, seed },
    signal,
  });
  const model = await MacroModel.load(trained.onnx, { featureNames: FEATURE_NAMES });
  try {
    const midnights = asked.map((series) => ({
      series,
      windows: [...windowsAtMidnight(series.windows)].flatMap(([dayMs, window]) =>
        dayMs < validationEndMs ? [window] : [],
      ),
    }));
    const learnedMidnights = past.map(({ series, windows }) => {
      const atMidnight = new Set(windowsAtMidnight(series.windows).values());
      return { series, windows: windows.filter((window) => atMidnight.has(window)) };
    });
    const embeddings = await model.embed(windowSet(midnights));
    const known = await model.embed(windowSet(learnedMidnights));
    const losses = rebuiltLosses(
      { chosen: learnedMidnights, embeddings: known },
      { chosen: midnights, embeddings },
      { period, size: model.size, recipe },
    );
    let at = 0;
    const days = midnights.map(({ series, windows }): DayEmbeddings => {
      const from = at;
      at += windows.length;
      return {
        symbol: series.symbol,
        dayMs: Float64Array.from(windows, (window) => series.windows.endMs[window]!),
        embeddings: embeddings.slice(from * model.size, at * model.size),
        rebuilt: losses.slice(from, at),
      };
    });
    return {
      days,
      windows: past.reduce((sum, { windows }) => sum + windows.length, 0),
      epochs: trained.epochs.length,
      loss: trained.best.validationLoss,
    };
  } finally {
    await model.release();
  }
}

/** Windows of several symbols as one set: their features lie one after the other. */
function windowSet(chosen: readonly Chosen[]): WindowSet {
  const ends: number[] = [];
  const scales: ReturnType<typeof windowScale>[] = [];
  let offset = 0;
  for (const { series, windows } of chosen) {
    for (const window of windows) {
      ends.push(offset + series.windows.ends[window]!);
      scales.push(windowScale(series.windows, window));
    }
    offset += series.candles.rows;
  }
  const features = joinedFeatures(chosen.map(({ series }) => series));
  return { featureNames: FEATURE_NAMES, features, ends: Int32Array.from(ends), scales };
}

/** `[7]` each. */
export const windowScale = ({ centre, scale }: MacroWindows, window: number) => ({
  centre: centre.subarray(window * WIDTH, (window + 1) * WIDTH),
  scale: scale.subarray(window * WIDTH, (window + 1) * WIDTH),
});

interface Embedded {
  readonly chosen: readonly Chosen[];
  readonly embeddings: Float64Array;
}

/** `[asked windows]`: rows that learn first, then those that are judged, in one table for the ridge regression. */
function rebuiltLosses(
  learned: Embedded,
  asked: Embedded,
  {
    period,
    size,
    recipe,
  }: { readonly period: FoldPeriod; readonly size: number; readonly recipe: ExperimentRecipe },
): Float64Array {
  const list = ({ chosen }: Embedded) =>
    chosen.flatMap(({ series, windows }) => windows.map((window) => ({ series, window })));
  const [known, all] = [list(learned), list(asked)];
  const judged = all.flatMap(({ series: { windows }, window }, i) =>
    windows.endMs[window]! >= period.validationStartMs && windows.startMs[window]! >= period.stoppingStartMs
      ? [i]
      : [],
  );
  const losses = new Float64Array(all.length).fill(Number.NaN);
  if (known.length < 2 || judged.length === 0) return losses;
  const rows = [...known, ...judged.map((i) => all[i]!)];
  const table = new Float64Array(rows.length * size);
  table.set(learned.embeddings);
  for (const [k, i] of judged.entries()) {
    table.set(asked.embeddings.subarray(i * size, (i + 1) * size), (known.length + k) * size);
  }
  const width = (recipe.macro.sequenceLength / recipe.macro.patch) * WIDTH;
  const targets = new Float64Array(rows.length * width);
  for (const [i, { series, window }] of rows.entries()) {
    targets.set(scaledSteps(series, window, recipe), i * width);
  }
  const range = (from: number, to: number): Int32Array =>
    Int32Array.from({ length: to - from }, (_, i) => from + i);
  const { rowLosses } = reconstructionLoss(
    { size, embeddings: table },
    { targets, width },
    { train: range(0, known.length), test: range(known.length, rows.length) },
  );
  for (const [k, i] of judged.entries()) losses[i] = rowLosses[k]!;
  return losses;
}

/** `[steps × 7]` a window's scaled features, averaged over each step of MacroNet. */
function scaledSteps(
  { features, windows }: SymbolSeries,
  window: number,
  { macro }: ExperimentRecipe,
): Float64Array {
  const { centre, scale } = windowScale(windows, window);
  const steps = new Float64Array((macro.sequenceLength / macro.patch) * WIDTH);
  const from = windows.ends[window]! + 1 - macro.sequenceLength;
  for (let i = 0; i < macro.sequenceLength; i++) {
    const step = Math.floor(i / macro.patch) * WIDTH;
    for (let k = 0; k < WIDTH; k++) {
      const value = (features[(from + i) * WIDTH + k]! - centre[k]!) / scale[k]!;
      steps[step + k]! += Math.min(10, Math.max(-10, value)) / macro.patch;
    }
  }
  return steps;
}
