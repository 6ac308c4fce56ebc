/**
 * One configuration for the whole program: defaults ← YAML file ← flags. The effective configuration is stored
 * with every run and model, so that a run can be repeated from its artifact alone.
 */
import { z } from 'zod';
import { CLASS_WEIGHTS, ConfigError } from '../domain/core/index.ts';
import type { ConfigProblem } from '../domain/core/index.ts';
import { FEATURE_SET_NAMES, META_FEATURE_SETS } from '../domain/features/index.ts';
import { LABEL_PRESETS, labelDefinition } from '../domain/labels/index.ts';
import type { LabelDefinition } from '../domain/labels/index.ts';
import { DEFAULT_BOOSTING } from '../learning/boosting/index.ts';
import { TCN_LSTM_DEFAULTS, TRAINING_DEFAULTS } from '../learning/models/index.ts';
import { MacroSchema, MicroSchema } from './candle-models/config.ts';
import { BacktestSchema } from './backtest/backtest-config.ts';

const { dense: DENSE } = TRAINING_DEFAULTS;
const share = z.number().gt(0).lt(1);
const count = z.int().min(1);

/** A preset by name, or all three of its own; see `resolveLabel`. */
const LabelSchema = z
  .strictObject({
    preset: z.string().default('SELL_0004_BUY_0008_1h').describe('name of a label preset'),
    thresholdShort: z.number().lt(0).optional().describe('log return below which a bar is SELL'),
    thresholdLong: z.number().gt(0).optional().describe('log return above which a bar is BUY'),
    lookaheadMinutes: z.int().min(1).optional(),
  })
  .prefault({});

/** Recipe of the base model. Defaults and search space: QuantGod (reference §3). */
const BaseSchema = z
  .strictObject({
    sequenceLength: count.default(TCN_LSTM_DEFAULTS.sequenceLength).describe('bars a window'),
    channels: count.default(TCN_LSTM_DEFAULTS.channels),
    hidden: count.default(TCN_LSTM_DEFAULTS.hidden),
    layers: z.int().min(1).max(4).default(TCN_LSTM_DEFAULTS.layers),
    dropout: z.number().min(0).lt(1).default(TCN_LSTM_DEFAULTS.dropout),
    optimiser: z.enum(['adamw', 'sgd']).default(DENSE.optimiser),
    momentum: z.number().min(0).lt(1).default(DENSE.momentum).describe('of SGD'),
    weightDecay: z.number().min(0).default(DENSE.weightDecay),
    learningRate: z.number().gt(0).default(DENSE.learningRate).describe('the highest one of the schedule'),
    schedule: z.enum(['cosine', 'warm-up', 'one-cycle']).default(DENSE.schedule),
    warmUpShare: share.default(DENSE.warmUpShare).describe('share of all steps on which the rate goes up'),
    averageDecay: z
      .number()
      .min(0)
      .lt(1)
      .default(DENSE.averageDecay)
      .describe('of the moving average of the weights, such as 0.999; 0 = off'),
    labelSmoothing: z.number().min(0).lt(1).default(DENSE.labelSmoothing),
    focalGamma: z
      .union([z.literal(0), z.number().min(1)])
      .default(DENSE.focalGamma)
      .describe('exponent of the focal loss, from 1 on; 0 = off'),
    labelledSteps: count.default(DENSE.labelledSteps).describe('labels a sequence in dense mode'),
    batchSize: count
      .default(DENSE.batchSize)
      .describe('sequences a step; the original took 256 windows in windowed mode'),
    microBatchSize: count
      .optional()
      .describe(
        'most sequences in memory at once; without it as many as fit; part of what makes a run repeatable',
      ),
    epochs: count.default(DENSE.epochs),
    validationWindows: count
      .default(DENSE.validationWindows)
      .describe('most windows that judge an epoch, evenly spread'),
    monitor: z
      .enum(['macroF1', 'loss'])
      .default(DENSE.monitor)
      .describe('what of the validation decides which epoch is best'),
    patience: count.default(DENSE.patience).describe('epochs without a better one before stopping'),
    mode: z.enum(['dense', 'windowed']).default('dense'),
    classWeights: z.tuple([z.number().gt(0), z.number().gt(0), z.number().gt(0)]).default([...CLASS_WEIGHTS]),
  })
  .prefault({});

/** Parameters of the auditor. Defaults: QuantGod (reference §4). */
const AuditorSchema = z
  .strictObject({
    features: z
      .enum(META_FEATURE_SETS)
      .default('quantgod-14')
      .describe('what it sees: the fourteen of the original, or besides them means of recent bars'),
    start: z
      .enum(['base', 'prior'])
      .default('base')
      .describe(
        'where the trees begin: at the base model’s probabilities, or, as the original, at the class shares',
      ),
    rounds: count.default(DEFAULT_BOOSTING.rounds),
    maxDepth: z.int().min(1).max(16).default(DEFAULT_BOOSTING.maxDepth),
    learningRate: z.number().gt(0).max(1).default(DEFAULT_BOOSTING.eta),
    subsample: z.number().gt(0).max(1).default(DEFAULT_BOOSTING.subsample),
    columnSample: z.number().gt(0).max(1).default(DEFAULT_BOOSTING.columnSampleByTree),
    minChildWeight: z.number().min(0).default(DEFAULT_BOOSTING.minChildWeight),
    alpha: z.number().min(0).default(DEFAULT_BOOSTING.alpha),
    lambda: z.number().min(0).default(DEFAULT_BOOSTING.lambda),
    earlyStoppingRounds: count.default(DEFAULT_BOOSTING.earlyStoppingRounds),
    uniqueness: z
      .boolean()
      .default(true)
      .describe(
        'each row counts by the average uniqueness of its label, so that overlapping ones add up to one',
      ),
    classWeights: z
      .tuple([z.number().gt(0), z.number().gt(0), z.number().gt(0)])
      .default([1, 1, 1])
      .describe('of SELL, NEUTRAL, BUY; taken out of the probabilities again'),
  })
  .prefault({});

