export { backtest, type SignalInput, type SymbolResult, type TargetInput, totalEquity } from './backtest.ts';
export {
  type Candles,
  checkCandles,
  type CheckedCandles,
  truncateCandles,
  type ZeroVolume,
} from './candles.ts';
export { findLookAhead, type LookAhead } from './look-ahead.ts';
export type { Metric, UndefinedReason } from './metric.ts';
export { dailyReturns, type Metrics, type ReturnMetrics } from './metrics.ts';
export type { BacktestSettings, Costs, Exits, Sizing } from './settings.ts';
export { type Significance, significanceOf, type Trials, trialsOf } from './significance.ts';
export * from './signals.ts';
export { decideAll, type MarketView, type Strategy } from './strategy.ts';
export type { RunSummary } from './summary.ts';
export { type Sweep, sweep, type SweepResult } from './sweep.ts';
export type { ExitReason, Trade } from './trade-log.ts';
