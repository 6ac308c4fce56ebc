export * from './embedding-probes.ts';
export * from './embedding-quality.ts';
export * from './macro-config.ts';
export * from './macro-model.ts';
export * from './macro-training.ts';
export * from './micro-config.ts';
export { type DayContext, type MicroDataset } from './micro-data.ts';
export * from './micro-model.ts';
export * from './micro-training.ts';
export {
  type ObjectiveCheckpoint,
  type ObjectiveConfig,
  type ObjectiveEpoch,
  type ObjectiveObserver,
} from './objective-training.ts';
export { type FeatureScale, scaledWindows, type WindowSet } from './windows.ts';
