export * from './candle.ts';
export * from './features.ts';
export * from './gaps.ts';
export * from './interval.ts';
export * from './row-rules.ts';
export * from './scaler.ts';
