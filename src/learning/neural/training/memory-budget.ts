/** Whether a training fits into memory, and in how many parts: known before the system would kill it. */
import { ConfigError } from '../../../domain/core/index.ts';
import { SCORING_BATCH_SIZE } from '../serving/window-scorer.ts';
import { peakBytes, shardedBytes } from './memory.ts';
import { windowGraph } from './network.ts';
import { type TrainStepPlan, trainStepGraph } from './train-step.ts';

/** Two sessions and what ONNX Runtime takes for itself. */
const FIXED_BYTES = 64 * 2 ** 20;

/** Weights and moments before and after the step, and the initial and the best weights. */
const BYTES_PER_PARAMETER = 32;

/** The sum of gradients before and after a part of the batch. */
const BYTES_PER_PARAMETER_ACCUMULATED = 8;

/**
 * ONNX Runtime takes a little more than what is alive: its order of operations is not ours, and freed pieces do not
 * always fit the next tensor. The whole estimate was 2 to 28 % above what 7 sizes of the base model really took.
 */
const SLACK = 1.3;

/** Of several threads: every stage of every thread has freed pieces of its own that do not fit. */
const SHARDED_SLACK = 2;

/** Of several threads, what each takes for its isolate and its sessions. */
const BYTES_PER_SHARD = 64 * 2 ** 20;

export interface MemoryPlan extends TrainStepPlan {
  readonly batchSize: number;
  /** 1 by default. */
  readonly threads?: number;
  /** Whether it is a part of a larger one. */
  readonly accumulated?: boolean;
  readonly rows: number;
  /** Whether epochs are scored on windows. */
  readonly validated: boolean;
}

/** Bytes that the training will take besides its dataset, estimated from above. */
export function trainingBytes(plan: MemoryPlan): number {
  return estimateOf(plan)(plan.batchSize);
}

/** The estimate for any number of sequences at once. */
function estimateOf(plan: MemoryPlan): (sequences: number) => number {
  const { network, layout, rows, validated, batchSize, threads = 1, accumulated = false } = plan;
  const step = trainStepGraph(plan);
  const scoring = validated ? peakBytes(windowGraph(network, layout, false), SCORING_BATCH_SIZE) : 0;
  const features = rows * network.features * Float32Array.BYTES_PER_ELEMENT;
  return (sequences) => {
    const inParts = accumulated || sequences < batchSize;
    const perParameter = BYTES_PER_PARAMETER + (inParts ? BYTES_PER_PARAMETER_ACCUMULATED : 0);
    const stepBytes =
      threads === 1
        ? SLACK * peakBytes(step, sequences)
        : SHARDED_SLACK * shardedBytes(step, sequences) + threads * BYTES_PER_SHARD;
    return Math.ceil(
      FIXED_BYTES + perParameter * layout.parameters.size + features + stepBytes + SLACK * scoring,
    );
  };
}

/**
 * How many of a batch's sequences may run at once: all of them if they fit, else as many as do.
 * @throws {ConfigError} naming what is needed and what there is, when not even one fits
 */
export function sequencesThatFit(plan: MemoryPlan, availableBytes: number): number {
  const bytesOf = estimateOf(plan);
  if (bytesOf(plan.batchSize) <= availableBytes) return plan.batchSize;
  let [fits, tooLarge] = [0, plan.batchSize];
  while (tooLarge - fits > 1) {
    const middle = Math.floor((fits + tooLarge) / 2);
    if (bytesOf(middle) <= availableBytes) fits = middle;
    else tooLarge = middle;
  }
  if (fits > 0) return fits;
  const neededBytes = bytesOf(1);
  throw new ConfigError(
    [
      {
        path: 'training.batchSize',
        message:
          `training even one sequence at a time needs about ${neededBytes} bytes of memory ` +
          `(${gibibytes(neededBytes)}), ${availableBytes} (${gibibytes(availableBytes)}) are available; ` +
          'take a shorter sequence, fewer labelled steps or a smaller network',
      },
    ],
    { code: 'TRAINING_MEMORY', context: { neededBytes, availableBytes } },
  );
}

function gibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(2)} GiB`;
}
