/** Refuses a training that would not fit into memory, before the system kills it. */
import { ConfigError } from '../../../domain/core/index.ts';
import { SCORING_BATCH_SIZE } from '../serving/window-scorer.ts';
import { peakBytes } from './memory.ts';
import { windowGraph } from './network.ts';
import { type TrainStepPlan, trainStepGraph } from './train-step.ts';

/** Two sessions and what ONNX Runtime takes for itself. */
const FIXED_BYTES = 64 * 2 ** 20;

/** Weights and moments before and after the step, and the initial and the best weights. */
const BYTES_PER_PARAMETER = 32;

/**
 * ONNX Runtime takes a little more than what is alive: its order of operations is not ours, and freed pieces do not
 * always fit the next tensor. The whole estimate was 2 to 28 % above what 7 sizes of the base model really took.
 */
const SLACK = 1.3;

export interface MemoryPlan extends TrainStepPlan {
  readonly batchSize: number;
  readonly rows: number;
  /** Whether epochs are scored on windows. */
  readonly validated: boolean;
}

/** Bytes that the training will take besides its dataset, estimated from above. */
export function trainingBytes(plan: MemoryPlan): number {
  const { network, layout, rows, validated, batchSize } = plan;
  const tensors =
    peakBytes(trainStepGraph(plan), batchSize) +
    (validated ? peakBytes(windowGraph(network, layout, false), SCORING_BATCH_SIZE) : 0);
  const features = rows * network.features * Float32Array.BYTES_PER_ELEMENT;
  return Math.ceil(FIXED_BYTES + BYTES_PER_PARAMETER * layout.parameters.size + features + SLACK * tensors);
}

/** @throws {ConfigError} naming what is needed, what there is, and the batch size that would fit */
export function requireMemory(plan: MemoryPlan, availableBytes: number): void {
  const neededBytes = trainingBytes(plan);
  if (neededBytes <= availableBytes) return;
  let [fits, tooLarge] = [0, plan.batchSize];
  while (tooLarge - fits > 1) {
    const batchSize = Math.floor((fits + tooLarge) / 2);
    if (trainingBytes({ ...plan, batchSize }) <= availableBytes) fits = batchSize;
    else tooLarge = batchSize;
  }
  const advice =
    fits > 0
      ? `${fits} would fit`
      : 'even 1 would not fit: take a shorter sequence, fewer labelled steps or a smaller network';
  throw new ConfigError(
    [
      {
        path: 'training.batchSize',
        message:
          `training in batches of ${plan.batchSize} sequences needs about ${neededBytes} bytes of memory ` +
          `(${gibibytes(neededBytes)}), ${availableBytes} (${gibibytes(availableBytes)}) are available; ${advice}`,
      },
    ],
    { code: 'TRAINING_MEMORY', context: { neededBytes, availableBytes, batchSizeThatFits: fits } },
  );
}

function gibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(2)} GiB`;
}
