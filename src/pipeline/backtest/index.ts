export type { BacktestConfig } from './backtest-config.ts';
export type { BacktestRequest, BacktestSource } from './prepare.ts';
export { type BacktestOutcome, runBacktest } from './run-backtest.ts';
export { type WrittenBacktest, writeBacktest } from './write-backtest.ts';
export { type SweepOutcome, type SweepRequest, sweepBacktests } from './sweep.ts';
export { type WrittenSweep, writeSweep } from './write-sweep.ts';
