/** How the sequences of a batch become one step: all at once, or in parts that fit into memory. */
import { ConfigError } from '../../../domain/core/index.ts';
import { AccumulatedStep } from './accumulated-step.ts';
import { type BatchSource, type Block, assembleBatch, inParts } from './blocks.ts';
import type { Checkpoint, TrainingData } from './checkpoint.ts';
import { sequencesThatFit } from './memory-budget.ts';
import { type StepOutcome, TrainStep, type TrainStepOptions, type TrainStepPlan } from './train-step.ts';
import type { TrainingConfig } from './training-config.ts';

interface Available extends TrainingData {
  readonly config: TrainingConfig;
  readonly availableBytes?: number;
  readonly resume?: Checkpoint;
}

/** @throws {ConfigError} when not even one fits, or fewer than the checkpoint's */
export function sequencesAtOnce(options: Available, plan: TrainStepPlan, batchSize: number): number {
  const { config, dataset, validationRows, availableBytes, resume } = options;
  const asked = Math.min(batchSize, resume?.microBatchSize ?? config.microBatchSize ?? batchSize);
  if (availableBytes === undefined) return asked;
  const validated = validationRows !== undefined;
  const { threads } = config;
  const sizes = { batchSize: asked, accumulated: asked < batchSize, rows: dataset.rows, validated, threads };
  const fits = sequencesThatFit({ ...plan, ...sizes }, availableBytes);
  if (resume === undefined || fits === asked) return fits;
  throw new ConfigError([
    {
      path: 'training.batchSize',
      message: `the checkpoint was made with ${asked} sequences in memory at once, now only ${fits} fit; free memory, or train from the start`,
    },
  ]);
}

/** A step on the blocks of one batch, whole or in parts. */
export interface Stepper {
  readonly step: TrainStep | AccumulatedStep;
  readonly take: (blocks: readonly Block[], learningRate: number) => Promise<StepOutcome>;
}

export async function createStepper(
  options: TrainStepOptions,
  { source, accumulated, microBatchSize }: StepperPlan,
): Promise<Stepper> {
  if (!accumulated) {
    const step = await TrainStep.create(options);
    return { step, take: async (blocks, rate) => await step.run(assembleBatch(source, blocks), rate) };
  }
  const step = await AccumulatedStep.create(options);
  const partsOf = function* (blocks: readonly Block[]) {
    for (const part of inParts(blocks, Math.ceil(blocks.length / microBatchSize))) {
      yield assembleBatch(source, part);
    }
  };
  return { step, take: async (blocks, rate) => await step.run(partsOf(blocks), rate) };
}

interface StepperPlan {
  readonly source: BatchSource;
  readonly accumulated: boolean;
  readonly microBatchSize: number;
}
