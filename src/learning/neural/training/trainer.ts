/** Epochs over a dataset: batches in, best weights out. Everything random comes from the seed. */
import { DataError, Random } from '../../../domain/core/index.ts';
import { cosineAnnealing } from '../optimisers/schedule.ts';
import { type BatchSource, assembleBatch, planBlocks, shuffledBatches } from './blocks.ts';
import {
  type Checkpoint,
  type TrainingData,
  type TrainingIdentity,
  fingerprintOfData,
  requireSameTraining,
} from './checkpoint.ts';
import { checkedFeatures, learnableRows, markedRows } from './dataset.ts';
import { requireMemory } from './memory-budget.ts';
import {
  type NetworkLayout,
  type SequenceNetwork,
  type Weights,
  describeNetwork,
  fingerprintOfNetwork,
  initialWeights,
} from './network.ts';
import { scalingOf } from './scaling.ts';
import { TrainStep, type TrainStepPlan } from './train-step.ts';
import { Validation, type ValidationScore } from './validation.ts';

export interface TrainingConfig {
  /** `dense`: labels at the last `labelledSteps` steps of longer sequences; `windowed`: one label a window. */
  readonly mode: 'dense' | 'windowed';
  /** Of dense mode. */
  readonly labelledSteps: number;
  /** At the start; it falls to 0 by cosine annealing. */
  readonly learningRate: number;
  /** At most so many sequences in one step. */
  readonly batchSize: number;
  readonly epochs: number;
  /** Stops after so many epochs without a better validation macro-F1. */
  readonly patience: number;
  readonly classWeights: readonly number[];
  readonly weightDecay: number;
  /** Validation uses at most so many windows, evenly spread. */
  readonly validationWindows: number;
  readonly seed: number;
  readonly threads: number;
}

export interface EpochReport {
  /** From 1. */
  readonly epoch: number;
  readonly trainLoss: number;
  /** NaN without validation rows. */
  readonly validationLoss: number;
  readonly macroF1: number;
  /** At the epoch's first step. */
  readonly learningRate: number;
}

export interface TrainingOptions extends TrainingData {
  readonly network: SequenceNetwork;
  /** Ends after this epoch of a schedule that is laid out for `config.epochs`; repeats an early stop of another run. */
  readonly lastEpoch?: number;
  readonly config: TrainingConfig;
  readonly onEpoch?: (report: EpochReport) => void;
  /** Goes on after the epoch of this checkpoint, as if there had been no break; earlier epochs are not reported anew. */
  readonly resume?: Checkpoint;
  /** After every epoch; the next one waits for it. */
  readonly onCheckpoint?: (checkpoint: Checkpoint) => Promise<void>;
  /** Refuses to start what would take more memory than this, the dataset not counted. */
  readonly availableBytes?: number;
  /** Stops between two steps by throwing the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface TrainingResult {
  readonly layout: NetworkLayout;
  /** Of the best epoch. */
  readonly weights: Weights;
  readonly epochs: readonly EpochReport[];
  readonly best: EpochReport;
  /** How many parameters are learned. */
  readonly parameters: number;
  readonly trainLabels: number;
  readonly validationLabels: number;
  /** Labels learned per second of training, validation not counted. */
  readonly labelsPerSecond: number;
}

/**
 * Trains `network` on the rows it is given.
 * @throws {DataError} when the dataset does not fit together, no row can be learned, the loss is not finite, or the
 *   checkpoint belongs to another training
 * @throws {ConfigError} when it would not fit into the available memory
 */
export async function trainNetwork(options: TrainingOptions): Promise<TrainingResult> {
  const { network, dataset, config } = options;
  const features = checkedFeatures(dataset, network.classes);
  const learnable = learnableRows(dataset, options.trainRows, network.sequenceLength);
  const rows = markedRows(learnable);
  if (rows.length === 0) {
    throw new DataError(
      `training: none of ${options.trainRows.length} training rows has a label and ${network.sequenceLength} ` +
        'contiguous bars; give more data or a shorter sequence',
      { code: 'TRAINING_NO_ROWS' },
    );
  }
  // Only the training rows themselves: the bars before them may belong to validation.
  const scaling = scalingOf(dataset.features, network.features, rows);
  const layout = describeNetwork(network);
  const labelledSteps = config.mode === 'dense' ? config.labelledSteps : 1;
  const { classWeights, weightDecay } = config;
  const plan: TrainStepPlan = { network, layout, labelledSteps, classWeights, weightDecay };
  if (options.availableBytes !== undefined) {
    const validated = options.validationRows !== undefined;
    // Every block of a batch has a label of its own.
    const batchSize = Math.min(config.batchSize, rows.length);
    requireMemory({ ...plan, batchSize, rows: dataset.rows, validated }, options.availableBytes);
  }
  const identity = identityOf(options, layout);
  if (options.resume !== undefined) requireSameTraining(options.resume.identity, identity!);
  const initial = initialWeights(layout, scaling, Random.fromLabel(config.seed, 'weights'));
  const validation =
    options.validationRows === undefined
      ? undefined
      : Validation.of({ ...options, layout, rows: options.validationRows });
  const step = await TrainStep.create({
    ...plan,
    weights: initial,
    random: Random.fromLabel(config.seed, 'dropout'),
    threads: config.threads,
  });
  const source: BatchSource = {
    dataset,
    features,
    learnable,
    segments: dataset.segments,
    sequenceLength: network.sequenceLength,
    labelledSteps,
  };
  try {
    const learned = await runEpochs({ ...options, step, source, validation, identity });
    return {
      layout,
      ...learned,
      parameters: layout.parameters.size,
      trainLabels: rows.length,
      validationLabels: validation?.labels ?? 0,
      labelsPerSecond: (rows.length * learned.epochs.length) / learned.seconds,
    };
  } finally {
    await step.release();
  }
}

