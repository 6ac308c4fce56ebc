/** How long an optimisation step of the base model takes, and how much it multiplies: for benchmarks. */
import { CLASS_COUNT, Random } from '../../domain/core/index.ts';
import {
  BATCH,
  TrainStep,
  describeNetwork,
  floatTensor,
  initialWeights,
  intTensor,
  matrixFlops,
  trainStepGraph,
} from '../neural/index.ts';
import { type TcnLstmConfig, TRAINING_DEFAULTS, requireValidConfig } from './tcn-lstm-config.ts';
import { tcnLstmNetwork } from './tcn-lstm.ts';

export interface TimedTrainStepOptions {
  readonly config: TcnLstmConfig;
  readonly batchSize: number;
  readonly threads: number;
  /** 1 (windowed) by default. */
  readonly labelledSteps?: number;
}

export interface TimedTrainStep {
  /** Floating-point operations of a step's matrix products, a multiplication and an addition counted apart. */
  readonly flops: number;
  /** Takes a step; gives its time in milliseconds. */
  readonly take: () => Promise<number>;
  readonly release: () => Promise<void>;
}

/** Whole optimisation steps on random data. */
export async function timedTrainStep(options: TimedTrainStepOptions): Promise<TimedTrainStep> {
  const { config, batchSize, threads, labelledSteps = 1 } = options;
  requireValidConfig(config);
  const features = 9;
  const network = tcnLstmNetwork(config, features, CLASS_COUNT);
  const layout = describeNetwork(network);
  const random = Random.fromSeed(1);
  const scaling = { mean: new Float64Array(features), deviation: new Float64Array(features).fill(1) };
  const { classWeights, weightDecay, learningRate } = TRAINING_DEFAULTS.windowed;
  const plan = { network, layout, labelledSteps, classWeights, weightDecay };
  const weights = initialWeights(layout, scaling, random);
  const step = await TrainStep.create({ ...plan, weights, random, threads });
  const input = floatTensor([config.sequenceLength - 1 + labelledSteps, batchSize, features]);
  for (let i = 0; i < input.data.length; i++) input.data[i] = random.normal();
  const labels = intTensor(
    [labelledSteps, batchSize],
    Int32Array.from({ length: labelledSteps * batchSize }, () => random.integer(CLASS_COUNT)),
  );
  return {
    flops: matrixFlops(trainStepGraph(plan), { [BATCH]: batchSize }),
    take: async () => {
      const started = performance.now();
      await step.run({ input, labels }, learningRate);
      return performance.now() - started;
    },
    release: async () => await step.release(),
  };
}

/** The median time of `steps` steps, after two that warm up. */
export async function measureTrainStep(
  options: TimedTrainStepOptions & { readonly steps: number },
): Promise<{ readonly medianMs: number }> {
  const step = await timedTrainStep(options);
  const times: number[] = [];
  for (let i = -2; i < options.steps; i++) {
    const time = await step.take();
    if (i >= 0) times.push(time);
  }
  await step.release();
  times.sort((a, b) => a - b);
  return { medianMs: times[Math.floor(times.length / 2)]! };
}
