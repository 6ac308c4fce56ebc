/**
 * Where a training stood after an epoch: everything that its next step depends on. A run that goes on from here ends
 * with the same bytes as one that was never interrupted.
 */
import { createHash } from 'node:crypto';
import { DataError } from '../../../domain/core/index.ts';
import type { SequenceDataset } from './dataset.ts';
import {
  type NetworkLayout,
  type SequenceNetwork,
  type Weights,
  describeNetwork,
  fingerprintOfNetwork,
} from './network.ts';
import type { StepSnapshot } from './step-state.ts';
import type { TrainingConfig } from './training-config.ts';
import type { EpochReport } from './trainer.ts';

/** What a training is of. It goes on only with the same. */
export interface TrainingIdentity<Config = TrainingConfig> {
  /** SHA-256 of the network's graph. */
  readonly network: string;
  /** SHA-256 of everything that is learned from: features, labels, segments and rows. */
  readonly data: string;
  readonly config: Config;
}

export interface NumberedEpoch {
  /** From 1. */
  readonly epoch: number;
}

/** Of a sequence network; with a configuration and epochs of its own, of any other training. */
export interface Checkpoint<Config = TrainingConfig, Epoch extends NumberedEpoch = EpochReport> {
  readonly identity: TrainingIdentity<Config>;
  readonly step: StepSnapshot;
  /** State of the generator that draws blocks and their order. */
  readonly order: readonly number[];
  /** One report for each epoch that is over. */
  readonly epochs: readonly Epoch[];
  readonly best: { readonly report: Epoch; readonly weights: Weights };
  /** Sequences that ran at once: what fitted then decides every later bit. */
  readonly microBatchSize: number;
}

export interface TrainingData {
  readonly dataset: SequenceDataset;
  readonly trainRows: Int32Array;
  readonly validationRows?: Int32Array;
}

/** Takes a pass over all the data. */
export function identityOf(
  options: TrainingData & { readonly network: SequenceNetwork; readonly config: TrainingConfig },
  layout: NetworkLayout = describeNetwork(options.network),
): TrainingIdentity {
  const { network, config } = options;
  return { network: fingerprintOfNetwork(network, layout), data: fingerprintOfData(options), config };
}

/** SHA-256 of everything that is learned from. */
function fingerprintOfData({ dataset, trainRows, validationRows }: TrainingData): string {
  const { featureNames, rows, features, labels, segments } = dataset;
  const frame = {
    featureNames,
    rows,
    segments,
    trainRows: trainRows.length,
    validated: validationRows?.length,
  };
  const hash = createHash('sha256').update(JSON.stringify(frame));
  for (const { buffer, byteOffset, byteLength } of [
    features,
    labels,
    trainRows,
    validationRows ?? trainRows,
  ]) {
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return hash.digest('hex');
}

/** @throws {DataError} naming every difference between the training of a checkpoint and the one that is to go on */
export function requireSameTraining<Config extends object>(
  checkpoint: TrainingIdentity<Config>,
  present: TrainingIdentity<Config>,
): void {
  const differences: string[] = [];
  if (checkpoint.network !== present.network) differences.push('its network has another architecture');
  if (checkpoint.data !== present.data) differences.push('its features, labels, segments or rows are others');
  for (const name of Object.keys({ ...checkpoint.config, ...present.config }) as (keyof Config)[]) {
    const [was, is] = [JSON.stringify(checkpoint.config[name]), JSON.stringify(present.config[name])];
    if (was !== is) differences.push(`its ${String(name)} is ${was}, not ${is}`);
  }
  if (differences.length === 0) return;
  throw new DataError(
    `checkpoint: it belongs to another training: ${differences.join('; ')}. ` +
      'Go on with the configuration and data it was made with, or train from the start without it',
    { code: 'CHECKPOINT_MISMATCH' },
  );
}
