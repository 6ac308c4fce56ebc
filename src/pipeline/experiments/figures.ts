/** Figures of drawn days: what a bootstrap asks for again and again, and what a page shows once. */
import type { MetricId } from '../report/index.ts';
import type { DailyTable } from './judge.ts';

const DAYS_A_YEAR = 365;

/** One seed's days of some symbols: counts added up, accounts of equal size side by side. */
export interface SeedDays extends DailyTable {
  /** `[days]` mean error of rebuilt windows; NaN where there is none. */
  readonly rebuilt: Float64Array;
}

/** Several symbols as one: counts are added, returns averaged, errors averaged where they are known. */
export function pooled(tables: readonly SeedDays[]): SeedDays {
  const days = tables[0]!.net.length;
  const sum = (column: keyof SeedDays): Float64Array =>
    Float64Array.from({ length: days }, (_, day) =>
      tables.reduce((total, table) => total + table[column][day]!, 0),
    );
  const mean = (column: keyof SeedDays): Float64Array => sum(column).map((value) => value / tables.length);
  const rebuilt = Float64Array.from({ length: days }, (_, day) => {
    const known = tables.map((table) => table.rebuilt[day]!).filter((value) => !Number.isNaN(value));
    return known.reduce((total, value) => total + value, 0) / known.length;
  });
  return {
    rows: sum('rows'),
    signals: sum('signals'),
    hits: sum('hits'),
    classed: sum('classed'),
    precise: sum('precise'),
    trades: sum('trades'),
    net: mean('net'),
    gross: mean('gross'),
    rebuilt,
  };
}

/** Of the days drawn, with repeats; NaN where it has no value. */
export function metricOf(metric: MetricId, table: SeedDays, days: Int32Array): number {
  switch (metric) {
    case 'hitRatio':
      return total(table.hits, days) / total(table.signals, days);
    case 'precision':
      return total(table.precise, days) / total(table.classed, days);
    case 'sharpe':
      return sharpe(table.net, days);
    case 'maxDrawdown':
      return maxDrawdown(table.net, days);
    case 'reconstruction':
      return knownMean(table.rebuilt, days);
  }
}

export const total = (column: Float64Array, days: Int32Array): number =>
  days.reduce((sum, day) => sum + column[day]!, 0);

function knownMean(column: Float64Array, days: Int32Array): number {
  let [sum, count] = [0, 0];
  for (const day of days) {
    if (Number.isNaN(column[day]!)) continue;
    sum += column[day]!;
    count++;
  }
  return sum / count;
}

/** Annualised: √365 · mean / sample deviation of the daily returns, free rate 0; 0 for an account that never moves. */
export function sharpe(returns: Float64Array, days: Int32Array): number {
  let [sum, squares] = [0, 0];
  for (const day of days) {
    sum += returns[day]!;
    squares += returns[day]! ** 2;
  }
  const mean = sum / days.length;
  const variance = (squares - sum * mean) / (days.length - 1);
  return variance > 1e-18 ? (mean / Math.sqrt(variance)) * Math.sqrt(DAYS_A_YEAR) : 0;
}

/** Largest fall of the account from its highest daily close, the start included, as a share of that. */
export function maxDrawdown(returns: Float64Array, days: Int32Array): number {
  let [equity, peak, deepest] = [1, 1, 0];
  for (const day of days) {
    equity *= 1 + returns[day]!;
    peak = Math.max(peak, equity);
    deepest = Math.max(deepest, 1 - equity / peak);
  }
  return deepest;
}

export const compounded = (returns: Float64Array): number =>
  returns.reduce((equity, value) => equity * (1 + value), 1) - 1;

export const allDays = (count: number): Int32Array => Int32Array.from({ length: count }, (_, day) => day);

export const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
