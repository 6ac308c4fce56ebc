export * from './audited-model.ts';
export * from './base-model.ts';
export * from './streaming-model.ts';
export * from './tcn-lstm.ts';
export * from './tcn-lstm-config.ts';
export * from './tcn-lstm-training.ts';
export { decodeCheckpoint, encodeCheckpoint } from '../neural/index.ts';
export type { Checkpoint, EpochReport, SequenceDataset, TrainingConfig } from '../neural/index.ts';
