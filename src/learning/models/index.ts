export * from './audited-model.ts';
export * from './base-model.ts';
export * from './boosted-trees-onnx.ts';
export * from './import-names.ts';
export * from './import-tcn-lstm.ts';
export { type InstrumentRows } from './instrument-scaling.ts';
export * from './streaming-model.ts';
export * from './tcn-lstm.ts';
export * from './tcn-lstm-config.ts';
export * from './tcn-lstm-training.ts';
export * from './timed-train-step.ts';
export { decodeCheckpoint, encodeCheckpoint } from '../neural/index.ts';
export type {
  Checkpoint,
  EpochReport,
  SequenceDataset,
  StepReport,
  TrainingConfig,
  TrainingIdentity,
} from '../neural/index.ts';
