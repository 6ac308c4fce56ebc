/** Epochs over a dataset: batches in, best weights out. Everything random comes from the seed. */
import { DataError, Random } from '../../../domain/core/index.ts';
import { type BatchSource, mostBlocks, planBlocks, shuffledBatches } from './blocks.ts';
import {
  type Checkpoint,
  type TrainingData,
  type TrainingIdentity,
  identityOf,
  requireSameTraining,
} from './checkpoint.ts';
import { checkedFeatures, learnableRows, markedRows } from './dataset.ts';
import { classesMissing, missingClasses, requireRows } from './learnable.ts';
import {
  type NetworkLayout,
  type SequenceNetwork,
  type Weights,
  describeNetwork,
  initialWeights,
} from './network.ts';
import { notFinite } from './not-finite.ts';
import { Pace } from './pace.ts';
import { type Scaling, scalingOf } from './scaling.ts';
import { type Stepper, createStepper, sequencesAtOnce } from './stepper.ts';
import type { TrainStepPlan } from './train-step.ts';
import { type TrainingConfig, scheduleOf } from './training-config.ts';
import { Validation, type ValidationScore } from './validation.ts';

export interface EpochReport {
  /** From 1. */
  readonly epoch: number;
  readonly trainLoss: number;
  /** NaN without validation rows. */
  readonly validationLoss: number;
  readonly macroF1: number;
  /** At the epoch's first step. */
  readonly learningRate: number;
  /** Of training, validation not counted. */
  readonly seconds: number;
  readonly labelsPerSecond: number;
}

export interface StepReport {
  readonly epoch: number;
  /** Of the whole training, if it does not stop early. */
  readonly epochs: number;
  /** Taken in this epoch, from 1. */
  readonly step: number;
  readonly steps: number;
  /** Weighted mean of the epoch so far. */
  readonly loss: number;
  /** At the rate measured so far, if it does not stop early. */
  readonly secondsLeft: number;
}

export interface TrainingOptions extends TrainingData {
  readonly network: SequenceNetwork;
  /** Ends after this epoch of a schedule that is laid out for `config.epochs`; repeats an early stop of another run. */
  readonly lastEpoch?: number;
  readonly config: TrainingConfig;
  /** In the order of their numbers, for messages. */
  readonly classNames?: readonly string[];
  /** Of raw features; taken from the training rows by default. */
  readonly scaling?: Scaling;
  /** Told the classes that no row to learn from has; without it that is refused. */
  readonly onMissingClasses?: (names: readonly string[]) => void;
  readonly onStep?: (report: StepReport) => void;
  readonly onEpoch?: (report: EpochReport) => void;
  /** A batch of so many sequences runs in parts of at most so many, because of the memory or of the configuration. */
  readonly onAccumulation?: (batchSize: number, microBatchSize: number) => void;
  /** Goes on after the epoch of this checkpoint, as if there had been no break; earlier epochs are not reported anew. */
  readonly resume?: Checkpoint;
  /** After every epoch; the next one waits for it. */
  readonly onCheckpoint?: (checkpoint: Checkpoint) => Promise<void>;
  /** Batches that would take more memory than this, the dataset not counted, run in parts. */
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
  /** Sequences that ran at once. */
  readonly microBatchSize: number;
}

/**
 * Trains `network` on the rows it is given.
 * @throws {DataError} when the dataset does not fit together, no row or not every class can be learned, the loss is not
 *   finite, or the checkpoint belongs to another training
 * @throws {ConfigError} when not even one sequence would fit into the available memory
 */
export async function trainNetwork(options: TrainingOptions): Promise<TrainingResult> {
  const { network, dataset, config, resume } = options;
  const features = checkedFeatures(dataset, network.classes);
  const learnable = learnableRows(dataset, options.trainRows, network.sequenceLength);
  const rows = markedRows(learnable);
  requireRows(dataset, { asked: options.trainRows.length, usable: rows.length, ...network });
  const missing = missingClasses(dataset, rows, { ...network, ...options });
  if (missing.length > 0) {
    if (options.onMissingClasses === undefined) throw classesMissing(missing, rows.length);
    options.onMissingClasses(missing);
  }
  // Only the training rows themselves: the bars before them may belong to validation.
  const scaling = options.scaling ?? scalingOf(dataset.features, network.features, rows);
  const layout = describeNetwork(network);
  const labelledSteps = config.mode === 'dense' ? config.labelledSteps : 1;
  const plan: TrainStepPlan = { ...config, network, layout, labelledSteps };
  const { sequenceLength } = network;
  const { segments } = dataset;
  const source: BatchSource = { dataset, features, learnable, segments, sequenceLength, labelledSteps };
  // Every block of a batch has a label of its own.
  const batchSize = Math.min(config.batchSize, mostBlocks(source), rows.length);
  const microBatchSize = sequencesAtOnce(options, plan, batchSize);
  if (microBatchSize < batchSize) options.onAccumulation?.(batchSize, microBatchSize);
  const identity =
    resume === undefined && options.onCheckpoint === undefined ? undefined : identityOf(options, layout);
  if (resume !== undefined) requireSameTraining(resume.identity, identity!);
  const validation =
    options.validationRows === undefined
      ? undefined
      : Validation.of({ ...options, layout, rows: options.validationRows });
  const stepper = await createStepper(
    {
      ...plan,
      weights: initialWeights(layout, scaling, Random.fromLabel(config.seed, 'weights')),
      random: Random.fromLabel(config.seed, 'dropout'),
      threads: config.threads,
    },
    { source, accumulated: microBatchSize < batchSize, microBatchSize },
  );
  try {
    const learned = await runEpochs({
      ...options,
      stepper,
      source,
      scaling,
      validation,
      identity,
      microBatchSize,
      trainLabels: rows.length,
    });
    const seconds = learned.epochs.reduce((sum, epoch) => sum + epoch.seconds, 0);
    return {
      layout,
      ...learned,
      parameters: layout.parameters.size,
      trainLabels: rows.length,
      validationLabels: validation?.labels ?? 0,
      labelsPerSecond: (rows.length * learned.epochs.length) / seconds,
      microBatchSize,
    };
  } finally {
    await stepper.step.release();
  }
}

