/**
 * The recipe of every experiment. It was fixed on generated markets, before any real candle was looked at, and is the same
 * for all variants but for what an experiment varies. Small networks and few epochs: an experiment trains dozens of them.
 */
import { CANDLE_INTERVALS, isCandleInterval } from '../../domain/candles/index.ts';
import { ConfigError, DAY_MS } from '../../domain/core/index.ts';
import { ADAPTIVE_DEFAULTS, type AdaptiveThresholdConfig } from '../../domain/signals/index.ts';
import {
  MACRO_DEFAULTS,
  type MacroConfig,
  MICRO_DEFAULTS,
  MICRO_TRAINING_DEFAULTS,
  type MicroConfig,
  type MicroTrainingConfig,
  PRETRAINING_DEFAULTS,
  type PretrainingConfig,
} from '../../learning/candles/index.ts';

export interface ExperimentRecipe {
  readonly intervalMs: number;
  readonly macro: MacroConfig;
  /** Time between the ends of the windows that MacroNet learns from. */
  readonly macroStrideMs: number;
  /** Without seed and task, which a variant names. */
  readonly pretraining: Omit<PretrainingConfig, 'task' | 'seed'>;
  /** With the longest window: an experiment may shorten it. */
  readonly micro: MicroConfig;
  readonly training: Omit<MicroTrainingConfig, 'seed'>;
  readonly label: {
    /** Candles ahead that are predicted, and that a position is held. */
    readonly horizonCandles: number;
    /** Of the three classes: deviations of the return over the horizon. */
    readonly deviations: number;
    readonly volatilityCandles: number;
  };
  readonly thresholds: AdaptiveThresholdConfig;
  /** Share of the account in a position. */
  readonly positionShare: number;
  /** Of a fold's past: stops the training of both networks. */
  readonly stoppingShare: number;
}

const MACRO_DAYS = 5;
/** Candles of the interval that become one step of MacroNet. */
const PATCH = 12;
export const SHORT_WINDOW = 24;
export const LONG_WINDOW = 60;

/** @throws ConfigError for an unknown interval, or one of which so many days are no whole number of steps */
export function experimentRecipe(interval: string, days: number = MACRO_DAYS): ExperimentRecipe {
  if (!isCandleInterval(interval)) {
    const known = Object.keys(CANDLE_INTERVALS).join(', ');
    throw new ConfigError([
      { path: '--interval', message: `unknown interval "${interval}"; known: ${known}` },
    ]);
  }
  const intervalMs = CANDLE_INTERVALS[interval];
  const sequenceLength = (days * DAY_MS) / intervalMs;
  if (sequenceLength % PATCH !== 0 || sequenceLength < 4 * PATCH) {
    throw new ConfigError([
      {
        path: '--interval',
        message: `${days} days of ${interval} candles are ${sequenceLength}, no four or more steps of ${PATCH} candles`,
      },
    ]);
  }
  const threads = 1;
  const { task: _, seed: __, ...pretraining } = PRETRAINING_DEFAULTS.contrastive;
  const { seed: ___, ...training } = MICRO_TRAINING_DEFAULTS;
  const embedding = 32;
  return {
    intervalMs,
    macro: { ...MACRO_DEFAULTS.tcn, sequenceLength, patch: PATCH, channels: 24, layers: 5, embedding },
    macroStrideMs: DAY_MS / 2,
    pretraining: { ...pretraining, epochs: 10, patience: 5, learningRate: 3e-3, projection: 32, threads },
    micro: { ...MICRO_DEFAULTS, sequenceLength: LONG_WINDOW, channels: 16, hidden: 32, embedding },
    training: {
      ...training,
      labelledSteps: 144,
      batchSize: 16,
      epochs: 10,
      patience: 4,
      learningRate: 3e-3,
      confidencePenalty: 0,
      threads,
    },
    label: { horizonCandles: 12, deviations: 0.5, volatilityCandles: 48 },
    thresholds: ADAPTIVE_DEFAULTS,
    positionShare: 0.1,
    stoppingShare: 0.15,
  };
}

/** Days that MacroNet sees. */
export const macroDays = ({ macro, intervalMs }: ExperimentRecipe): number =>
  (macro.sequenceLength * intervalMs) / DAY_MS;
