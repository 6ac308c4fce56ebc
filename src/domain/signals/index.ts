export * from './adaptive-thresholds.ts';
export * from './rolling-quantile.ts';
