/** What the page of a sweep is made of; also what `backtest --sweep --json` gives. */
import type { Backtest, RunSignificance } from './backtest-data.ts';

export interface SweepRow {
  /** What was varied. */
  readonly settings: Readonly<Record<string, string | number>>;
  readonly trades: number;
  readonly totalReturn: number | null;
  /** Annualised, from the returns of the periods. */
  readonly sharpe: number | null;
  readonly maxDrawdown: number | null;
  readonly turnover: number | null;
}

export interface Sweep extends Pick<
  Backtest,
  | 'runId'
  | 'name'
  | 'model'
  | 'venue'
  | 'symbols'
  | 'interval'
  | 'fromMs'
  | 'toMs'
  | 'bars'
  | 'synthetic'
  | 'costLabel'
  | 'notes'
  | 'verdict'
> {
  readonly periodMs: number;
  readonly periods: number;
  readonly sets: readonly SweepRow[];
  /** Combinations that make no sense. */
  readonly skipped: number;
  /** Row of {@link Sweep.sets} with the greatest Sharpe ratio. */
  readonly best: number;
  /** Annualised Sharpe ratio that luck alone gives the best of so many. */
  readonly expectedMaximumSharpe: number;
  /** Probability that the best one's true Sharpe ratio is above 0, the search taken into account. */
  readonly deflatedSharpe: number | null;
  readonly overfitting: RunSignificance['overfitting'];
}

export interface SweepPage {
  readonly sweep: Sweep;
  readonly createdAt: string;
  readonly settings: unknown;
}
