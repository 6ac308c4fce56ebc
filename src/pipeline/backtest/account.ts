/** One account over one symbol or several: `backtest` for one, `backtestPortfolio` where they share the money. */
import { ConfigError } from '../../domain/core/index.ts';
import {
  backtest,
  backtestPortfolio,
  type BacktestSettings,
  type Metrics,
  type ReturnMetrics,
  type RunSummary,
  type Trade,
} from '../../trading/backtest/index.ts';
import { type BacktestMarket, sliceMarket } from './markets.ts';
import { hasDepth } from './settings.ts';

export interface SymbolTrade extends Trade {
  readonly symbol: string;
}

export interface AccountRun {
  /** `[rows]` of all symbols together. */
  readonly openTimeMs: Float64Array;
  readonly equity: Float64Array;
  /** In order of their entry. */
  readonly trades: readonly SymbolTrade[];
  readonly summary: RunSummary;
  readonly metrics: Metrics & ReturnMetrics;
}

export function runAccount(
  markets: readonly BacktestMarket[],
  signals: readonly Uint8Array[],
  settings: BacktestSettings,
): AccountRun {
  const inputs = markets.map(({ checked, rules }, i) => ({
    candles: checked,
    signals: signals[i]!,
    ...(rules === undefined ? {} : { own: { rules } }),
  }));
  const named = (trades: readonly Trade[], i: number): readonly SymbolTrade[] =>
    trades.map((trade) => ({ symbol: markets[i]!.symbol, ...trade }));
  const [only] = inputs;
  if (inputs.length === 1) {
    const [result] = backtest([only!], settings);
    const { equity, summary, metrics, trades } = result!;
    return {
      openTimeMs: only!.candles.candles.openTimeMs,
      equity,
      summary,
      metrics,
      trades: named(trades, 0),
    };
  }
  if (hasDepth(markets)) {
    throw new ConfigError([
      { path: '--symbol', message: 'books are walked for one symbol at a time; give one, or --no-depth' },
    ]);
  }
  const { openTimeMs, equity, summary, metrics, symbols } = backtestPortfolio(inputs, settings);
  const trades = symbols.flatMap((share, i) => named(share.trades, i));
  return {
    openTimeMs,
    equity,
    summary,
    metrics,
    trades: trades.toSorted((a, b) => a.entryTimeMs - b.entryTimeMs),
  };
}

/** The account opened at a later time: what was said before is not known to it, what indicators knew is. */
export function runFrom(
  fromMs: number,
  {
    markets,
    signals,
    settings,
  }: {
    readonly markets: readonly BacktestMarket[];
    readonly signals: readonly Uint8Array[];
    readonly settings: BacktestSettings;
  },
): AccountRun | null {
  const starts = markets.map(({ checked }) => checked.candles.openTimeMs.findIndex((ms) => ms >= fromMs));
  if (
    markets.some(({ checked }, i) => starts[i]! < 0 || checked.candles.openTimeMs.length - starts[i]! < 2)
  ) {
    return null;
  }
  return runAccount(
    markets.map((market, i) => sliceMarket(market, starts[i]!, market.checked.candles.openTimeMs.length)),
    signals.map((said, i) => said.subarray(starts[i])),
    settings,
  );
}
