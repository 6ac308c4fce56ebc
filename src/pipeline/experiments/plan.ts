/** Which days learn, stop and judge in each fold, and which rows that leaves: purged by the end of their labels. */
import { DataError, DAY_MS, dayOf, isoDay } from '../../domain/core/index.ts';
import { type Fold, walkForwardFolds } from '../../domain/validation/index.ts';
import { type ExperimentRecipe, macroDays } from './recipe.ts';
import { type SymbolSeries, windowsAtMidnight } from './series.ts';

/** A fold of whole days. All networks, scales and thresholds of it come from before `validationStartMs`. */
export interface FoldPeriod {
  readonly stoppingStartMs: number;
  readonly validationStartMs: number;
  /** End of the last judged day. */
  readonly validationEndMs: number;
}

export interface ExperimentPlan {
  readonly folds: readonly FoldPeriod[];
  /** `[days]` starts of the judged days of all folds, ascending. */
  readonly judgedDays: Float64Array;
  readonly embargoMs: number;
}

export interface FoldRows {
  readonly train: Int32Array;
  readonly stopping: Int32Array;
  readonly judged: Int32Array;
}

/** Beside two windows of MacroNet: fewest days of a block. */
const LEAST_DAYS = 3;

/**
 * Expanding walk-forward over the days on which a symbol has an embedding.
 * @throws DataError when there are too few days for so many folds
 */
export function planExperiment(
  series: readonly SymbolSeries[],
  { folds, embargoMs }: { readonly folds: number; readonly embargoMs: number },
  recipe: ExperimentRecipe,
): ExperimentPlan {
  const known = new Set(series.flatMap(daysToJudge));
  const timeMs = Float64Array.from(known).sort();
  const spans = { timeMs, labelEndMs: timeMs.map((time) => time + DAY_MS) };
  const { stoppingShare } = recipe;
  const windowDays = macroDays(recipe);
  const needed = (folds + 1) * (LEAST_DAYS + 2 * windowDays);
  if (timeMs.length < needed) {
    const range =
      timeMs.length === 0
        ? 'no day'
        : `${timeMs.length} days (${isoDay(timeMs[0]!)} to ${isoDay(timeMs.at(-1)!)})`;
    throw new DataError(
      `${range} with ${windowDays} whole days of candles before them are too few for ${folds} folds: ` +
        `bring ${needed} such days or ask for fewer folds`,
      { code: 'EXPERIMENT_DAYS_FEW', context: { days: timeMs.length, folds } },
    );
  }
  // The day before a boundary ends with it: candles are purged by their labels below.
  const found = walkForwardFolds({ spans, folds, stoppingShare });
  return {
    folds: found.map((fold: Fold) => ({
      stoppingStartMs: fold.stoppingStartMs,
      validationStartMs: fold.validationStartMs,
      validationEndMs: fold.validationEndMs + DAY_MS,
    })),
    judgedDays: Float64Array.from(found.flatMap(({ validation }) => Array.from(validation))).map(
      (day) => timeMs[day]!,
    ),
    embargoMs,
  };
}

/** Days that have a window before them, and candles. */
const daysToJudge = ({ windows, candles }: SymbolSeries): readonly number[] =>
  [...windowsAtMidnight(windows).keys()].filter((dayMs) => dayMs <= candles.openTimeMs.at(-1)!);

/**
 * Rows of a symbol with a day's context and all the candles of the longest window, so that variants with shorter ones are
 * judged on the same rows. Those that learn or stop have a label that was known `embargoMs` before the next boundary.
 */
export function foldRows(
  series: SymbolSeries,
  { stoppingStartMs, validationStartMs, validationEndMs }: FoldPeriod,
  { embargoMs, longestWindow }: { readonly embargoMs: number; readonly longestWindow: number },
): FoldRows {
  const { candles, segments, target, labelEndMs } = series;
  const days = windowsAtMidnight(series.windows);
  const [train, stopping, judged]: [number[], number[], number[]] = [[], [], []];
  for (const { start, end } of segments) {
    for (let row = start + longestWindow - 1; row < end; row++) {
      const time = candles.openTimeMs[row]!;
      if (time >= validationEndMs) break;
      if (!days.has(dayOf(time))) continue;
      const known = Number.isNaN(target[row]!) ? Infinity : labelEndMs[row]! + embargoMs;
      if (time >= validationStartMs) judged.push(row);
      else if (time >= stoppingStartMs && known <= validationStartMs) stopping.push(row);
      else if (known <= stoppingStartMs) train.push(row);
    }
  }
  return {
    train: Int32Array.from(train),
    stopping: Int32Array.from(stopping),
    judged: Int32Array.from(judged),
  };
}
