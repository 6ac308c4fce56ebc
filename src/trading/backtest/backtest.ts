/** One parameter set on many symbols, with every trade and the equity of every candle. */
import { ConfigError } from '../../domain/core/index.ts';
import { type CheckedCandles, refusal } from './candles.ts';
import { Ledger } from './ledger.ts';
import {
  dailyReturns,
  type Metrics,
  metricsOf,
  type ReturnMetrics,
  returnMetrics,
  returnsOf,
} from './metrics.ts';
import { type BacktestSettings, type Plan, planOf } from './settings.ts';
import { scheduleOrders } from './signals.ts';
import { simulateSignals } from './simulate.ts';
import { realisedVolatility } from './sizing.ts';
import { type RunSummary, summarise } from './summary.ts';
import { simulateTargets } from './targets.ts';
import type { Trade } from './trade-log.ts';

/** One symbol's account. */
export interface SymbolResult {
  /** Closed trades in order of their end; the last may be open. */
  readonly trades: readonly Trade[];
  /** `[rows]` at each close. */
  readonly equity: Float64Array;
  readonly summary: RunSummary;
  readonly metrics: Metrics & ReturnMetrics;
}

interface SymbolInput {
  readonly candles: CheckedCandles;
}

export interface SignalInput extends SymbolInput {
  /** `[rows]` what the strategy says at each close, see `signals.ts`. */
  readonly signals: Uint8Array;
}

export interface TargetInput extends SymbolInput {
  /** `[rows]` share of the equity to hold, see `targets.ts`. */
  readonly targets: Float64Array;
}

/**
 * Runs signals, or target positions, on each symbol with an account of its own: symbols share no money.
 *
 * @returns one result a symbol, in the order given
 * @throws ConfigError for bad settings, DataError for signals or targets that do not fit their candles
 */
export function backtest(
  symbols: readonly (SignalInput | TargetInput)[],
  settings: BacktestSettings = {},
): readonly SymbolResult[] {
  const plan = planOf(settings);
  return symbols.map((input) => runSymbol(input, plan));
}

function runSymbol(input: SignalInput | TargetInput, plan: Plan): SymbolResult {
  const { candles: checked } = input;
  if (checked.depth !== undefined && (plan.execution !== 'close' || 'targets' in input)) {
    throw new ConfigError([
      {
        path: 'backtest.execution',
        message: 'a recorded book is the one at a close: only signals executed at `close` can walk it',
      },
    ]);
  }
  const { openTimeMs } = checked.candles;
  const ledger = new Ledger();
  const equity = new Float64Array(openTimeMs.length);
  if ('signals' in input) {
    const orders = new Uint8Array(openTimeMs.length);
    scheduleOrders(input.signals, checked, plan.delayCandles, orders);
    simulateSignals({ checked, volatility: volatilityFor(plan, checked) }, orders, plan, { ledger, equity });
  } else {
    simulateTargets(checked, input.targets, plan, { ledger, equity });
  }
  return resultOf({ ledger, equity, checked, plan });
}

interface Run {
  readonly ledger: Ledger;
  readonly equity: Float64Array;
  readonly checked: CheckedCandles;
  readonly plan: Plan;
}

/** What came of a run that has ended. */
export function resultOf({ ledger, equity, checked, plan }: Run): SymbolResult {
  const { initialCash } = plan;
  const { openTimeMs } = checked.candles;
  const summary = summarise(equity, ledger, { initialCash, ...spanOf(checked) });
  return {
    trades: Array.from({ length: ledger.trades.count }, (_, i) => ledger.trades.at(i, openTimeMs)),
    equity,
    summary,
    metrics: {
      ...metricsOf(summary),
      ...returnMetrics(returnsOf(equity, initialCash), dailyReturns(equity, openTimeMs, initialCash)),
    },
  };
}

/** The volatility that a plan's sizing goes by; null when it goes by none. */
export function volatilityFor({ sizing }: Plan, checked: CheckedCandles): Float64Array | null {
  return sizing.kind === 'volatility' ? realisedVolatility(checked, sizing.windowCandles) : null;
}

export function spanOf({ candles, intervalMs, candlesPerYear }: CheckedCandles) {
  const { openTimeMs } = candles;
  return { elapsedMs: openTimeMs.at(-1)! - openTimeMs[0]! + intervalMs, candlesPerYear };
}

/**
 * `[rows]` sum of the equities of symbols that have the same candles' times.
 * @throws DataError naming the first row that differs
 */
export function totalEquity(
  symbols: readonly { readonly openTimeMs: Float64Array; readonly equity: Float64Array }[],
): Float64Array {
  const [first, ...others] = symbols;
  if (first === undefined) return new Float64Array(0);
  const total = first.equity.slice();
  for (const { openTimeMs, equity } of others) {
    const rows = Math.max(openTimeMs.length, first.openTimeMs.length);
    for (let row = 0; row < rows; row++) {
      if (openTimeMs[row] !== first.openTimeMs[row])
        throw refusal('openTimeMs', row, 'symbols differ in time; align them first');
      total[row]! += equity[row]!;
    }
  }
  return total;
}
