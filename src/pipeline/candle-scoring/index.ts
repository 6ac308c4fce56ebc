/**
 * Candle models at work, without a label in reach: `CandleModel` with `scoreCandles` (batch) and `CandleScorer` (stream, the
 * same to the bit), directions by adaptive thresholds, and `embedDay` for 00:00 UTC.
 */
export * from './candle-model.ts';
export * from './candle-scorer.ts';
export * from './candle-series.ts';
export * from './day-window.ts';
export * from './directions.ts';
export * from './embed-days.ts';
export * from './loaded-macro.ts';
export * from './look-back.ts';
export * from './score-candles.ts';
export * from './score.ts';
export * from './whole-runs.ts';
