/** Epochs of an objective with early stopping. Everything random comes from the seed. */
import { DataError, Random } from '../../domain/core/index.ts';
import { type NetworkLayout, type Weights, cosineSchedule } from '../neural/index.ts';
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
  readonly seconds: number;
}

interface ObjectiveTraining {
  readonly objective: Objective;
  readonly config: {
    readonly epochs: number;
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
  readonly onEpoch?: ((report: ObjectiveEpoch) => void) | undefined;
  /** Stops between two steps by throwing the signal's reason. */
  readonly signal?: AbortSignal | undefined;
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

/** @throws {DataError} when a loss or gradient is not finite */
export async function trainObjective(options: ObjectiveTraining): Promise<LearnedObjective> {
  const { objective, config, steps, batches, validation, signal } = options;
  const layout = describeObjective(objective);
  const initial = drawWeights(layout, Random.fromLabel(config.seed, 'weights'));
  options.prepare?.(layout, initial);
  const dropout = Random.fromLabel(config.seed, 'dropout');
  const step = await ObjectiveStep.create({
    ...config,
    objective,
    layout,
    weights: initial,
    random: dropout,
  });
  const judge =
    validation === undefined ? undefined : await ObjectiveScore.create(objective, layout, config.threads);
  const validate = async (weights: Weights): Promise<number> =>
    judge === undefined ? Number.NaN : await judge.score(weights, validation!());
  const rateOf = cosineSchedule({ peak: config.learningRate, steps: config.epochs * steps });
  const order = Random.fromLabel(config.seed, 'order');
  const epochs: ObjectiveEpoch[] = [];
  try {
    const untrainedLoss = await validate(initial);
    let best: { readonly report: ObjectiveEpoch; readonly weights: Weights } | undefined;
    let taken = 0;
    while (epochs.length < config.epochs && epochs.length - (best?.report.epoch ?? 0) < config.patience) {
      const started = performance.now();
      let [sum, total] = [0, 0];
      for (const batch of batches(order)) {
        signal?.throwIfAborted();
        const outcome = await step.run(batch, rateOf(taken++));
        if (outcome === undefined) throw notFinite(epochs.length + 1, taken);
        sum += outcome.loss * outcome.weight;
        total += outcome.weight;
      }
      const seconds = (performance.now() - started) / 1000;
      const weights = step.weights();
      const report: ObjectiveEpoch = {
        epoch: epochs.length + 1,
        trainLoss: sum / total,
        validationLoss: await validate(weights),
        seconds,
      };
      epochs.push(report);
      options.onEpoch?.(report);
      if (!(report.validationLoss >= (best?.report.validationLoss ?? Infinity))) best = { report, weights };
    }
    return { layout, weights: best!.weights, epochs, best: best!.report, untrainedLoss };
  } finally {
    await step.release();
    await judge?.release();
  }
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
