/** Which flags there are: those of every command, and groups that a command may offer besides. */
import { BACKTEST_FLAGS } from './backtest-flags.ts';
import { type ConfigFlag, number, text } from './config-flag.ts';

/** Of every command. */
export const SHARED_FLAGS: readonly ConfigFlag[] = [
  text('--data-dir <dir>', 'where bars, labels, models and reports live (default ./data)', 'dataDir'),
  number('--seed <n>', 'seed of everything that draws (default 1)', 'seed'),
  number('--threads <n>', 'threads of the neural engine (default 2)', 'threads'),
];

/** What the weights of the base model must fit. */
const NETWORK: readonly ConfigFlag[] = [
  number('--sequence-length <bars>', 'bars a window (default 720)', 'base', 'sequenceLength'),
  number('--channels <n>', 'channels of the TCN blocks (default 64)', 'base', 'channels'),
  number('--hidden <n>', 'hidden units of the LSTM (default 256)', 'base', 'hidden'),
  number('--layers <n>', 'LSTM layers (default 2)', 'base', 'layers'),
];

/** Groups of flags that a command may offer besides the shared ones. */
export const FLAG_GROUPS = {
  label: [
    text('--label <preset>', 'label preset (default SELL_0004_BUY_0008_1h)', 'label', 'preset'),
    number(
      '--short <x>',
      'log return below which a bar is SELL, such as -0.004; overrides the preset',
      'label',
      'thresholdShort',
    ),
    number(
      '--long <x>',
      'log return above which a bar is BUY, such as 0.008; overrides the preset',
      'label',
      'thresholdLong',
    ),
    number('--lookahead-minutes <n>', 'time ahead; overrides the preset', 'label', 'lookaheadMinutes'),
  ],
  features: [
    text(
      '--features <set>',
      'quantgod-9 (default), quantgod-9-samples or stationary; see docs/features.md',
      'features',
    ),
  ],
  network: NETWORK,
  base: [
    ...NETWORK,
    number('--dropout <share>', 'dropout (default 0.3)', 'base', 'dropout'),
    number('--learning-rate <x>', 'initial learning rate (default 3e-4)', 'base', 'learningRate'),
    number('--labelled-steps <n>', 'labels a sequence in dense mode (default 720)', 'base', 'labelledSteps'),
    number('--batch-size <n>', 'sequences a step (default 32)', 'base', 'batchSize'),
    number('--epochs <n>', 'most epochs (default 10)', 'base', 'epochs'),
    number('--patience <n>', 'epochs without improvement before stopping (default 3)', 'base', 'patience'),
    text('--mode <dense|windowed>', 'supervision (default dense)', 'base', 'mode'),
    number(
      '--micro-batch-size <n>',
      'most sequences in memory at once (default: as many as fit)',
      'base',
      'microBatchSize',
    ),
    text('--optimiser <adamw|sgd>', 'optimiser (default adamw)', 'base', 'optimiser'),
    number('--weight-decay <x>', 'weight decay (default 0.01)', 'base', 'weightDecay'),
    text(
      '--schedule <cosine|warm-up|one-cycle>',
      'course of the learning rate (default cosine)',
      'base',
      'schedule',
    ),
    number(
      '--average-decay <x>',
      'decay of the weights’ moving average, such as 0.999 (default 0: off)',
      'base',
      'averageDecay',
    ),
    number('--label-smoothing <x>', 'label smoothing (default 0)', 'base', 'labelSmoothing'),
    number('--focal-gamma <x>', 'exponent of the focal loss (default 0: off)', 'base', 'focalGamma'),
    text('--monitor <macroF1|loss>', 'what decides the best epoch (default macroF1)', 'base', 'monitor'),
  ],
  auditor: [
    text(
      '--auditor-features <set>',
      'quantgod-14 (default), or recent-bars: besides them means of the features over 5, 15 and 60 bars',
      'auditor',
      'features',
    ),
    text(
      '--auditor-start <base|prior>',
      'where the auditor’s trees begin: at the base model’s probabilities, or at the class shares (default base)',
      'auditor',
      'start',
    ),
    number('--rounds <n>', 'most boosting rounds of the auditor (default 500)', 'auditor', 'rounds'),
    number('--max-depth <n>', 'depth of the auditor’s trees (default 6)', 'auditor', 'maxDepth'),
    number(
      '--calibration-share <x>',
      'last part of the out-of-fold rows, on which only calibration is fitted (default 0.2)',
      'validation',
      'calibrationShare',
    ),
    number(
      '--coverage <x>',
      'share of the prediction sets that shall hold the truth (default 0.9)',
      'validation',
      'coverage',
    ),
  ],
  macro: [
    text('--encoder <tcn|transformer|gru>', 'encoder (default tcn)', 'macro', 'encoder'),
    text('--task <autoencoder|contrastive|masked>', 'what teaches it (default contrastive)', 'macro', 'task'),
    number('--days <n>', 'days of candles an embedding is made from (default 5)', 'macro', 'days'),
    text(
      '--scaler <robust|min-max|standard>',
      'scaling, with statistics of these days alone (default robust)',
      'macro',
      'scaler',
    ),
    number(
      '--stride <candles>',
      'candles between the ends of training windows (default 72)',
      'macro',
      'strideCandles',
    ),
    number('--patch <candles>', 'candles a step of the encoder (default 12)', 'macro', 'patch'),
    number('--channels <n>', 'width of the encoder (default 64)', 'macro', 'channels'),
    number('--layers <n>', 'layers (default 6 tcn, 3 transformer, 2 gru)', 'macro', 'layers'),
    number('--embedding <n>', 'numbers in an embedding (default 128)', 'macro', 'embedding'),
    number('--dropout <share>', 'dropout (default 0.1)', 'macro', 'dropout'),
    number('--learning-rate <x>', 'initial learning rate (default 1e-3)', 'macro', 'learningRate'),
    number('--batch-size <n>', 'windows a step (default 32)', 'macro', 'batchSize'),
    number('--epochs <n>', 'most epochs (default 20)', 'macro', 'epochs'),
    number('--patience <n>', 'epochs without improvement before stopping (default 5)', 'macro', 'patience'),
    number('--weight-decay <x>', 'weight decay, L2 (default 0.01)', 'macro', 'weightDecay'),
    number('--temperature <x>', 'of the contrastive task (default 0.2)', 'macro', 'temperature'),
    number(
      '--hidden-share <x>',
      'of the masked task: share that is hidden (default 0.4)',
      'macro',
      'hiddenShare',
    ),
  ],
  micro: [
    text('--branch <cnn|gru>', 'branch of the last candles (default cnn)', 'micro', 'branch'),
    text(
      '--output <score|classes>',
      'one number in [−1, 1], or three probabilities (default score)',
      'micro',
      'output',
    ),
    number(
      '--window <candles>',
      'candles a decision sees, 24 to 120 (default 60)',
      'micro',
      'sequenceLength',
    ),
    text(
      '--label <threshold|volatility|trade>',
      'what the labels are of (default threshold)',
      'micro',
      'label',
      'kind',
    ),
    number(
      '--horizon <candles>',
      'candles that labels look ahead (default 12)',
      'micro',
      'label',
      'horizonCandles',
    ),
    number(
      '--threshold <x>',
      'label threshold: log return that makes BUY or SELL (default 0.004)',
      'micro',
      'label',
      'threshold',
    ),
    number(
      '--deviations <x>',
      'label volatility: threshold in deviations of the return (default 1)',
      'micro',
      'label',
      'deviations',
    ),
    number(
      '--stop <x>',
      'label trade: stop as a share of the price (default 0.004)',
      'micro',
      'label',
      'stop',
    ),
    number(
      '--take-profit <x>',
      'label trade: target as a share of the price (default 0.008)',
      'micro',
      'label',
      'takeProfit',
    ),
    number(
      '--costs <x>',
      'label trade: of entry and exit together (default 0.0011)',
      'micro',
      'label',
      'costs',
    ),
    number('--channels <n>', 'width of the branch (default 32)', 'micro', 'channels'),
    number('--layers <n>', 'GRU layers (default 1)', 'micro', 'layers'),
    number('--hidden <n>', 'width of the joint layer (default 64)', 'micro', 'hidden'),
    number('--dropout <share>', 'dropout (default 0.1)', 'micro', 'dropout'),
    number('--labelled-steps <n>', 'labels a sequence (default 48)', 'micro', 'labelledSteps'),
    number('--learning-rate <x>', 'initial learning rate (default 1e-3)', 'micro', 'learningRate'),
    number('--batch-size <n>', 'sequences a step (default 32)', 'micro', 'batchSize'),
    number('--epochs <n>', 'most epochs (default 20)', 'micro', 'epochs'),
    number('--patience <n>', 'epochs without improvement before stopping (default 4)', 'micro', 'patience'),
    number('--weight-decay <x>', 'weight decay, L2 (default 0.01)', 'micro', 'weightDecay'),
    number(
      '--confidence-penalty <x>',
      'weight of the mean entropy (default 0.05; 0 = off)',
      'micro',
      'confidencePenalty',
    ),
    text('--score-loss <huber|mse>', 'loss of scores (default huber)', 'micro', 'scoreLoss'),
    number('--days <n>', 'without MacroNet: days that features are scaled by (default 5)', 'macro', 'days'),
    text(
      '--scaler <robust|min-max|standard>',
      'without MacroNet: scaling, with statistics of these days alone (default robust)',
      'macro',
      'scaler',
    ),
  ],
  split: [
    number(
      '--test-share <x>',
      'last part of the history kept for the test (default 0.1)',
      'validation',
      'testShare',
    ),
    number(
      '--stop-share <x>',
      'latest part of the rest, which chooses the epoch (default 0.15)',
      'validation',
      'stopShare',
    ),
    number(
      '--embargo-minutes <n>',
      'extra distance after a training label’s end (default 0)',
      'validation',
      'embargoMinutes',
    ),
  ],
  validation: [
    number('--folds <n>', 'walk-forward folds (default 5)', 'validation', 'folds'),
    number(
      '--past-blocks <n>',
      'rolling walk-forward: blocks that a fold learns from (default all: expanding)',
      'validation',
      'pastBlocks',
    ),
    number(
      '--test-share <x>',
      'last part of the history kept for the test (default 0.1)',
      'validation',
      'testShare',
    ),
    number(
      '--embargo-minutes <n>',
      'extra distance after a training label’s end (default 0)',
      'validation',
      'embargoMinutes',
    ),
  ],
  backtest: BACKTEST_FLAGS,
  evaluation: [
    number(
      '--bootstrap-samples <n>',
      'resamples behind an interval (default 1000)',
      'evaluation',
      'bootstrapSamples',
    ),
    number(
      '--cost-bps <x>',
      'cost of one trade in the economic sketch (default 5.5)',
      'evaluation',
      'costBps',
    ),
    number('--null-draws <n>', 'draws of each null test (default 8)', 'evaluation', 'nullDraws'),
  ],
} as const satisfies Record<string, readonly ConfigFlag[]>;

export type FlagGroup = keyof typeof FLAG_GROUPS;
