/** What a variant's scores were worth on the judged days: signals, hits, and the account of a backtest, day by day. */
import { BUY, DAY_MS, dayOf, invariant, NEUTRAL, SELL } from '../../domain/core/index.ts';
import { quantileOfSorted } from '../../domain/math/index.ts';
import { AdaptiveThresholds, type SignalRule, staticRule } from '../../domain/signals/index.ts';
import {
  backtest,
  type BacktestSettings,
  type Candles,
  checkCandles,
  dailyReturns,
  ENTER_LONG,
  ENTER_SHORT,
} from '../../trading/backtest/index.ts';
import type { SymbolScores } from './micro-fit.ts';
import type { ExperimentRecipe } from './recipe.ts';
import type { SymbolSeries } from './series.ts';

/** A decision at every judged row of one symbol, all folds. */
export interface Decisions {
  readonly series: SymbolSeries;
  /** Ascending. */
  readonly rows: Int32Array;
  /** `[rows]` SELL 0, NEUTRAL 1, BUY 2. */
  readonly directions: Int8Array;
}

/** `[days]` each, sums over a day's rows; a day without rows has zeros. */
export interface DailyTable {
  readonly rows: Float64Array;
  /** Signals whose outcome is known and not 0, and those of the outcome's sign. */
  readonly signals: Float64Array;
  readonly hits: Float64Array;
  /** Signals whose class is known, and those of that class. */
  readonly classed: Float64Array;
  readonly precise: Float64Array;
  readonly trades: Float64Array;
  /** Simple returns of the account, after and before costs. */
  readonly net: Float64Array;
  readonly gross: Float64Array;
}

export interface JudgeOptions {
  readonly recipe: ExperimentRecipe;
  readonly costBps: number;
  /** `[days]` starts, ascending. */
  readonly days: Float64Array;
}

/** One symbol's scores of all folds as decisions. Each fold's rule has seen the scores before it, and none of its labels. */
export function decideFolds(
  series: SymbolSeries,
  folds: readonly SymbolScores[],
  kind: 'adaptive' | 'static',
  { thresholds }: ExperimentRecipe,
): Decisions {
  const directions = folds.map(({ stopping, judged }) => {
    const rule =
      kind === 'static' ? fixedRule(stopping.scores, thresholds) : followingRule(stopping.scores, thresholds);
    return Int8Array.from(judged.scores, (score) => rule.decide(score).direction);
  });
  return {
    series,
    rows: Int32Array.from(folds.flatMap(({ judged }) => Array.from(judged.rows))),
    directions: Int8Array.from(directions.flatMap((each) => Array.from(each))),
  };
}

type Thresholds = ExperimentRecipe['thresholds'];

function followingRule(before: Float64Array, thresholds: Thresholds): SignalRule {
  const rule = new AdaptiveThresholds(thresholds);
  for (const score of before) rule.decide(score);
  return rule;
}

function fixedRule(before: Float64Array, { buyShare, sellShare }: Thresholds): SignalRule {
  invariant(before.length > 0, 'static thresholds are quantiles of earlier scores');
  const sorted = before.toSorted();
  return staticRule({
    buyAbove: quantileOfSorted(sorted, 1 - buyShare),
    sellBelow: quantileOfSorted(sorted, sellShare),
  });
}

export function judge({ series, rows, directions }: Decisions, options: JudgeOptions): DailyTable {
  const { days } = options;
  const column = (): Float64Array => new Float64Array(days.length);
  const table = {
    rows: column(),
    signals: column(),
    hits: column(),
    classed: column(),
    precise: column(),
    trades: column(),
  };
  const numberOf = new Map(Array.from(days, (dayMs, day) => [dayMs, day]));
  for (const [i, row] of rows.entries()) {
    const day = numberOf.get(dayOf(series.candles.openTimeMs[row]!))!;
    table.rows[day]!++;
    const direction = directions[i]!;
    if (direction === NEUTRAL) continue;
    const outcome = series.outcome[row]!;
    if (outcome !== 0 && !Number.isNaN(outcome)) {
      table.signals[day]!++;
      if (outcome > 0 === (direction === BUY)) table.hits[day]!++;
    }
    if (series.direction[row]! >= 0) {
      table.classed[day]!++;
      if (series.direction[row] === direction) table.precise[day]!++;
    }
  }
  const { costBps, recipe } = options;
  const settings = accountSettings(recipe, costBps);
  const net = run(series, { rows, directions }, days, settings);
  const gross = run(series, { rows, directions }, days, { ...settings, costs: {} });
  for (const timeMs of net.entryTimesMs) {
    const day = numberOf.get(dayOf(timeMs));
    if (day !== undefined) table.trades[day]!++;
  }
  return { ...table, net: net.returns, gross: gross.returns };
}

