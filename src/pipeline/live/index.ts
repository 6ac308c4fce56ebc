export * from './calibrated-model.ts';
export { type CalibrationFile, type ConformalFile, judgeFileName } from './judge-files.ts';
export * from './replay.ts';
export * from './replay-candles.ts';
export * from './served-model.ts';
