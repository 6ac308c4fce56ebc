/** Every backtest of other settings on the same data is a trial, and is kept with its returns. */
import { createHash } from 'node:crypto';
import type { RunStore } from '../../platform/storage/index.ts';
import type { Backtest } from '../report/index.ts';
import type { BacktestConfig } from './backtest-config.ts';
import type { PeriodReturns, TrialHistory } from './figures.ts';
import type { Prepared } from './prepare.ts';

interface Trial {
  readonly prepared: Prepared;
  readonly settings: BacktestConfig;
  readonly engine: Backtest['engine'];
  readonly periods: PeriodReturns;
  readonly runId: string;
  readonly recordedAt: string;
}

/** Equal data over equal periods: only trials of one setting are compared. */
function settingOf({ prepared: { markets }, periods }: Trial): string {
  const [first] = markets;
  return JSON.stringify({
    kind: 'backtest',
    venue: first!.venue,
    interval: first!.interval,
    symbols: markets.map(({ symbol }) => symbol).toSorted(),
    fromMs: Math.min(...markets.map(({ checked }) => checked.candles.openTimeMs[0]!)),
    toMs: Math.max(...markets.map(({ checked }) => checked.candles.openTimeMs.at(-1)!)),
    periodMs: periods.periodMs,
    periods: periods.rows.length,
  });
}

/** Of what is judged on the data alone: how often the random benchmark is drawn changes no result. */
function identityOf({ prepared, settings, engine }: Trial): string {
  const { randomDraws: _draws, paths: _paths, ...traded } = settings;
  const facts = JSON.stringify([prepared.inputSha256, engine, traded]);
  return createHash('sha256').update(facts).digest('hex');
}

/** Records the run as a trial and tells of all that were ever made on its data. */
export function recordTrial(store: RunStore, trial: Trial): TrialHistory {
  keep(store, trial);
  const stored = store.trialsOf(settingOf(trial)).map(({ returns }) => returns);
  // Of every training one is this model's own.
  const others = Math.max(0, trial.prepared.trainings - 1);
  return { count: Math.max(1, stored.length) + others, returns: stored };
}

/** Records one of many: a sweep counts what it tried itself. */
export function keep(store: RunStore, trial: Trial): void {
  const { periods, runId, recordedAt, prepared } = trial;
  if (periods.returns === null) return;
  store.recordTrial(
    {
      runId,
      modelSha256: identityOf(trial),
      seed: prepared.config.seed,
      setting: settingOf(trial),
      returns: Array.from(periods.returns, (value) => Number(value.toPrecision(9))),
    },
    recordedAt,
  );
}
