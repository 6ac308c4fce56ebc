/** Many settings on the same markets and signals' inputs, one after the other: the part of a sweep that threads do. */
import type { RunFigures } from '../report/index.ts';
import { runAccount } from './account.ts';
import type { BacktestConfig } from './backtest-config.ts';
import { figuresOf, type PeriodReturns, periodReturns } from './figures.ts';
import type { BacktestMarket } from './markets.ts';
import { settingsOf } from './settings.ts';
import { type SignalInput, signalsFor } from './signal-source.ts';

/** Plain data: it is copied to a thread. */
export interface SweepJob {
  readonly markets: readonly BacktestMarket[];
  readonly inputs: readonly SignalInput[];
  readonly settings: readonly BacktestConfig[];
  readonly seed: number;
}

export interface SetResult {
  readonly figures: RunFigures;
  readonly periods: PeriodReturns;
}

/** News: how many of the job's settings are done. */
export async function performSets(
  { markets, inputs, settings, seed }: SweepJob,
  { signal, send }: { readonly signal: AbortSignal; readonly send: (done: number) => void },
): Promise<readonly SetResult[]> {
  const results: SetResult[] = [];
  for (const config of settings) {
    signal.throwIfAborted();
    const signals = markets.map((market, i) => signalsFor(inputs[i]!, market, config, seed));
    const run = runAccount(markets, signals, settingsOf(config, markets));
    results.push({ figures: figuresOf(run).figures, periods: periodReturns(run) });
    send(results.length);
    // Lets an order to stop come through.
    await new Promise((resolve) => setImmediate(resolve));
  }
  return results;
}
