/**
 * The candle stack as commands: `trainMacro`, `trainMicro`. What serves their models is `candle-scoring`. For experiments on
 * the library itself: `readSeries`, `embedDays` and `cachedEmbeddings` give candles, features and days' contexts.
 */
export * from '../candle-scoring/index.ts';
export type * from './config.ts';
export * from './embedding-cache.ts';
export type * from './micro-figures.ts';
export * from './replay-series.ts';
export type { CandleTrainingRequest } from './request.ts';
export * from './stored-series.ts';
export * from './train-macro.ts';
export * from './train-micro.ts';
