/** What the journal's days add up to: figures over days that are evidence, months over all, and the days themselves. */
import { isoMonth } from '../../domain/candles/index.ts';
import { bootstrapSums, type Interval } from '../../domain/validation/index.ts';
import { significanceOf } from '../../trading/backtest/index.ts';
import {
  addTallies,
  chanceHitRatio,
  type DayRecord,
  NO_TALLY,
  type Tally,
} from '../../trading/cycle/index.ts';
import type {
  RehearsalDay,
  RehearsalFigures,
  RehearsalMonth,
  RehearsalResult,
  RetrainingRow,
} from '../report/index.ts';
import type { JournalLine } from './journal.ts';
import type { Rehearsed } from './rehearse.ts';
import type { RehearsalRequest } from './request.ts';

const DAYS_PER_YEAR = 365;
/** Blocks of the bootstrap: weeks, in which days resemble each other. */
const BLOCK_DAYS = 7;
/** Fewer have no interval. */
const FEWEST_DAYS = 2 * BLOCK_DAYS;

/** @param earlierOpenings other models that were judged on these days before */
export function rehearsalResult(
  { plan, model, lines, trainedUntilMs, signalTarget }: Rehearsed,
  request: RehearsalRequest,
  earlierOpenings: number | null,
): RehearsalResult {
  const evidence = lines.filter(({ records }) => records.every(({ inTraining }) => !inTraining));
  const [settings] = plan.settings;
  return {
    runId: request.runId,
    model,
    venue: plan.venue,
    symbols: plan.series.map(({ symbol }) => symbol),
    interval: request.interval,
    synthetic: plan.series.some(({ synthetic }) => synthetic),
    ...plan.span,
    trainedUntilMs,
    costBps: request.costBps,
    positionShare: request.positionShare,
    horizonCandles: settings!.outcome.horizonCandles,
    signalTarget,
    mode: request.retrain,
    trainingDays: lines.length - evidence.length,
    figures: figuresOf(evidence, request.config.seed),
    months: [...Map.groupBy(lines, ({ records }) => isoMonth(records[0]!.dayMs))].map(monthOf),
    retrainings: lines.flatMap(retrainingsOf),
    days: plan.series.map((_, symbol) => lines.map(({ records }) => dayOf(records[symbol]!))),
    earlierOpenings,
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const ratio = (part: number, whole: number): number | null => (whole > 0 ? part / whole : null);

/** Of a day, all symbols together: the mean of their accounts. */
const meanOf = ({ records }: JournalLine, of: (record: DayRecord) => number): number =>
  sum(records.map(of)) / records.length;

const compounded = (returns: readonly number[]): number =>
  returns.reduce((value, each) => value * (1 + each), 1) - 1;

const tallyOf = (lines: readonly JournalLine[]): Tally =>
  lines.flatMap(({ records }) => records.map(({ tally }) => tally)).reduce(addTallies, NO_TALLY);

function figuresOf(lines: readonly JournalLine[], seed: number): RehearsalFigures {
  const net = lines.map((line) => meanOf(line, (record) => record.return));
  const gross = lines.map((line) => meanOf(line, (record) => record.grossReturn));
  const records = lines.flatMap((line) => line.records);
  const tally = tallyOf(lines);
  const trades = sum(records.map((record) => record.trades));
  const intervals = intervalsOf(lines, { net, gross, seed });
  const { sharpe, interval } = significanceOf(Float64Array.from(net), { seed, expectedBlock: BLOCK_DAYS });
  const isFlat = net.every((value) => value === 0);
  return {
    days: lines.length,
    netReturn: compounded(net),
    grossReturn: compounded(gross),
    marketReturn: compounded(lines.map((line) => meanOf(line, ({ marketReturn }) => marketReturn ?? 0))),
    meanDailyReturn: sum(net) / Math.max(1, net.length),
    meanDailyInterval: boundsOf(intervals?.net),
    meanDailyGross: sum(gross) / Math.max(1, gross.length),
    meanDailyGrossInterval: boundsOf(intervals?.gross),
    sharpe: isFlat || sharpe.kind === 'undefined' ? null : sharpe.value,
    sharpeInterval: isFlat ? null : boundsOf(interval ?? undefined),
    sortino: sortinoOf(net),
    maxDrawdown: drawdownOf(net),
    trades,
    tradesPerDay: trades / Math.max(1, records.length),
    signalRate: signalRate(records),
    signals: tally.signals,
    hitRatio: ratio(tally.hits, tally.signals),
    chance: tally.signals > 0 ? chanceHitRatio(tally) : null,
    excessInterval: boundsOf(intervals?.excess),
    precision: ratio(tally.precise, tally.judged),
    recall: ratio(tally.precise, tally.moves),
  };
}

interface DailyReturns {
  readonly net: readonly number[];
  readonly gross: readonly number[];
  readonly seed: number;
}

/** All of the same draws of whole days, symbols together; null with too few days or no outcomes. */
function intervalsOf(lines: readonly JournalLine[], { net, gross, seed }: DailyReturns) {
  if (lines.length < FEWEST_DAYS) return null;
  const tallies = lines.map((line) => tallyOf([line]));
  const fields = ['hits', 'signals', 'ups', 'outcomes', 'buys'] as const;
  const days = lines.length;
  const [ofNet, ofGross, excess] = bootstrapSums(
    [net, gross, ...fields.map((field) => tallies.map((tally) => tally[field]))],
    { expectedBlockRows: BLOCK_DAYS, seed },
    [
      (sums) => sums[0]! / days,
      (sums) => sums[1]! / days,
      ([, , hits, signals, ups, outcomes, buys]) =>
        hits! / signals! -
        chanceHitRatio({ ...NO_TALLY, ups: ups!, outcomes: outcomes!, buys: buys!, signals: signals! }),
    ],
  );
  return { net: ofNet, gross: ofGross, excess };
}

function boundsOf(interval: Interval | undefined): readonly [number, number] | null {
  if (interval === undefined || !Number.isFinite(interval.lower)) return null;
  return [interval.lower, interval.upper];
}

/** Mean over the root of the mean squared loss, a year; null without a loss. */
function sortinoOf(returns: readonly number[]): number | null {
  const losses = sum(returns.map((value) => Math.min(0, value) ** 2)) / Math.max(1, returns.length);
  return losses > 0 ? (sum(returns) / returns.length / Math.sqrt(losses)) * Math.sqrt(DAYS_PER_YEAR) : null;
}

function drawdownOf(returns: readonly number[]): number {
  let [value, peak, largest] = [1, 1, 0];
  for (const each of returns) {
    value *= 1 + each;
    peak = Math.max(peak, value);
    largest = Math.max(largest, 1 - value / peak);
  }
  return largest;
}

const signalRate = (records: readonly DayRecord[]): number | null =>
  ratio(sum(records.map(({ buys, sells }) => buys + sells)), sum(records.map(({ decided }) => decided)));

function monthOf([month, lines]: readonly [string, readonly JournalLine[]]): RehearsalMonth {
  const records = lines.flatMap((line) => line.records);
  const tally = tallyOf(lines);
  return {
    month,
    days: lines.length,
    trainingDays: lines.filter((line) => line.records.some(({ inTraining }) => inTraining)).length,
    netReturn: compounded(lines.map((line) => meanOf(line, (record) => record.return))),
    grossReturn: compounded(lines.map((line) => meanOf(line, (record) => record.grossReturn))),
    marketReturn: compounded(lines.map((line) => meanOf(line, ({ marketReturn }) => marketReturn ?? 0))),
    trades: sum(records.map(({ trades }) => trades)),
    signalRate: signalRate(records),
    hitRatio: ratio(tally.hits, tally.signals),
    farDays: records.filter(({ embedding }) => embedding?.isFar === true).length,
    calls: lines.filter((line) => line.records.some(({ decision }) => decision.retrain)).length,
  };
}

function retrainingsOf({ records, retrained }: JournalLine): readonly RetrainingRow[] {
  const calling = records.filter(({ decision }) => decision.retrain);
  if (calling.length === 0) return [];
  const reason = calling.map(({ symbol, decision }) => `${symbol}: ${decision.reason}`).join('; ');
  return [{ dayMs: records[0]!.dayMs, reason, model: retrained?.model ?? null }];
}

function dayOf(record: DayRecord): RehearsalDay {
  const { tally, embedding, decision } = record;
  return {
    dayMs: record.dayMs,
    model: record.model,
    inTraining: record.inTraining,
    missingCandles: record.missingCandles,
    scored: record.scored,
    decided: record.decided,
    buys: record.buys,
    sells: record.sells,
    buyAbove: record.buyAbove,
    sellBelow: record.sellBelow,
    trades: record.trades,
    return: record.return,
    grossReturn: record.grossReturn,
    equity: record.equity,
    grossEquity: record.grossEquity,
    marketReturn: record.marketReturn,
    signals: tally.signals,
    hits: tally.hits,
    step: embedding?.step ?? null,
    distance: embedding?.distance ?? null,
    isFar: embedding?.isFar ?? false,
    scoreDistance: record.scoreDistance,
    callsForRetraining: decision.retrain,
    reason: decision.reason,
  };
}
