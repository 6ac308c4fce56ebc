/** Dataset in, base model out. */
import { CLASS_COUNT, Random } from '../../domain/core/index.ts';
import {
  type Checkpoint,
  type EpochReport,
  type SequenceDataset,
  TrainStep,
  type TrainingConfig,
  describeNetwork,
  encodeServingModel,
  floatTensor,
  initialWeights,
  intTensor,
  trainNetwork,
} from '../neural/index.ts';
import { baseModelMetadata } from './base-model.ts';
import { type TcnLstmConfig, TRAINING_DEFAULTS, requireValidConfig } from './tcn-lstm-config.ts';
import { tcnLstmNetwork } from './tcn-lstm.ts';

export interface TrainTcnLstmOptions {
  readonly dataset: SequenceDataset;
  /** Rows whose labels may be learned; inputs may reach back to earlier bars of the segment. */
  readonly trainRows: Int32Array;
  /** Rows that choose the best epoch; without them the last one is kept. */
  readonly validationRows?: Int32Array;
  /** Ends after this epoch of a schedule laid out for all of them: repeats another run's early stop. */
  readonly lastEpoch?: number;
  readonly model: TcnLstmConfig;
  readonly training: TrainingConfig;
  readonly onEpoch?: (report: EpochReport) => void;
  /** Goes on after this checkpoint's epoch; the result is that of a training that was never interrupted, bit for bit. */
  readonly resume?: Checkpoint;
  /** After every epoch; the next one waits for it. */
  readonly onCheckpoint?: (checkpoint: Checkpoint) => Promise<void>;
  /** Refuses to start what would take more memory than this, the dataset not counted. */
  readonly availableBytes?: number;
  readonly signal?: AbortSignal;
}

export interface TrainedTcnLstm {
  /** The model file: raw features in, probabilities out. */
  readonly onnx: Uint8Array<ArrayBuffer>;
  readonly epochs: readonly EpochReport[];
  readonly best: EpochReport;
  readonly parameters: number;
  readonly trainLabels: number;
  readonly validationLabels: number;
  readonly labelsPerSecond: number;
}

/**
 * The same options on the same machine give the same bytes.
 * @throws {ConfigError} with every mistake in the configuration, or when it would not fit into the available memory
 * @throws {DataError} when the data cannot be learned from, the loss stops being finite, or the checkpoint belongs to
 *   another training
 */
export async function trainTcnLstm(options: TrainTcnLstmOptions): Promise<TrainedTcnLstm> {
  const { model, training, dataset } = options;
  requireValidConfig(model, training);
  const network = tcnLstmNetwork(model, dataset.featureNames.length, CLASS_COUNT);
  const { layout, weights, ...report } = await trainNetwork({
    ...options,
    network,
    config: training,
  });
  const metadata = baseModelMetadata({
    featureNames: dataset.featureNames,
    sequenceLength: model.sequenceLength,
    model,
    training,
    best: report.best.epoch,
  });
  return { ...report, onnx: encodeServingModel(network, layout, weights, metadata) };
}

export interface MeasureTrainStepOptions {
  readonly config: TcnLstmConfig;
  readonly batchSize: number;
  /** Steps measured, after two that warm up. */
  readonly steps: number;
  readonly threads: number;
  /** 1 (windowed) by default. */
  readonly labelledSteps?: number;
}

/** Time of whole optimisation steps on random data. */
export async function measureTrainStep(
  options: MeasureTrainStepOptions,
): Promise<{ readonly medianMs: number }> {
  const { config, batchSize, steps, threads, labelledSteps = 1 } = options;
  requireValidConfig(config);
  const features = 9;
  const network = tcnLstmNetwork(config, features, CLASS_COUNT);
  const layout = describeNetwork(network);
  const random = Random.fromSeed(1);
  const scaling = { mean: new Float64Array(features), deviation: new Float64Array(features).fill(1) };
  const { classWeights, weightDecay, learningRate } = TRAINING_DEFAULTS.windowed;
  const step = await TrainStep.create({
    network,
    layout,
    weights: initialWeights(layout, scaling, random),
    labelledSteps,
    classWeights,
    weightDecay,
    random,
    threads,
  });
  const input = floatTensor([config.sequenceLength - 1 + labelledSteps, batchSize, features]);
  for (let i = 0; i < input.data.length; i++) input.data[i] = random.normal();
  const labels = intTensor(
    [labelledSteps, batchSize],
    Int32Array.from({ length: labelledSteps * batchSize }, () => random.integer(CLASS_COUNT)),
  );
  const times: number[] = [];
  for (let i = -2; i < steps; i++) {
    const started = performance.now();
    await step.run({ input, labels }, learningRate);
    if (i >= 0) times.push(performance.now() - started);
  }
  await step.release();
  times.sort((a, b) => a - b);
  return { medianMs: times[Math.floor(times.length / 2)]! };
}