/** A position takes a share of the account, and is held as long as the label looks ahead. */
const accountSettings = ({ positionShare, label }: ExperimentRecipe, costBps: number): BacktestSettings => ({
  costs: { takerFee: costBps / 10_000 },
  exits: { holdCandles: label.horizonCandles },
  sizing: { kind: 'fraction', fraction: positionShare },
});

/** The account over all candles from the first judged day to the last; returns `[days]`. */
function run(
  { candles }: SymbolSeries,
  { rows, directions }: Omit<Decisions, 'series'>,
  days: Float64Array,
  settings: BacktestSettings,
): { readonly returns: Float64Array; readonly entryTimesMs: readonly number[] } {
  const { first, part } = judgedCandles(candles, days);
  const signals = new Uint8Array(part.openTimeMs.length);
  for (const [i, row] of rows.entries()) {
    if (directions[i] === BUY) signals[row - first] = ENTER_LONG;
    else if (directions[i] === SELL) signals[row - first] = ENTER_SHORT;
  }
  const [result] = backtest([{ candles: checkCandles(part), signals }], settings);
  return {
    returns: returnsByDay(result!.equity, part.openTimeMs, days),
    entryTimesMs: result!.trades.map(({ entryTimeMs }) => entryTimeMs),
  };
}

/** The account that buys at the first open and holds to the end, `[days]`. */
export function holdReturns(
  { candles }: SymbolSeries,
  { days, recipe, costBps }: JudgeOptions,
): Float64Array {
  const { part } = judgedCandles(candles, days);
  const signals = new Uint8Array(part.openTimeMs.length);
  signals[0] = ENTER_LONG;
  const { exits: _, ...settings } = accountSettings(recipe, costBps);
  const [result] = backtest([{ candles: checkCandles(part), signals }], settings);
  return returnsByDay(result!.equity, part.openTimeMs, days);
}

function judgedCandles(candles: SymbolSeries['candles'], days: Float64Array) {
  const { openTimeMs, open, high, low, close, volume } = candles;
  const first = openTimeMs.findIndex((time) => time >= days[0]!);
  const after = openTimeMs.findIndex((time) => time >= days.at(-1)! + DAY_MS);
  const end = after < 0 ? openTimeMs.length : after;
  const cut = (column: Float64Array): Float64Array => column.subarray(first, end);
  const part: Candles = {
    openTimeMs: cut(openTimeMs),
    open: cut(open),
    high: cut(high),
    low: cut(low),
    close: cut(close),
    volume: cut(volume),
  };
  return { first, part };
}

/** `[days]`; what an account earned in days between judged ones belongs to the next of them. */
function returnsByDay(equity: Float64Array, openTimeMs: Float64Array, days: Float64Array): Float64Array {
  const daily = dailyReturns(equity, openTimeMs, START_CASH);
  invariant(daily !== null, 'a tenth of an account without debt does not lose all of it');
  const withCandles = [...new Set(Array.from(openTimeMs, dayOf))];
  const returns = new Float64Array(days.length);
  let day = 0;
  for (const [i, dayMs] of withCandles.entries()) {
    while (day < days.length - 1 && days[day]! < dayMs) day++;
    returns[day] = (1 + returns[day]!) * (1 + daily[i]!) - 1;
  }
  return returns;
}

/** The backtest's default. */
const START_CASH = 10_000;
