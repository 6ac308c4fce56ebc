export { backtest, type SignalInput, type SymbolResult, type TargetInput, totalEquity } from './backtest.ts';
export {
  type Candles,
  checkCandles,
  type CheckedCandles,
  truncateCandles,
  type ZeroVolume,
} from './candles.ts';
export { type Depth, walkDepth, type Walk, withDepth } from './depth.ts';
export * from './event-engine.ts';
export * from './event-play.ts';
export type { EventFill, EventResult } from './event-run.ts';
export type { EventSettings } from './event-settings.ts';
export * from './event-signals.ts';
export { findLookAhead, type LookAhead } from './look-ahead.ts';
export type { Metric, UndefinedReason } from './metric.ts';
export { dailyReturns, lastRows, type Metrics, type ReturnMetrics, returnsOf } from './metrics.ts';
export {
  backtestPortfolio,
  type PortfolioResult,
  type PortfolioShare,
  type PortfolioSymbol,
} from './portfolio.ts';
export type { BacktestSettings, Costs, Exits, Rules, Sizing } from './settings.ts';
export { type Significance, significanceOf, type Trials, trialsOf } from './significance.ts';
export * from './signals.ts';
export { decideAll, type MarketView, type Strategy } from './strategy.ts';
export type { RunSummary } from './summary.ts';
export { type Sweep, sweep, type SweepResult } from './sweep.ts';
export type { ExitReason, Trade } from './trade-log.ts';
