/** Many parameter sets on many symbols, one after the other in the same memory: of each run only its sums are kept. */
import { invariant } from '../../domain/core/index.ts';
import { spanOf, volatilityFor } from './backtest.ts';
import type { CheckedCandles } from './candles.ts';
import { Ledger } from './ledger.ts';
import { type Metrics, metricsOf } from './metrics.ts';
import { type BacktestSettings, planOf } from './settings.ts';
import { scheduleOrders } from './signals.ts';
import { simulateSignals } from './simulate.ts';
import { type RunSummary, SUMMARY_FIELDS, summarise } from './summary.ts';

export interface Sweep {
  readonly symbols: readonly CheckedCandles[];
  /** Number of parameter sets. */
  readonly sets: number;
  /**
   * Writes what the strategy says under parameter set `set` into `out`, `[rows]` of symbol `symbol`; all of it: the array
   * holds the signals of the set before.
   */
  readonly signals: (set: number, symbol: number, out: Uint8Array) => void;
  readonly settings: (set: number) => BacktestSettings;
  /** Called after each set with the number that are done; may throw to stop. */
  readonly onProgress?: (done: number) => void;
}

/** Memory: 24 numbers a set and symbol, and 10 bytes a candle of the longest symbol, whatever the number of sets. */
export class SweepResult {
  readonly sets: number;
  readonly symbols: number;
  /** `[sets × symbols × fields]` */
  readonly #summaries: Float64Array;

  constructor(sets: number, symbols: number) {
    this.sets = sets;
    this.symbols = symbols;
    this.#summaries = new Float64Array(sets * symbols * SUMMARY_FIELDS.length);
  }

  write(set: number, symbol: number, summary: RunSummary): void {
    const at = this.#offset(set, symbol);
    for (const [i, field] of SUMMARY_FIELDS.entries()) this.#summaries[at + i] = summary[field];
  }

  summary(set: number, symbol = 0): RunSummary {
    const at = this.#offset(set, symbol);
    const entries = SUMMARY_FIELDS.map((field, i) => [field, this.#summaries[at + i]!]);
    return Object.fromEntries(entries) as RunSummary;
  }

  metrics(set: number, symbol = 0): Metrics {
    return metricsOf(this.summary(set, symbol));
  }

  #offset(set: number, symbol: number): number {
    invariant(
      set >= 0 && set < this.sets && symbol >= 0 && symbol < this.symbols,
      'no such run in the sweep',
      {
        set,
        symbol,
      },
    );
    return (set * this.symbols + symbol) * SUMMARY_FIELDS.length;
  }
}

/** @throws ConfigError for bad settings of a set, DataError for signals that are none */
export function sweep({ symbols, sets, signals, settings, onProgress }: Sweep): SweepResult {
  const result = new SweepResult(sets, symbols.length);
  const longest = symbols.reduce((most, { candles }) => Math.max(most, candles.openTimeMs.length), 0);
  const said = new Uint8Array(longest);
  const orders = new Uint8Array(longest);
  const equity = new Float64Array(longest);
  const ledger = new Ledger();
  for (let set = 0; set < sets; set++) {
    const plan = planOf(settings(set));
    for (const [symbol, checked] of symbols.entries()) {
      const rows = checked.candles.openTimeMs.length;
      const [saidHere, ordersHere, equityHere] = [said, orders, equity].map((column) =>
        column.subarray(0, rows),
      ) as [Uint8Array, Uint8Array, Float64Array];
      signals(set, symbol, saidHere);
      scheduleOrders(saidHere, checked, plan.delayCandles, ordersHere);
      const market = { checked, volatility: volatilityFor(plan, checked) };
      simulateSignals(market, ordersHere, plan, { ledger, equity: equityHere });
      const span = { initialCash: plan.initialCash, ...spanOf(checked) };
      result.write(set, symbol, summarise(equityHere, ledger, span));
    }
    onProgress?.(set + 1);
  }
  return result;
}
