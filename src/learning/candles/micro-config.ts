/** Configuration of MicroNet and of its training, with all mistakes found at once. */
import {
  CLASS_COUNT,
  CLASS_WEIGHTS,
  ConfigError,
  type ConfigProblem,
  INTEGER,
  NOT_NEGATIVE,
  type NumberRule,
  POSITIVE,
  POSITIVE_INTEGER,
  RATE,
  numberProblems,
} from '../../domain/core/index.ts';

export const MICRO_BRANCHES = ['cnn', 'gru'] as const;
export type MicroBranch = (typeof MICRO_BRANCHES)[number];

/** `score`: one number in [−1, 1]; `classes`: probabilities of SELL, NEUTRAL and BUY. */
export const MICRO_OUTPUTS = ['score', 'classes'] as const;
export type MicroOutput = (typeof MICRO_OUTPUTS)[number];

export const SCORE_LOSSES = ['mse', 'huber'] as const;

export interface MicroConfig {
  readonly branch: MicroBranch;
  /** Candles that a decision sees, 24 to 120. */
  readonly sequenceLength: number;
  /** Width of the branch. */
  readonly channels: number;
  /** GRU layers; the CNN has as many blocks as it takes to see the whole window. */
  readonly layers: number;
  /** Numbers in MacroNet's embedding; 0 = a MicroNet that gets none. */
  readonly embedding: number;
  /** Width of the joint layer. */
  readonly hidden: number;
  readonly dropout: number;
  readonly output: MicroOutput;
}

export const MICRO_DEFAULTS: MicroConfig = {
  branch: 'cnn',
  sequenceLength: 60,
  channels: 32,
  layers: 1,
  embedding: 128,
  hidden: 64,
  dropout: 0.1,
  output: 'score',
};

export interface MicroTrainingConfig {
  /** Labels learned from one sequence: its last steps. 1 = one label a window. */
  readonly labelledSteps: number;
  /** Sequences in a step. */
  readonly batchSize: number;
  readonly epochs: number;
  /** The highest one; it falls by half a cosine. */
  readonly learningRate: number;
  /** AdamW's, decoupled from the gradient: L2. */
  readonly weightDecay: number;
  /** Stops after so many epochs without a lower validation loss. */
  readonly patience: number;
  /** Of scores. */
  readonly scoreLoss: (typeof SCORE_LOSSES)[number];
  /** From this error on Huber's loss grows linearly. */
  readonly huberDelta: number;
  /** Of SELL, NEUTRAL, BUY. */
  readonly classWeights: readonly number[];
  /** Weight of the mean entropy that is subtracted from the loss (Pereyra et al. 2017); 0 = off. */
  readonly confidencePenalty: number;
  readonly seed: number;
  readonly threads: number;
}

export const MICRO_TRAINING_DEFAULTS: MicroTrainingConfig = {
  labelledSteps: 48,
  batchSize: 32,
  epochs: 20,
  learningRate: 1e-3,
  weightDecay: 0.01,
  patience: 4,
  scoreLoss: 'huber',
  huberDelta: 0.5,
  classWeights: CLASS_WEIGHTS,
  confidencePenalty: 0.05,
  seed: 1,
  threads: 2,
};

const BARS: NumberRule = {
  holds: (v) => Number.isInteger(v) && v >= 24 && v <= 120,
  message: 'a whole number of candles from 24 to 120',
};
const SIZE: NumberRule = { holds: (v) => Number.isInteger(v) && v >= 0, message: 'a whole number from 0 on' };

export function microConfigProblems(config: MicroConfig): readonly ConfigProblem[] {
  const problems = numberProblems('micro', config, {
    sequenceLength: BARS,
    channels: POSITIVE_INTEGER,
    layers: POSITIVE_INTEGER,
    embedding: SIZE,
    hidden: POSITIVE_INTEGER,
    dropout: RATE,
  });
  const { branch, output } = config;
  if (!MICRO_BRANCHES.includes(branch)) {
    problems.push({ path: 'micro.branch', message: `must be ${MICRO_BRANCHES.join(' or ')}, is ${branch}` });
  }
  if (!MICRO_OUTPUTS.includes(output)) {
    problems.push({ path: 'micro.output', message: `must be ${MICRO_OUTPUTS.join(' or ')}, is ${output}` });
  }
  return problems;
}

export function microTrainingProblems(config: MicroTrainingConfig): readonly ConfigProblem[] {
  const problems = numberProblems('microTraining', config, {
    labelledSteps: POSITIVE_INTEGER,
    batchSize: POSITIVE_INTEGER,
    epochs: POSITIVE_INTEGER,
    learningRate: POSITIVE,
    weightDecay: NOT_NEGATIVE,
    patience: POSITIVE_INTEGER,
    huberDelta: POSITIVE,
    confidencePenalty: NOT_NEGATIVE,
    seed: INTEGER,
    threads: POSITIVE_INTEGER,
  });
  const { scoreLoss, classWeights } = config;
  if (!SCORE_LOSSES.includes(scoreLoss)) {
    problems.push({
      path: 'microTraining.scoreLoss',
      message: `must be ${SCORE_LOSSES.join(' or ')}, is ${scoreLoss}`,
    });
  }
  if (classWeights.length !== CLASS_COUNT || !classWeights.every(POSITIVE.holds)) {
    problems.push({
      path: 'microTraining.classWeights',
      message: `must be ${CLASS_COUNT} numbers above 0, is [${classWeights.join(', ')}]`,
    });
  }
  return problems;
}

/** @throws {ConfigError} naming every mistake */
export function requireValidMicro(model: MicroConfig, training?: MicroTrainingConfig): void {
  const problems = [
    ...microConfigProblems(model),
    ...(training === undefined ? [] : microTrainingProblems(training)),
  ];
  if (problems.length > 0) throw new ConfigError(problems);
}