const ValidationSchema = z
  .strictObject({
    testShare: share.default(0.1).describe('last part of the history, opened once'),
    folds: z.int().min(2).max(20).default(5),
    pastBlocks: count
      .optional()
      .describe(
        'rolling walk-forward: blocks of the past that a fold, and the shipped model, learn from; without it all (expanding)',
      ),
    stopShare: share.default(0.15).describe('latest part of each training past, used for early stopping'),
    embargoMinutes: z
      .int()
      .min(0)
      .default(0)
      .describe('extra distance between a training label’s end and what it is judged on'),
    calibrationShare: share
      .default(0.2)
      .describe(
        'last part of the out-of-fold rows, on which nothing but calibration and prediction sets are fitted',
      ),
    coverage: share.default(0.9).describe('share of the prediction sets that shall hold the truth'),
  })
  .prefault({});

const EvaluationSchema = z
  .strictObject({
    bootstrapSamples: z.int().min(100).default(1000),
    costBps: z
      .number()
      .min(0)
      .default(5.5)
      .describe('cost of one trade in basis points of the price; the default is a taker fee of 0.055 %'),
    baselineRows: count
      .default(40_000)
      .describe('most development rows that the boosting baseline learns from, evenly spread'),
    nullDraws: z.int().min(3).max(100).default(8).describe('how often each null test draws its labels'),
    nullRows: z
      .int()
      .min(500)
      .default(4000)
      .describe('most rows that a null test learns from, evenly spread'),
    nullRounds: count.default(20).describe('most boosting rounds of a null test'),
    probeCuts: count.default(6).describe('truncated histories of the look-ahead probe'),
  })
  .prefault({});

export const ConfigSchema = z.strictObject({
  dataDir: z.string().min(1).default('./data'),
  seed: z.int().min(0).max(2_147_483_647).default(1),
  threads: z
    .int()
    .min(1)
    .max(256)
    .default(2)
    .describe('threads of the neural engine; part of what makes a run repeatable'),
  features: z
    .enum(FEATURE_SET_NAMES)
    .default('quantgod-9')
    .describe('feature set of the base model; see docs/features.md'),
  label: LabelSchema,
  base: BaseSchema,
  auditor: AuditorSchema,
  macro: MacroSchema,
  micro: MicroSchema,
  validation: ValidationSchema,
  evaluation: EvaluationSchema,
  backtest: BacktestSchema,
});

export type Config = z.infer<typeof ConfigSchema>;
export type AuditorRecipe = Config['auditor'];

/**
 * Checks an untrusted value against the schema.
 * @param nameOf how a field is called where the value came from, for the message; default: its path
 * @throws ConfigError with every problem and the path of its field
 */
export function parseConfig(value: unknown, nameOf: (field: string) => string = (field) => field): Config {
  const result = ConfigSchema.safeParse(value);
  if (result.success) return result.data;
  const problems: ConfigProblem[] = result.error.issues.map((issue) => ({
    path: nameOf(issue.path.length > 0 ? issue.path.join('.') : '(root)'),
    message: issue.message,
  }));
  throw new ConfigError(problems);
}

export type PartialTree = { readonly [key: string]: unknown };

const isTree = (value: unknown): value is PartialTree =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Lays `over` on `under`, field by field; `undefined` covers nothing. */
export function overlay(under: PartialTree, over: PartialTree): PartialTree {
  const merged: Record<string, unknown> = { ...under };
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key];
    if (value !== undefined) merged[key] = isTree(value) && isTree(below) ? overlay(below, value) : value;
  }
  return merged;
}

/** The label definition that a configuration names: custom when any of its three numbers is given, else a preset. */
export function resolveLabel({
  preset,
  thresholdShort,
  thresholdLong,
  lookaheadMinutes,
}: Config['label']): LabelDefinition {
  const known = LABEL_PRESETS.get(preset);
  if (known === undefined) {
    throw new ConfigError([
      {
        path: 'label.preset',
        message: `unknown preset "${preset}"; there are: ${[...LABEL_PRESETS.keys()].join(', ')}`,
      },
    ]);
  }
  if (thresholdShort === undefined && thresholdLong === undefined && lookaheadMinutes === undefined)
    return known;
  return labelDefinition(
    thresholdShort ?? known.thresholdShort,
    thresholdLong ?? known.thresholdLong,
    lookaheadMinutes ?? known.lookaheadMinutes,
  );
}
