/** The sections `macro` and `micro` of the configuration, and what the networks make of them. */
import { z } from 'zod';
import { SCALER_KINDS } from '../../domain/candles/index.ts';
import { CLASS_WEIGHTS } from '../../domain/core/index.ts';
import { ADAPTIVE_DEFAULTS } from '../../domain/signals/index.ts';
import {
  ENCODERS,
  MACRO_DEFAULTS,
  type MacroConfig,
  MICRO_BRANCHES,
  MICRO_DEFAULTS,
  MICRO_OUTPUTS,
  MICRO_TRAINING_DEFAULTS,
  type MicroConfig,
  type MicroTrainingConfig,
  PRETRAINING_DEFAULTS,
  PRETRAINING_TASKS,
  type PretrainingConfig,
  SCORE_LOSSES,
} from '../../learning/candles/index.ts';

const count = z.int().min(1);
const rate = z.number().min(0).lt(1);
const NETWORK = MACRO_DEFAULTS.tcn;
const RECIPE = PRETRAINING_DEFAULTS.contrastive;

/** MacroNet and its pre-training (reference §5). */
export const MacroSchema = z
  .strictObject({
    encoder: z.enum(ENCODERS).default('tcn'),
    task: z.enum(PRETRAINING_TASKS).default('contrastive'),
    days: count
      .max(60)
      .default(5)
      .describe('days of candles that an embedding, and the scaling of the day after them, are made from'),
    scaler: z.enum(SCALER_KINDS).default('robust'),
    strideCandles: count
      .default(72)
      .describe('candles between the ends of training windows; divides a day, so that they meet 00:00 UTC'),
    patch: count.default(NETWORK.patch).describe('candles that become one step of the encoder'),
    channels: count.default(NETWORK.channels),
    layers: count.optional().describe('by default 6 (tcn), 3 (transformer) or 2 (gru)'),
    heads: count.default(NETWORK.heads).describe('of the transformer'),
    attentionWindow: count.default(NETWORK.attentionWindow).describe('of the transformer, in steps'),
    embedding: count.default(NETWORK.embedding),
    dropout: rate.default(NETWORK.dropout),
    epochs: count.default(RECIPE.epochs),
    batchSize: count.default(RECIPE.batchSize),
    learningRate: z.number().gt(0).default(RECIPE.learningRate),
    weightDecay: z.number().min(0).default(RECIPE.weightDecay),
    patience: count.default(RECIPE.patience),
    temperature: z.number().gt(0).default(RECIPE.temperature).describe('of the contrastive task'),
    projection: count.default(RECIPE.projection).describe('of the contrastive task'),
    segmentShare: z.number().gt(0).max(1).default(RECIPE.augmentation.segmentShare),
    jitter: z.number().min(0).default(RECIPE.augmentation.jitter),
    scaling: z.number().min(0).default(RECIPE.augmentation.scaling),
    timeMask: rate.default(RECIPE.augmentation.timeMask),
    hiddenShare: z.number().gt(0).lt(1).default(RECIPE.hiddenShare).describe('of the masked task'),
    hiddenSpan: count.default(RECIPE.hiddenSpan).describe('of the masked task'),
  })
  .prefault({});

/** What happened afterwards; see `domain/labels/label-candles.ts`. */
export const CandleLabelSchema = z
  .strictObject({
    kind: z.enum(['threshold', 'volatility', 'trade']).default('threshold'),
    horizonCandles: count.default(12),
    threshold: z.number().gt(0).default(0.004).describe('log return, of `threshold`'),
    deviations: z.number().gt(0).default(1).describe('of the return over the horizon, of `volatility`'),
    volatilityCandles: count.default(288).describe('of `volatility`'),
    stop: z.number().gt(0).default(0.004).describe('share of the price, of `trade`'),
    takeProfit: z.number().gt(0).default(0.008).describe('share of the price, of `trade`'),
    costs: z.number().min(0).default(0.0011).describe('of entry and exit together, of `trade`'),
  })
  .prefault({});

export type CandleLabelConfig = z.infer<typeof CandleLabelSchema>;

