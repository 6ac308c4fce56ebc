/**
 * The candle stack at work: `trainMacro`, `trainMicro`, `evaluateMicro`; `CandleModel` with `scoreCandles` (batch) and
 * `CandleScorer` (stream, the same to the bit); `embedDay` for 00:00 UTC. For experiments on the library itself:
 * `readSeries`, `embedDays` and `cachedEmbeddings` give candles, features and days' contexts.
 */
export * from './candle-model.ts';
export * from './candle-scorer.ts';
export * from './candle-series.ts';
export type * from './config.ts';
export * from './day-window.ts';
export * from './embed-days.ts';
export * from './embedding-cache.ts';
export * from './evaluate-micro.ts';
export * from './loaded-macro.ts';
export type * from './micro-figures.ts';
export type { CandleTrainingRequest } from './request.ts';
export * from './score-candles.ts';
export * from './train-macro.ts';
export * from './train-micro.ts';
