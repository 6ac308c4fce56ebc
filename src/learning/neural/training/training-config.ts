/** Everything about a training that is neither its network nor its data. */
import { ConfigError } from '../../../domain/core/index.ts';
import {
  type Schedule,
  cosineSchedule,
  oneCycleSchedule,
  warmUpCosineSchedule,
} from '../optimisers/schedule.ts';

export interface TrainingConfig {
  /** `dense`: labels at the last `labelledSteps` steps of longer sequences; `windowed`: one label a window. */
  readonly mode: 'dense' | 'windowed';
  /** Of dense mode. */
  readonly labelledSteps: number;
  readonly optimiser: 'adamw' | 'sgd';
  /** Of SGD. */
  readonly momentum: number;
  /** AdamW's is decoupled from the gradient, SGD's is part of it. */
  readonly weightDecay: number;
  /** The highest one; the schedule lowers it. */
  readonly learningRate: number;
  /** Falls by half a cosine; after a straight way up; or up and down by half cosines. */
  readonly schedule: 'cosine' | 'warm-up' | 'one-cycle';
  /** Share of all steps that go up, where the schedule has any. */
  readonly warmUpShare: number;
  /** Of the exponential moving average of the weights, which then is judged and kept; 0 = off. */
  readonly averageDecay: number;
  /** Share of the target that is spread over all classes alike; 0 = off. */
  readonly labelSmoothing: number;
  /** Exponent that plays easy examples down; 0 = off, else from 1 on. */
  readonly focalGamma: number;
  /** At most so many sequences in one step. */
  readonly batchSize: number;
  /** At most so many of them in memory at once: their gradients add up. Without it as many as fit. */
  readonly microBatchSize?: number | undefined;
  readonly epochs: number;
  /** What of the validation decides which epoch is best: the highest macro-F1 or the lowest loss. */
  readonly monitor: 'macroF1' | 'loss';
  /** Stops after so many epochs without a better one. */
  readonly patience: number;
  readonly classWeights: readonly number[];
  /** Validation uses at most so many windows, evenly spread. */
  readonly validationWindows: number;
  readonly seed: number;
  readonly threads: number;
}

/**
 * The learning rate over all steps of a training.
 * @throws {ConfigError} when there are too few steps for the schedule's parts
 */
export function scheduleOf(config: TrainingConfig, steps: number): Schedule {
  const { learningRate: peak, schedule, warmUpShare } = config;
  if (schedule === 'cosine') return cosineSchedule({ peak, steps });
  try {
    return schedule === 'warm-up'
      ? warmUpCosineSchedule({ peak, steps, warmUpSteps: Math.round(warmUpShare * steps) })
      : oneCycleSchedule({ peak, steps, upShare: warmUpShare });
  } catch (cause) {
    const message = `${schedule} with a share of ${warmUpShare} for the way up does not fit into ${steps} steps; take more epochs, smaller batches or cosine`;
    throw new ConfigError([{ path: 'training.schedule', message }], { cause });
  }
}
