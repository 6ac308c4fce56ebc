/** The same signals under other costs, delays, sizes, starts, and in another order of their own returns. */
import { isoMinute } from '../../domain/core/index.ts';
import { quantileOfSorted } from '../../domain/math/index.ts';
import { bootstrapInterval } from '../../domain/validation/index.ts';
import {
  type Backtest,
  type CapacityRow,
  FAN_LEVELS,
  type PathFan,
  type StressRow,
} from '../report/index.ts';
import { type AccountRun, runFrom } from './account.ts';
import type { BacktestConfig } from './backtest-config.ts';
import { blockOf, figuresOf, type PeriodReturns } from './figures.ts';
import type { Execute } from './execute.ts';
import type { BacktestMarket } from './markets.ts';
import { delayOf, hasDepth, settingsOf, type Variation } from './settings.ts';

export interface StressPlan {
  readonly markets: readonly BacktestMarket[];
  readonly signals: readonly Uint8Array[];
  readonly config: BacktestConfig;
  readonly seed: number;
}

const COSTS = [0.5, 1, 2, 3];
const DELAYS = [1, 2, 3, 5];
const LATENCIES_MS = [0, 50, 200, 1_000, 5_000];
const CAPITALS = [0.01, 0.1, 1, 10, 100, 1_000];
const STARTS = 8;

export interface Stressed {
  readonly run: AccountRun;
  readonly notes: readonly string[];
  /** Total return when nothing is charged. */
  readonly returnBeforeCosts: number | null;
  readonly tables: Pick<Backtest['stress'], 'costs' | 'delays' | 'capacity'>;
}

/** The run itself and all variations of it, executed together. */
export async function stressed(
  execute: Execute,
  { markets, config }: StressPlan,
  engine: Backtest['engine'],
): Promise<Stressed> {
  const delays: readonly (readonly [string, Variation])[] =
    engine === 'events'
      ? LATENCIES_MS.map((latencyMs) => [`${latencyMs} ms`, { latencyMs }])
      : DELAYS.filter((bars) => bars >= delayOf(config, markets)).map((delayBars) => [
          `${delayBars} bar${delayBars === 1 ? '' : 's'}`,
          { delayBars },
        ]);
  const costs = COSTS.map((multiple) => [`× ${multiple}`, { costs: multiple }] as const);
  const capitals = engine === 'events' || hasDepth(markets) ? CAPITALS : [];
  const capital = capitals.map((multiple) => [`× ${multiple}`, { capital: multiple }] as const);
  const variations = [...costs, ...delays, ...capital];
  const { runs, notes } = await execute([{}, { costs: 0 }, ...variations.map(([, variation]) => variation)]);
  const [run, free, ...others] = runs;
  const rows = others.map((other, i) => ({ name: variations[i]![0], other }));
  const part = (from: number, length: number) => rows.slice(from, from + length);
  const told = (some: typeof rows): StressRow[] => some.map(({ name, other }) => rowOf(name, other));
  return {
    run: run!,
    notes,
    returnBeforeCosts: figuresOf(free!).figures.totalReturn,
    tables: {
      costs: told(part(0, costs.length)),
      delays: told(part(costs.length, delays.length)),
      capacity: part(costs.length + delays.length, capital.length).map(({ name, other }) =>
        capacityRow(name, other),
      ),
    },
  };
}

function rowOf(name: string, run: AccountRun): StressRow {
  const { totalReturn, sharpe, maxDrawdown, trades } = figuresOf(run).figures;
  return { name, totalReturn, sharpe, maxDrawdown, trades };
}

function capacityRow(name: string, run: AccountRun): CapacityRow {
  const { slippage, tradedNotional, cutOrders, initialCash } = run.summary;
  return {
    ...rowOf(name, run),
    capital: initialCash,
    impact: tradedNotional > 0 ? slippage / tradedNotional : null,
    cutOrders,
  };
}

/** Starts evenly spread over the first half: a result that hangs on its first weeks changes much. */
export function startsOf(run: AccountRun, { markets, signals, config }: StressPlan): readonly StressRow[] {
  const first = run.openTimeMs[0]!;
  const half = (run.openTimeMs.at(-1)! - first) / 2;
  const settings = settingsOf(config, markets);
  return Array.from({ length: STARTS }, (_, i) => first + (half * i) / (STARTS - 1)).flatMap((ms) => {
    const late = runFrom(ms, { markets, signals, settings });
    return late === null ? [] : [rowOf(isoMinute(late.openTimeMs[0]!).slice(0, 16).replace('T', ' '), late)];
  });
}

const POINTS = 80;

/** Stationary bootstrap of the periods' returns (Politis & Romano 1994): other orders of the same record. */
export function pathsOf(
  run: AccountRun,
  periods: PeriodReturns,
  { config, seed }: StressPlan,
): PathFan | null {
  const { returns, rows } = periods;
  if (returns === null || returns.length < 2 || run.trades.length === 0) return null;
  const kept = pointsOf(rows.length, POINTS);
  const values = kept.map(() => [] as number[]);
  const drawdowns: number[] = [];
  const expectedBlock = blockOf(run, periods);
  const resampling = { expectedBlockRows: expectedBlock, replicates: config.paths, seed };
  let isFirst = true;
  bootstrapInterval(returns.length, resampling, (drawn) => {
    const path = pathOf(returns, drawn);
    // The first call is for the rows themselves.
    if (!isFirst) {
      for (const [i, at] of kept.entries()) values[i]!.push(path.equity[at]!);
      drawdowns.push(path.maxDrawdown);
    }
    isFirst = false;
    return path.equity.at(-1)!;
  });
  const sorted = values.map((each) => Float64Array.from(each).sort());
  const ends = sorted.at(-1)!;
  const falls = Float64Array.from(drawdowns).sort();
  return {
    paths: drawdowns.length,
    expectedBlock,
    timeMs: kept.map((i) => run.openTimeMs[rows[i]!]!),
    quantiles: FAN_LEVELS.map((level) => sorted.map((each) => quantileOfSorted(each, level))),
    lossProbability: ends.filter((end) => end < 1).length / ends.length,
    maxDrawdown: [quantileOfSorted(falls, 0.05), quantileOfSorted(falls, 0.5), quantileOfSorted(falls, 0.95)],
  };
}

function pathOf(returns: Float64Array, drawn: Int32Array) {
  const equity = new Float64Array(drawn.length);
  let value = 1;
  let peak = 1;
  let maxDrawdown = 0;
  drawn.forEach((row, i) => {
    value *= 1 + returns[row]!;
    peak = Math.max(peak, value);
    maxDrawdown = Math.max(maxDrawdown, 1 - value / peak);
    equity[i] = value;
  });
  return { equity, maxDrawdown };
}

/** At most `most` of `[0, length)`, evenly spread, the last one among them. */
export function pointsOf(length: number, most: number): readonly number[] {
  if (length <= most) return Array.from({ length }, (_, i) => i);
  return Array.from({ length: most }, (_, i) => Math.round((i * (length - 1)) / (most - 1)));
}
