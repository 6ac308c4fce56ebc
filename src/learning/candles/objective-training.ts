/** Epochs of an objective with early stopping. Everything random comes from the seed. */
import { DataError, Random } from '../../domain/core/index.ts';
import {
  type Checkpoint,
  type NetworkLayout,
  Pace,
  type StepReport,
  type TrainingIdentity,
  type Weights,
  cosineSchedule,
  requireSameTraining,
} from '../neural/index.ts';
import {
  type Objective,
  type ObjectiveBatch,
  ObjectiveScore,
  ObjectiveStep,
  describeObjective,
  drawWeights,
} from './objective.ts';

export interface ObjectiveEpoch {
  /** From 1. */
  readonly epoch: number;
  /** With penalties. */
  readonly trainLoss: number;
  /** Without penalties; NaN without examples to validate on. */
  readonly validationLoss: number;
  /** At the epoch's first step. */
  readonly learningRate: number;
  readonly seconds: number;
}

/** Everything that a training of an objective depends on besides its data, by the names of its configuration. */
export type ObjectiveConfig = Readonly<Record<string, unknown>>;

/** What `encodeCheckpoint` and `decodeCheckpoint<ObjectiveConfig, ObjectiveEpoch>` of the engine keep. */
export type ObjectiveCheckpoint = Checkpoint<ObjectiveConfig, ObjectiveEpoch>;

/** How a training is watched, stopped and taken up again; the same for MacroNet and MicroNet. */
export interface ObjectiveObserver {
  readonly onStep?: ((report: StepReport) => void) | undefined;
  readonly onEpoch?: ((report: ObjectiveEpoch) => void) | undefined;
  /** Goes on after this checkpoint's epoch; the result is that of a training that was never interrupted, bit for bit. */
  readonly resume?: ObjectiveCheckpoint | undefined;
  /** After every epoch; the next one waits for it. */
  readonly onCheckpoint?: ((checkpoint: ObjectiveCheckpoint) => Promise<void>) | undefined;
  /** Stops between two steps by throwing the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

interface ObjectiveTraining extends ObjectiveObserver {
  readonly objective: Objective;
  /** Asked where there are checkpoints alone: it takes a pass over the data. */
  readonly identity: () => TrainingIdentity<ObjectiveConfig>;
  readonly config: {
    readonly epochs: number;
    readonly batchSize: number;
    readonly patience: number;
    readonly learningRate: number;
    readonly weightDecay: number;
    readonly seed: number;
    readonly threads: number;
  };
  /** In an epoch, always the same number. */
  readonly steps: number;
  readonly batches: (random: Random) => Iterable<ObjectiveBatch>;
  /** The same examples every time; without them the last epoch is kept. */
  readonly validation?: (() => Iterable<ObjectiveBatch>) | undefined;
  /** Sets what is known before training, such as statistics of inputs. */
  readonly prepare?: (layout: NetworkLayout, weights: Weights) => void;
}

export interface LearnedObjective {
  readonly layout: NetworkLayout;
  /** Of the best epoch. */
  readonly weights: Weights;
  readonly epochs: readonly ObjectiveEpoch[];
  readonly best: ObjectiveEpoch;
  /** Of the validation before the first step; NaN without. */
  readonly untrainedLoss: number;
}

/** @throws {DataError} when a loss or gradient is not finite, or the checkpoint belongs to another training */
export async function trainObjective(options: ObjectiveTraining): Promise<LearnedObjective> {
  const { objective, config, validation, resume, onCheckpoint } = options;
  const identity = resume === undefined && onCheckpoint === undefined ? undefined : options.identity();
  if (resume !== undefined) requireSameTraining(resume.identity, identity!);
  const layout = describeObjective(objective);
  const initial = drawWeights(layout, Random.fromLabel(config.seed, 'weights'));
  options.prepare?.(layout, initial);
  const dropout = Random.fromLabel(config.seed, 'dropout');
  const plan = { ...config, objective, layout, weights: initial, random: dropout };
  const step = await ObjectiveStep.create(plan);
  const judge =
    validation === undefined ? undefined : await ObjectiveScore.create(objective, layout, config.threads);
  const validate = async (weights: Weights): Promise<number> =>
    judge === undefined ? Number.NaN : await judge.score(weights, validation!());
  try {
    const untrainedLoss = await validate(initial);
    const learned = await runEpochs({ ...options, step, validate, checkpointIdentity: identity });
    return { layout, ...learned, untrainedLoss };
  } finally {
    await step.release();
    await judge?.release();
  }
}