const SignalSchema = z
  .strictObject({
    buyShare: z.number().gt(0).max(0.5).default(ADAPTIVE_DEFAULTS.buyShare),
    sellShare: z.number().gt(0).max(0.5).default(ADAPTIVE_DEFAULTS.sellShare),
    memory: count.default(ADAPTIVE_DEFAULTS.memory),
    warmUp: count.default(ADAPTIVE_DEFAULTS.warmUp),
    rateGain: z.number().min(0).default(ADAPTIVE_DEFAULTS.rateGain),
  })
  .prefault({});

const TRAINING = MICRO_TRAINING_DEFAULTS;

/** MicroNet, its labels and its training (reference §5). */
export const MicroSchema = z
  .strictObject({
    branch: z.enum(MICRO_BRANCHES).default(MICRO_DEFAULTS.branch),
    output: z.enum(MICRO_OUTPUTS).default(MICRO_DEFAULTS.output),
    sequenceLength: z.int().min(24).max(120).default(MICRO_DEFAULTS.sequenceLength),
    channels: count.default(MICRO_DEFAULTS.channels),
    layers: count.default(MICRO_DEFAULTS.layers).describe('of the GRU'),
    hidden: count.default(MICRO_DEFAULTS.hidden),
    dropout: rate.default(MICRO_DEFAULTS.dropout),
    label: CandleLabelSchema,
    labelledSteps: count.default(TRAINING.labelledSteps),
    batchSize: count.default(TRAINING.batchSize),
    epochs: count.default(TRAINING.epochs),
    learningRate: z.number().gt(0).default(TRAINING.learningRate),
    weightDecay: z.number().min(0).default(TRAINING.weightDecay),
    patience: count.default(TRAINING.patience),
    scoreLoss: z.enum(SCORE_LOSSES).default(TRAINING.scoreLoss),
    huberDelta: z.number().gt(0).default(TRAINING.huberDelta),
    classWeights: z.tuple([z.number().gt(0), z.number().gt(0), z.number().gt(0)]).default([...CLASS_WEIGHTS]),
    confidencePenalty: z.number().min(0).default(TRAINING.confidencePenalty),
    signal: SignalSchema,
  })
  .prefault({});

export type MacroSettings = z.infer<typeof MacroSchema>;
export type MicroSettings = z.infer<typeof MicroSchema>;

interface Machine {
  readonly seed: number;
  readonly threads: number;
}

/** The encoder for windows of `sequenceLength` candles, and its pre-training. */
export function macroNetwork(
  settings: MacroSettings,
  sequenceLength: number,
  { seed, threads }: Machine,
): { readonly model: MacroConfig; readonly pretraining: PretrainingConfig } {
  const { encoder, patch, channels, heads, attentionWindow, embedding, dropout } = settings;
  const { segmentShare, jitter, scaling, timeMask } = settings;
  return {
    model: {
      encoder,
      sequenceLength,
      patch,
      channels,
      layers: settings.layers ?? MACRO_DEFAULTS[encoder].layers,
      heads,
      attentionWindow,
      embedding,
      dropout,
    },
    pretraining: {
      task: settings.task,
      epochs: settings.epochs,
      batchSize: settings.batchSize,
      learningRate: settings.learningRate,
      weightDecay: settings.weightDecay,
      patience: settings.patience,
      temperature: settings.temperature,
      projection: settings.projection,
      augmentation: { segmentShare, jitter, scaling, timeMask },
      hiddenShare: settings.hiddenShare,
      hiddenSpan: settings.hiddenSpan,
      seed,
      threads,
    },
  };
}

/** The network for embeddings of `embedding` numbers (0 = none), and its training. */
export function microNetwork(
  settings: MicroSettings,
  embedding: number,
  { seed, threads }: Machine,
): { readonly model: MicroConfig; readonly training: MicroTrainingConfig } {
  const { branch, output, sequenceLength, channels, layers, hidden, dropout, ...others } = settings;
  const { label: _, signal: __, ...training } = others;
  return {
    model: { branch, output, sequenceLength, channels, layers, hidden, dropout, embedding },
    training: { ...training, seed, threads },
  };
}