interface Run extends TrainingOptions {
  readonly stepper: Stepper;
  readonly source: BatchSource;
  readonly scaling: Scaling;
  readonly validation: Validation | undefined;
  readonly identity: TrainingIdentity | undefined;
  readonly microBatchSize: number;
  readonly trainLabels: number;
}

const NO_SCORE: ValidationScore = { loss: Number.NaN, macroF1: Number.NaN };

async function runEpochs(run: Run) {
  const { config, validation, signal, resume, identity, microBatchSize, onCheckpoint } = run;
  const { step } = run.stepper;
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
  if (resume !== undefined) step.restore(resume.step);
  const pace = new Pace({ epochs: lastEpoch - epochs.length, validated: validation !== undefined });
  while (epochs.length < lastEpoch && epochs.length - (best?.report.epoch ?? 0) < config.patience) {
    const epoch = epochs.length + 1;
    const trained = await trainEpoch(run, { epoch, epochs: lastEpoch, random, pace });
    signal?.throwIfAborted();
    const started = performance.now();
    const score = (await validation?.score(step.weights())) ?? NO_SCORE;
    pace.epochEnded((performance.now() - started) / 1000);
    const report: EpochReport = {
      epoch,
      ...trained,
      validationLoss: score.loss,
      macroF1: score.macroF1,
      labelsPerSecond: run.trainLabels / trained.seconds,
    };
    epochs.push(report);
    run.onEpoch?.(report);
    if (best === undefined || validation === undefined || isBetter(config, report, best.report)) {
      best = { report, weights: copyOf(step.weights()) };
    }
    if (onCheckpoint !== undefined) {
      const state = { step: step.snapshot(), order: random.state(), epochs: [...epochs], best };
      await onCheckpoint({ identity: identity!, ...state, microBatchSize });
    }
  }
  return { epochs, best: best!.report, weights: best!.weights };
}

const isBetter = ({ monitor }: TrainingConfig, report: EpochReport, best: EpochReport): boolean =>
  monitor === 'loss' ? report.validationLoss < best.validationLoss : report.macroF1 > best.macroF1;

interface EpochPlan {
  readonly epoch: number;
  readonly epochs: number;
  readonly random: Random;
  readonly pace: Pace;
}

/** One pass over all labels; the weighted mean loss over them. */
async function trainEpoch(run: Run, { epoch, epochs, random, pace }: EpochPlan) {
  const { config, stepper, source, signal } = run;
  const started = performance.now();
  const batches = shuffledBatches(planBlocks(source, random), config.batchSize, random);
  const steps = batches.length;
  const rateOf = scheduleOf(config, config.epochs * steps);
  const firstStep = (epoch - 1) * steps;
  let lossSum = 0;
  let weightSum = 0;
  let before = started;
  for (const [i, blocks] of batches.entries()) {
    signal?.throwIfAborted();
    const outcome = await stepper.take(blocks, rateOf(firstStep + i));
    const step = i + 1;
    if (!outcome.finite) {
      throw notFinite(run.dataset, run.scaling, { epoch, step, steps, blocks, outcome });
    }
    lossSum += outcome.loss * outcome.weight;
    weightSum += outcome.weight;
    const now = performance.now();
    pace.stepTook((now - before) / 1000);
    before = now;
    const secondsLeft = pace.secondsLeft(step, steps);
    run.onStep?.({ epoch, epochs, step, steps, loss: lossSum / weightSum, secondsLeft });
  }
  return {
    trainLoss: lossSum / weightSum,
    learningRate: rateOf(firstStep),
    seconds: (performance.now() - started) / 1000,
  };
}

function copyOf(weights: Weights): Weights {
  return { parameters: weights.parameters.slice(), buffers: weights.buffers.slice() };
}