interface Run extends ObjectiveTraining {
  readonly step: ObjectiveStep;
  readonly validate: (weights: Weights) => Promise<number>;
  /** Undefined where nobody keeps checkpoints. */
  readonly checkpointIdentity: TrainingIdentity<ObjectiveConfig> | undefined;
}

async function runEpochs(run: Run): Promise<Pick<LearnedObjective, 'weights' | 'epochs' | 'best'>> {
  const { config, step, resume, signal, onCheckpoint, checkpointIdentity: identity } = run;
  const order =
    resume === undefined ? Random.fromLabel(config.seed, 'order') : Random.fromState(resume.order);
  const epochs: ObjectiveEpoch[] = [...(resume?.epochs ?? [])];
  let best = resume?.best;
  if (resume !== undefined) step.restore(resume.step);
  const pace = new Pace({ epochs: config.epochs - epochs.length, validated: run.validation !== undefined });
  while (epochs.length < config.epochs && epochs.length - (best?.report.epoch ?? 0) < config.patience) {
    const epoch = epochs.length + 1;
    const trained = await trainEpoch(run, { epoch, order, pace });
    signal?.throwIfAborted();
    const started = performance.now();
    const weights = step.weights();
    const report: ObjectiveEpoch = { epoch, ...trained, validationLoss: await run.validate(weights) };
    pace.epochEnded((performance.now() - started) / 1000);
    epochs.push(report);
    run.onEpoch?.(report);
    if (!(report.validationLoss >= (best?.report.validationLoss ?? Infinity))) best = { report, weights };
    if (onCheckpoint !== undefined) {
      const state = { step: step.snapshot(), order: order.state(), epochs: [...epochs], best: best! };
      await onCheckpoint({ identity: identity!, ...state, microBatchSize: config.batchSize });
    }
  }
  return { weights: best!.weights, epochs, best: best!.report };
}

interface EpochPlan {
  readonly epoch: number;
  readonly order: Random;
  readonly pace: Pace;
}

async function trainEpoch(run: Run, { epoch, order, pace }: EpochPlan) {
  const { config, steps, signal } = run;
  const rateOf = cosineSchedule({ peak: config.learningRate, steps: config.epochs * steps });
  const firstStep = (epoch - 1) * steps;
  const started = performance.now();
  let [sum, total, taken, before] = [0, 0, 0, started];
  for (const batch of run.batches(order)) {
    signal?.throwIfAborted();
    const outcome = await run.step.run(batch, rateOf(firstStep + taken));
    taken++;
    if (outcome === undefined) throw notFinite(epoch, taken);
    sum += outcome.loss * outcome.weight;
    total += outcome.weight;
    const now = performance.now();
    pace.stepTook((now - before) / 1000);
    before = now;
    const secondsLeft = pace.secondsLeft(taken, steps);
    run.onStep?.({ epoch, epochs: config.epochs, step: taken, steps, loss: sum / total, secondsLeft });
  }
  return {
    trainLoss: sum / total,
    learningRate: rateOf(firstStep),
    seconds: (performance.now() - started) / 1000,
  };
}

function notFinite(epoch: number, step: number): DataError {
  return new DataError(
    `training: loss, gradient or a running statistic is not finite in epoch ${epoch}, step ${step}; ` +
      'look for extreme values in the data, or lower the learning rate',
    { code: 'TRAINING_NOT_FINITE', context: { epoch, step } },
  );
}

/** `0 … count − 1` in random order, in as few parts of at most `size` as they need, equal in size to within one. */
export function shuffledParts(count: number, size: number, random: Random): readonly Int32Array[] {
  const order = Int32Array.from({ length: count }, (_, i) => i);
  random.shuffle(order);
  return inParts(order, size);
}

/** In their order, in as few parts of at most `size` as they need, equal in size to within one. */
export function inParts(items: Int32Array, size: number): readonly Int32Array[] {
  const parts = Math.ceil(items.length / size);
  const borderOf = (part: number): number => Math.floor((part * items.length) / parts);
  return Array.from({ length: parts }, (_, part) => items.subarray(borderOf(part), borderOf(part + 1)));
}