interface Run extends TrainingOptions {
  readonly step: TrainStep;
  readonly source: BatchSource;
  readonly validation: Validation | undefined;
  readonly identity: TrainingIdentity | undefined;
}

/** Takes a pass over all the data, so only a training with checkpoints asks for it. */
function identityOf(options: TrainingOptions, layout: NetworkLayout): TrainingIdentity | undefined {
  const { network, config, resume, onCheckpoint } = options;
  if (resume === undefined && onCheckpoint === undefined) return undefined;
  return { network: fingerprintOfNetwork(network, layout), data: fingerprintOfData(options), config };
}

const NO_SCORE: ValidationScore = { loss: Number.NaN, macroF1: Number.NaN };

async function runEpochs(run: Run) {
  const { config, validation, step, signal, resume, identity, onCheckpoint } = run;
  const lastEpoch = Math.min(config.epochs, run.lastEpoch ?? config.epochs);
  const epochs: EpochReport[] = [...(resume?.epochs ?? [])];
  if (lastEpoch < Math.max(1, epochs.length)) {
    throw new DataError(`training: it cannot end with epoch ${lastEpoch}; ${epochs.length} are over`, {
      code: 'TRAINING_EPOCHS',
    });
  }
  const random =
    resume === undefined ? Random.fromLabel(config.seed, 'order') : Random.fromState(resume.order);
  let best = resume?.best;
  let seconds = resume?.seconds ?? 0;
  if (resume !== undefined) step.restore(resume.step);
  while (epochs.length < lastEpoch && epochs.length - (best?.report.epoch ?? 0) < config.patience) {
    const epoch = epochs.length + 1;
    const started = performance.now();
    const trainLoss = await trainEpoch(run, epoch, random);
    seconds += (performance.now() - started) / 1000;
    signal?.throwIfAborted();
    const score = (await validation?.score(step.weights())) ?? NO_SCORE;
    const report: EpochReport = {
      epoch,
      trainLoss,
      validationLoss: score.loss,
      macroF1: score.macroF1,
      learningRate: cosineAnnealing(config.learningRate, (epoch - 1) / config.epochs),
    };
    epochs.push(report);
    run.onEpoch?.(report);
    if (best === undefined || validation === undefined || report.macroF1 > best.report.macroF1) {
      best = { report, weights: copyOf(step.weights()) };
    }
    if (onCheckpoint !== undefined) {
      const state = { step: step.snapshot(), order: random.state(), epochs: [...epochs], best, seconds };
      await onCheckpoint({ identity: identity!, ...state });
    }
  }
  return { epochs, seconds, best: best!.report, weights: best!.weights };
}

/** One pass over all labels; the weighted mean loss over them. */
async function trainEpoch(run: Run, epoch: number, random: Random): Promise<number> {
  const { config, step, source, signal } = run;
  const batches = shuffledBatches(planBlocks(source, random), config.batchSize, random);
  let lossSum = 0;
  let weightSum = 0;
  for (const [i, blocks] of batches.entries()) {
    signal?.throwIfAborted();
    const progress = (epoch - 1 + i / batches.length) / config.epochs;
    const outcome = await step.run(
      assembleBatch(source, blocks),
      cosineAnnealing(config.learningRate, progress),
    );
    if (!outcome.finite) {
      const firstRow = Math.min(...blocks.map(({ start }) => start));
      const lastRow = Math.max(...blocks.map(({ end }) => end - 1));
      throw new DataError(
        `training: loss ${outcome.loss}, gradient norm ${outcome.gradientNorm} or a running statistic is not finite in ` +
          `epoch ${epoch}, step ${i + 1} of ${batches.length} (rows ${firstRow} to ${lastRow}); ` +
          'look for extreme features there, or lower the learning rate',
        { code: 'TRAINING_NOT_FINITE', context: { epoch, step: i + 1, firstRow, lastRow } },
      );
    }
    lossSum += outcome.loss * outcome.weight;
    weightSum += outcome.weight;
  }
  return lossSum / weightSum;
}

function copyOf(weights: Weights): Weights {
  return { parameters: weights.parameters.slice(), buffers: weights.buffers.slice() };
}
