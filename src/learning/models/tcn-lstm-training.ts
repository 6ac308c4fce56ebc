/** Dataset in, base model out. */
import { CLASS_COUNT, DIRECTIONS } from '../../domain/core/index.ts';
import {
  type Checkpoint,
  type EpochReport,
  type Scaling,
  type SequenceDataset,
  type StepReport,
  type TrainingConfig,
  type TrainingIdentity,
  type TrainingResult,
  encodeServingModel,
  identityOf,
  noScaling,
  trainNetwork,
  withScaling,
} from '../neural/index.ts';
import { baseModelMetadata } from './base-model.ts';
import { type InstrumentRows, scaleInstruments } from './instrument-scaling.ts';
import { type TcnLstmConfig, requireValidConfig } from './tcn-lstm-config.ts';
import { tcnLstmNetwork } from './tcn-lstm.ts';

export interface TrainTcnLstmOptions {
  readonly dataset: SequenceDataset;
  /** Whose rows these are, where there are several: each is scaled by itself. Together they hold every row. */
  readonly instruments?: readonly InstrumentRows[];
  /** Rows whose labels may be learned; inputs may reach back to earlier bars of the segment. */
  readonly trainRows: Int32Array;
  /** Rows that choose the best epoch; without them the last one is kept. */
  readonly validationRows?: Int32Array;
  /** Ends after this epoch of a schedule laid out for all of them: repeats another run's early stop. */
  readonly lastEpoch?: number;
  readonly model: TcnLstmConfig;
  readonly training: TrainingConfig;
  /** Told the classes that no row to learn from has; without it that is refused. */
  readonly onMissingClasses?: (names: readonly string[]) => void;
  readonly onStep?: (report: StepReport) => void;
  readonly onEpoch?: (report: EpochReport) => void;
  /** A batch of so many sequences runs in parts of at most so many. */
  readonly onAccumulation?: (batchSize: number, microBatchSize: number) => void;
  /** Goes on after this checkpoint's epoch; the result is that of a training that was never interrupted, bit for bit. */
  readonly resume?: Checkpoint;
  /** After every epoch; the next one waits for it. */
  readonly onCheckpoint?: (checkpoint: Checkpoint) => Promise<void>;
  /** Batches that would take more memory than this, the dataset not counted, run in parts. */
  readonly availableBytes?: number;
  readonly signal?: AbortSignal;
}

export interface TrainedTcnLstm extends Omit<TrainingResult, 'layout' | 'weights'> {
  /** The model file: raw features in, probabilities out. Of several instruments that of the first. */
  readonly onnx: Uint8Array<ArrayBuffer>;
  /** By name, where there are several instruments: the same network, each with its own scaling. */
  readonly onnxOf: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
}

/** What a training is of: only with the same does a checkpoint go on. Takes a pass over all the data. */
export function tcnLstmIdentity(options: TrainTcnLstmOptions): TrainingIdentity {
  return identityOf(prepare(options).options);
}

/**
 * The same options on the same machine give the same bytes.
 * @throws {ConfigError} with every mistake in the configuration, or when not one sequence would fit into the memory
 * @throws {DataError} when the data cannot be learned from, the loss stops being finite, or the checkpoint belongs to
 *   another training
 */
export async function trainTcnLstm(given: TrainTcnLstmOptions): Promise<TrainedTcnLstm> {
  const { options, scalings } = prepare(given);
  const { network, dataset } = options;
  const { model, training } = given;
  const { layout, weights, ...report } = await trainNetwork(options);
  const metadata = baseModelMetadata({
    featureNames: dataset.featureNames,
    sequenceLength: model.sequenceLength,
    model,
    training,
    best: report.best.epoch,
  });
  const onnxOf = new Map(
    [...scalings].map(([name, scaling]) => {
      const scaled = withScaling(layout, weights, scaling);
      return [name, encodeServingModel(network, layout, scaled, metadata)];
    }),
  );
  const [first = encodeServingModel(network, layout, weights, metadata)] = onnxOf.values();
  return { ...report, onnx: first, onnxOf };
}

/** The training as the engine takes it, and the scaling of each instrument where there are several. */
function prepare(given: TrainTcnLstmOptions) {
  const { model, training, instruments = [], trainRows } = given;
  requireValidConfig(model, training);
  const width = given.dataset.featureNames.length;
  const network = tcnLstmNetwork(model, width, CLASS_COUNT);
  const options = { ...given, network, classNames: DIRECTIONS, config: training };
  if (instruments.length === 0) return { options, scalings: new Map<string, Scaling>() };
  const { sequenceLength } = model;
  const { dataset, scalings } = scaleInstruments(instruments, {
    dataset: given.dataset,
    trainRows,
    sequenceLength,
  });
  return { options: { ...options, dataset, scaling: noScaling(width) }, scalings };
}
