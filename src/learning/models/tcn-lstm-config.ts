/** Configuration of the base model and of its training, with all mistakes found at once. */
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
import type { TrainingConfig } from '../neural/index.ts';

/** Architecture. */
export interface TcnLstmConfig {
  /** Bars that a decision sees. */
  readonly sequenceLength: number;
  /** Of every TCN block. */
  readonly channels: number;
  /** LSTM units. */
  readonly hidden: number;
  /** LSTM layers. */
  readonly layers: number;
  /** Between LSTM layers; TCN blocks drop half of it. */
  readonly dropout: number;
}

/** Sizes of the original. */
export const TCN_LSTM_DEFAULTS: TcnLstmConfig = {
  sequenceLength: 720,
  channels: 64,
  hidden: 256,
  layers: 2,
  dropout: 0.3,
};

/** What both modes of the original's recipe share. */
const RECIPE = {
  optimiser: 'adamw',
  momentum: 0.9,
  weightDecay: 0.01,
  learningRate: 3e-4,
  schedule: 'cosine',
  warmUpShare: 0.1,
  averageDecay: 0,
  labelSmoothing: 0,
  focalGamma: 0,
  epochs: 10,
  monitor: 'macroF1',
  patience: 3,
  classWeights: CLASS_WEIGHTS,
  validationWindows: 4096,
  seed: 1,
  threads: 2,
} as const;

/**
 * Recipe of the original. `batchSize` counts sequences, and in dense mode one sequence carries `labelledSteps` labels
 * and takes memory for all of them.
 */
export const TRAINING_DEFAULTS: Readonly<Record<TrainingConfig['mode'], TrainingConfig>> = {
  dense: { ...RECIPE, mode: 'dense', labelledSteps: 720, batchSize: 32 },
  windowed: { ...RECIPE, mode: 'windowed', labelledSteps: 1, batchSize: 256 },
};

/** Every mistake in a configuration; none if it can be used. */
export function tcnLstmConfigProblems(config: TcnLstmConfig): readonly ConfigProblem[] {
  return numberProblems('base', config, {
    sequenceLength: POSITIVE_INTEGER,
    channels: POSITIVE_INTEGER,
    hidden: { holds: (v) => Number.isInteger(v) && v >= 2, message: 'a whole number above 1' },
    layers: POSITIVE_INTEGER,
    dropout: RATE,
  });
}

/** Fields that are numbers, and what each must be. */
const TRAINING_RULES = {
  labelledSteps: POSITIVE_INTEGER,
  momentum: RATE,
  weightDecay: NOT_NEGATIVE,
  learningRate: POSITIVE,
  warmUpShare: { holds: (v) => v > 0 && v < 1, message: 'a number between 0 and 1' },
  averageDecay: RATE,
  labelSmoothing: RATE,
  focalGamma: { holds: (v) => v === 0 || (Number.isFinite(v) && v >= 1), message: '0 or a number from 1 on' },
  batchSize: POSITIVE_INTEGER,
  epochs: POSITIVE_INTEGER,
  patience: POSITIVE_INTEGER,
  validationWindows: POSITIVE_INTEGER,
  seed: INTEGER,
  threads: POSITIVE_INTEGER,
} satisfies Partial<Record<keyof TrainingConfig, NumberRule>>;

export function trainingConfigProblems(config: TrainingConfig): readonly ConfigProblem[] {
  const { classWeights, microBatchSize } = config;
  const problems = numberProblems('training', config, TRAINING_RULES);
  if (microBatchSize !== undefined) {
    problems.push(...numberProblems('training', { microBatchSize }, { microBatchSize: POSITIVE_INTEGER }));
  }
  if (classWeights.length !== CLASS_COUNT || !classWeights.every(POSITIVE.holds)) {
    problems.push({
      path: 'training.classWeights',
      message: `must be ${CLASS_COUNT} numbers above 0, is [${classWeights.join(', ')}]`,
    });
  }
  return problems;
}

/** @throws {ConfigError} naming every mistake */
export function requireValidConfig(model: TcnLstmConfig, training?: TrainingConfig): void {
  const problems = [
    ...tcnLstmConfigProblems(model),
    ...(training === undefined ? [] : trainingConfigProblems(training)),
  ];
  if (problems.length > 0) throw new ConfigError(problems);
}
