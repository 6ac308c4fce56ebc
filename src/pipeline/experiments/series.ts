/** Candles of one symbol as an experiment uses them: features, labels, windows of MacroNet, contiguous stretches. */
import { DAY_MS } from '../../domain/core/index.ts';
import { labelByVolatility } from '../../domain/labels/index.ts';
import { CANDLE_FEATURE_SETS } from '../../domain/candles/index.ts';
import {
  CANDLE_MODEL_FEATURES,
  type CandleRows,
  type CandleSeries,
  scaleOf,
  wholeRuns,
  windowBefore,
} from '../candle-scoring/index.ts';
import { type ExperimentRecipe, macroDays } from './recipe.ts';

export const FEATURE_NAMES: readonly string[] = CANDLE_FEATURE_SETS[CANDLE_MODEL_FEATURES];
const WIDTH = FEATURE_NAMES.length;
/** Column of `return_std_48`. */
const DEVIATION = FEATURE_NAMES.indexOf('return_std_48');

/** Plain data: it may travel to a thread. */
export interface SymbolSeries extends CandleSeries {
  /** Contiguous candles whose features are all there. */
  readonly segments: readonly CandleRows[];
  readonly windows: MacroWindows;
  /** `[rows]` log return over the horizon; NaN = none. */
  readonly outcome: Float64Array;
  /** `[rows]` SELL 0, NEUTRAL 1, BUY 2; −1 = none. */
  readonly direction: Int8Array;
  /** `[rows]` what MicroNet learns: outcome over two deviations, cut off at ±1. */
  readonly target: Float64Array;
  /** `[rows]` */
  readonly labelEndMs: Float64Array;
}

/** Windows of MacroNet, in order of time: each whole, contiguous, and scaled by statistics of itself alone. */
export interface MacroWindows {
  /** `[windows]` last row. */
  readonly ends: Int32Array;
  /** `[windows]` first moment that belongs to it, and the first that does not. */
  readonly startMs: Float64Array;
  readonly endMs: Float64Array;
  /** `[windows × 7]` */
  readonly centre: Float64Array;
  readonly scale: Float64Array;
}

export function symbolSeries(series: CandleSeries, recipe: ExperimentRecipe): SymbolSeries {
  const { candles, features, intervalMs } = series;
  const { label } = recipe;
  const labels = labelByVolatility({ ...candles, intervalMs }, label);
  const target = labels.outcome.map((outcome, row) => {
    const deviation = features[row * WIDTH + DEVIATION]! * Math.sqrt(label.horizonCandles);
    return deviation > 0 ? Math.min(1, Math.max(-1, outcome / (2 * deviation))) : Number.NaN;
  });
  return {
    ...series,
    segments: wholeRuns(series),
    windows: windowsOf(series, recipe),
    outcome: labels.outcome,
    direction: labels.label,
    target,
    labelEndMs: labels.labelEndMs,
  };
}

function windowsOf(series: CandleSeries, recipe: ExperimentRecipe): MacroWindows {
  const { openTimeMs } = series.candles;
  const days = macroDays(recipe);
  const ends: number[] = [];
  const endMs: number[] = [];
  const [centres, scales]: [number[], number[]] = [[], []];
  for (const [row, openMs] of openTimeMs.entries()) {
    const closeMs = openMs + series.intervalMs;
    if (closeMs % recipe.macroStrideMs !== 0) continue;
    const window = windowBefore(series, closeMs, days);
    if (window.kind !== 'whole') continue;
    // Medians and quartiles: a market whose tails alone tell its state does not tell it through the scale.
    const { centre, scale } = scaleOf(series, window.rows, 'robust');
    ends.push(row);
    endMs.push(closeMs);
    centres.push(...Array.from(centre));
    scales.push(...Array.from(scale));
  }
  return {
    ends: Int32Array.from(ends),
    startMs: Float64Array.from(endMs, (time) => time - days * DAY_MS),
    endMs: Float64Array.from(endMs),
    centre: Float64Array.from(centres),
    scale: Float64Array.from(scales),
  };
}

/** The window that ends where a UTC day begins, by that day's start. */
export function windowsAtMidnight({ endMs }: MacroWindows): ReadonlyMap<number, number> {
  const found = new Map<number, number>();
  for (const [window, timeMs] of endMs.entries()) if (timeMs % DAY_MS === 0) found.set(timeMs, window);
  return found;
}
