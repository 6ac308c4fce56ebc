/** Figures of a run as plain numbers, and what chance could have to do with them. */
import { DAY_MS, MINUTE_MS } from '../../domain/core/index.ts';
import { bootstrapInterval } from '../../domain/validation/index.ts';
import { lastRows, type Metric, returnsOf, significanceOf, trialsOf } from '../../trading/backtest/index.ts';
import { overfittingOf } from '../evaluate/economics.ts';
import { boundsOf } from '../evaluate/score.ts';
import type { RunFigures, RunSignificance } from '../report/index.ts';
import type { AccountRun } from './account.ts';

interface Told {
  readonly figures: RunFigures;
  /** Of every figure that is null. */
  readonly reasons: Readonly<Record<string, string>>;
}

export function figuresOf({ metrics }: Pick<AccountRun, 'metrics'>): Told {
  const reasons: Record<string, string> = {};
  const figures = Object.entries(metrics).map(([name, metric]: [string, Metric | number]) => {
    if (typeof metric === 'number') return [name, metric];
    if (metric.kind === 'value') return [name, metric.value];
    reasons[name] = metric.reason;
    return [name, null];
  });
  return { figures: Object.fromEntries(figures) as RunFigures, reasons };
}

export const valueOrNull = (metric: Metric): number | null => (metric.kind === 'value' ? metric.value : null);

const YEAR_MS = 365 * DAY_MS;
/** Fewer periods than this make moments of returns meaningless; a longer period is not taken. */
const WANTED_PERIODS = 30;
const PERIODS_MS = [DAY_MS, 240 * MINUTE_MS, 60 * MINUTE_MS, 15 * MINUTE_MS];

export interface PeriodReturns {
  readonly periodMs: number;
  /** `[periods]` last row of each. */
  readonly rows: Int32Array;
  /** `[periods]` simple returns; null when the equity is not always above 0. */
  readonly returns: Float64Array | null;
}

/** Returns over the longest period of which the run has enough. */
export function periodReturns({
  openTimeMs,
  equity,
  summary,
}: Pick<AccountRun, 'openTimeMs' | 'equity' | 'summary'>): PeriodReturns {
  const barMs = YEAR_MS / summary.candlesPerYear;
  const choices = [...PERIODS_MS.filter((ms) => ms > barMs), barMs];
  const chosen = choices
    .map((periodMs) => ({ periodMs, rows: lastRows(openTimeMs, periodMs) }))
    .find(({ rows }, i) => rows.length >= WANTED_PERIODS || i === choices.length - 1)!;
  const ends = Float64Array.from(chosen.rows, (row) => equity[row]!);
  return { ...chosen, returns: returnsOf(ends, summary.initialCash) };
}

/** Periods that hardly depend on each other beyond this many, or beyond a position's mean time. */
const LEAST_BLOCK = 5;

export function blockOf({ trades }: AccountRun, { periodMs, rows }: PeriodReturns): number {
  const held = trades.map(({ entryTimeMs, exitTimeMs }) => (exitTimeMs - entryTimeMs) / periodMs);
  const mean = held.reduce((sum, periods) => sum + periods, 0) / Math.max(1, held.length);
  return Math.min(Math.max(1, rows.length), Math.max(LEAST_BLOCK, Math.ceil(mean)));
}

export interface TrialHistory {
  /** Everything that was tried, this run included. */
  readonly count: number;
  /** `[trials]` returns over the same periods, this one's among them. */
  readonly returns: readonly ArrayLike<number>[];
}

export function runSignificance(
  run: AccountRun,
  periods: PeriodReturns,
  {
    trials,
    seed,
    replicates,
  }: { readonly trials: TrialHistory; readonly seed: number; readonly replicates: number },
): RunSignificance {
  const { periodMs, rows, returns } = periods;
  const told = returns ?? new Float64Array(0);
  const expectedBlock = blockOf(run, periods);
  const stored = trialsOf(trials.returns);
  const isKnown = stored.variance > 0;
  const significance = significanceOf(told, {
    seed,
    replicates,
    periodsPerYear: YEAR_MS / periodMs,
    expectedBlock,
    trials: {
      count: trials.count,
      variance: isKnown ? stored.variance : 1 / Math.max(1, told.length - 1),
    },
  });
  const growth =
    significance.interval === null
      ? null
      : bootstrapInterval(told.length, { expectedBlockRows: expectedBlock, seed, replicates }, (drawn) => {
          let product = 1;
          for (const row of drawn) product *= 1 + told[row]!;
          return product - 1;
        });
  return {
    periodMs,
    periods: rows.length,
    sharpe: valueOrNull(significance.sharpe),
    sharpeInterval: significance.interval === null ? null : boundsOf(significance.interval),
    totalReturnInterval: growth === null ? null : boundsOf(growth),
    probabilisticSharpe: valueOrNull(significance.probabilistic),
    deflatedSharpe: valueOrNull(significance.deflated),
    trials: trials.count,
    varianceFrom: isKnown ? 'trials' : 'sampling error',
    minimumPeriods: valueOrNull(significance.minimumPeriods),
    overfitting: told.length === 0 ? null : overfittingOf(trials.returns, told.length),
  };
}
