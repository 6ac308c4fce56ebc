/** Configuration of MacroNet and of its pre-training, with all mistakes found at once. */
import {
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

export const ENCODERS = ['tcn', 'transformer', 'gru'] as const;
export type EncoderKind = (typeof ENCODERS)[number];

export const PRETRAINING_TASKS = ['autoencoder', 'contrastive', 'masked'] as const;
export type PretrainingTask = (typeof PRETRAINING_TASKS)[number];

/** Architecture of the encoder. */
export interface MacroConfig {
  readonly encoder: EncoderKind;
  /** Candles that an embedding is made from. */
  readonly sequenceLength: number;
  /** Candles that become one step of the encoder; divides `sequenceLength`. 1 = every candle is a step. */
  readonly patch: number;
  /** Width of a step inside the encoder. */
  readonly channels: number;
  /** TCN blocks (their dilations are 1, 2, 4, …), transformer blocks, or GRU layers. */
  readonly layers: number;
  /** Of the transformer; divides `channels`. */
  readonly heads: number;
  /** Of the transformer: steps on each side that a step sees, itself included. */
  readonly attentionWindow: number;
  /** Numbers in an embedding. */
  readonly embedding: number;
  readonly dropout: number;
}

const SIZES = {
  sequenceLength: 1440,
  patch: 12,
  channels: 64,
  heads: 4,
  attentionWindow: 24,
  embedding: 128,
  dropout: 0.1,
} as const;

/** Five days of 5-minute candles in steps of an hour. Six TCN blocks see 127 steps back: all 120. */
export const MACRO_DEFAULTS: Readonly<Record<EncoderKind, MacroConfig>> = {
  tcn: { ...SIZES, encoder: 'tcn', layers: 6 },
  transformer: { ...SIZES, encoder: 'transformer', layers: 3 },
  gru: { ...SIZES, encoder: 'gru', layers: 2 },
};

/** How the contrastive task makes a view of a window: see `views.ts`. */
export interface AugmentationConfig {
  /** Length of a segment as a share of the window. */
  readonly segmentShare: number;
  /** Standard deviation of the noise on every value, in standard deviations of the feature. */
  readonly jitter: number;
  /** Standard deviation of the logarithm of each feature's factor. */
  readonly scaling: number;
  /** Share of a segment's steps that are set to the mean. */
  readonly timeMask: number;
}

export interface PretrainingConfig {
  readonly task: PretrainingTask;
  readonly epochs: number;
  /** Windows in a step. */
  readonly batchSize: number;
  /** The highest one; it falls by half a cosine. */
  readonly learningRate: number;
  /** AdamW's, decoupled from the gradient: L2. */
  readonly weightDecay: number;
  /** Stops after so many epochs without a lower validation loss. */
  readonly patience: number;
  /** Of the contrastive task. */
  readonly temperature: number;
  /** Numbers that the contrastive task compares: it does so behind a small network that is then thrown away. */
  readonly projection: number;
  readonly augmentation: AugmentationConfig;
  /** Of the masked task: share of the encoder's steps that are hidden. */
  readonly hiddenShare: number;
  /** Of the masked task: steps that are hidden next to each other. */
  readonly hiddenSpan: number;
  readonly seed: number;
  readonly threads: number;
}

const RECIPE: Omit<PretrainingConfig, 'task'> = {
  epochs: 20,
  batchSize: 32,
  learningRate: 1e-3,
  weightDecay: 0.01,
  patience: 5,
  temperature: 0.2,
  projection: 64,
  augmentation: { segmentShare: 0.6, jitter: 0.1, scaling: 0.1, timeMask: 0.1 },
  hiddenShare: 0.4,
  hiddenSpan: 3,
  seed: 1,
  threads: 2,
};

export const PRETRAINING_DEFAULTS: Readonly<Record<PretrainingTask, PretrainingConfig>> = {
  autoencoder: { ...RECIPE, task: 'autoencoder' },
  contrastive: { ...RECIPE, task: 'contrastive' },
  masked: { ...RECIPE, task: 'masked' },
};

/** Steps of the encoder. */
export const stepsOf = ({ sequenceLength, patch }: MacroConfig): number => sequenceLength / patch;

/** Candles in a segment of the contrastive task: whole patches. */
export function segmentLength(
  { sequenceLength, patch }: MacroConfig,
  { segmentShare }: AugmentationConfig,
): number {
  return Math.max(1, Math.round((segmentShare * sequenceLength) / patch)) * patch;
}

const SHARE: NumberRule = { holds: (v) => v > 0 && v <= 1, message: 'a number above 0, at most 1' };
const PART: NumberRule = { holds: (v) => v > 0 && v < 1, message: 'a number between 0 and 1' };

export function macroConfigProblems(config: MacroConfig): readonly ConfigProblem[] {
  const problems = numberProblems('macro', config, {
    sequenceLength: POSITIVE_INTEGER,
    patch: POSITIVE_INTEGER,
    channels: POSITIVE_INTEGER,
    layers: POSITIVE_INTEGER,
    heads: POSITIVE_INTEGER,
    attentionWindow: POSITIVE_INTEGER,
    embedding: POSITIVE_INTEGER,
    dropout: RATE,
  });
  const { encoder, sequenceLength, patch, channels, heads } = config;
  if (!ENCODERS.includes(encoder)) {
    problems.push({ path: 'macro.encoder', message: `must be ${ENCODERS.join(', ')}, is ${encoder}` });
  }
  if (sequenceLength % patch !== 0) {
    problems.push({
      path: 'macro.patch',
      message: `must divide the ${sequenceLength} candles of a sequence, is ${patch}`,
    });
  }
  if (encoder === 'transformer' && (channels % heads !== 0 || channels % 2 !== 0)) {
    problems.push({
      path: 'macro.heads',
      message: `must divide an even number of channels, is ${heads} for ${channels}`,
    });
  }
  return problems;
}

export function pretrainingConfigProblems(config: PretrainingConfig): readonly ConfigProblem[] {
  const { task, batchSize, augmentation } = config;
  const problems = [
    ...numberProblems('pretraining', config, {
      epochs: POSITIVE_INTEGER,
      batchSize: POSITIVE_INTEGER,
      learningRate: POSITIVE,
      weightDecay: NOT_NEGATIVE,
      patience: POSITIVE_INTEGER,
      temperature: POSITIVE,
      projection: POSITIVE_INTEGER,
      hiddenShare: PART,
      hiddenSpan: POSITIVE_INTEGER,
      seed: INTEGER,
      threads: POSITIVE_INTEGER,
    }),
    ...numberProblems('pretraining.augmentation', augmentation, {
      segmentShare: SHARE,
      jitter: NOT_NEGATIVE,
      scaling: NOT_NEGATIVE,
      timeMask: RATE,
    }),
  ];
  if (!PRETRAINING_TASKS.includes(task)) {
    problems.push({
      path: 'pretraining.task',
      message: `must be ${PRETRAINING_TASKS.join(', ')}, is ${task}`,
    });
  }
  if (task === 'contrastive' && batchSize < 2) {
    problems.push({
      path: 'pretraining.batchSize',
      message: `must be 2 or more, for a window needs others to differ from, is ${batchSize}`,
    });
  }
  return problems;
}

/** @throws {ConfigError} naming every mistake */
export function requireValidMacro(model: MacroConfig, pretraining?: PretrainingConfig): void {
  const problems = [
    ...macroConfigProblems(model),
    ...(pretraining === undefined ? [] : pretrainingConfigProblems(pretraining)),
  ];
  if (problems.length > 0) throw new ConfigError(problems);
}
