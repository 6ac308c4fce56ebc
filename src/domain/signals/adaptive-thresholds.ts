/**
 * From scores to BUY, SELL or nothing. A rule sees one score at a time, decides, and only then remembers it: no decision
 * depends on its own score's rank or on anything that comes later.
 */
import {
  BUY,
  ConfigError,
  NEUTRAL,
  NOT_NEGATIVE,
  type NumberRule,
  POSITIVE_INTEGER,
  SELL,
  numberProblems,
} from '../core/index.ts';
import { quantileOfSorted } from '../math/index.ts';
import { RollingQuantile } from './rolling-quantile.ts';

export interface SignalDecision {
  /** SELL 0, NEUTRAL 1, BUY 2. */
  readonly direction: number;
  /** Why NEUTRAL: too few scores are known yet, or the score lies between the thresholds. */
  readonly state: 'warm-up' | 'ready';
  /** BUY above; NaN during warm-up. */
  readonly buyAbove: number;
  /** SELL below; NaN during warm-up. */
  readonly sellBelow: number;
}

export interface SignalRule {
  /** @throws {InvariantError} when the score is not finite */
  decide(score: number): SignalDecision;
}

export interface StaticThresholds {
  readonly buyAbove: number;
  readonly sellBelow: number;
}

/** The same thresholds for ever: what adaptive ones are compared with (experiment E4). */
export function staticRule({ buyAbove, sellBelow }: StaticThresholds): SignalRule {
  if (!(sellBelow <= buyAbove)) {
    throw new ConfigError([
      { path: 'signal.sellBelow', message: `must not be above buyAbove ${buyAbove}, is ${sellBelow}` },
    ]);
  }
  return {
    decide: (score) => {
      const direction = score > buyAbove ? BUY : score < sellBelow ? SELL : NEUTRAL;
      return { direction, state: 'ready', buyAbove, sellBelow };
    },
  };
}

export interface AdaptiveThresholdConfig {
  /** Share of decisions that should be BUY. */
  readonly buyShare: number;
  /** Share of decisions that should be SELL. */
  readonly sellShare: number;
  /** Scores whose quantiles are the thresholds. */
  readonly memory: number;
  /** Scores before the first decision. */
  readonly warmUp: number;
  /** γ of the rate control; 0 = quantiles alone. */
  readonly rateGain: number;
}

/** A week of 5-minute scores, from the second day on. */
export const ADAPTIVE_DEFAULTS: AdaptiveThresholdConfig = {
  buyShare: 0.15,
  sellShare: 0.15,
  memory: 2016,
  warmUp: 288,
  rateGain: 0.005,
};

/** All that decisions depend on: plain data, from which a rule goes on as if it had never stopped. */
export interface AdaptiveThresholdState {
  /** The scores remembered, oldest first. */
  readonly scores: readonly number[];
  /** The shares a. */
  readonly buyShare: number;
  readonly sellShare: number;
}

/** No side may take more than half of all decisions, so that the thresholds never cross. */
const LARGEST_SHARE = 0.5;

/**
 * Thresholds at quantiles of past scores: BUY above the 1 − a_buy quantile, SELL below the a_sell quantile. The shares a
 * start at their targets and follow the rate at which signals really come:
 *
 *     a ← a + γ·(target − signalled)     within [0, ½], where 0 means: not now
 *
 * after every decision, with signalled 1 or 0. This is adaptive conformal inference (Gibbs & Candès 2021): as long as a
 * stays within its bounds, the share of signals over n decisions is within ½/(γ·n) of the target, however the
 * scores drift.
 */
export class AdaptiveThresholds implements SignalRule {
  readonly #config: AdaptiveThresholdConfig;
  readonly #past: RollingQuantile;
  #buyShare: number;
  #sellShare: number;

  /** @throws {ConfigError} naming every mistake */
  constructor(config: AdaptiveThresholdConfig = ADAPTIVE_DEFAULTS, state?: AdaptiveThresholdState) {
    requireValidThresholds(config);
    this.#config = config;
    this.#past = new RollingQuantile(config.memory);
    for (const score of state?.scores ?? []) this.#past.push(score);
    this.#buyShare = state?.buyShare ?? config.buyShare;
    this.#sellShare = state?.sellShare ?? config.sellShare;
  }

  get state(): AdaptiveThresholdState {
    return { scores: this.#past.values(), buyShare: this.#buyShare, sellShare: this.#sellShare };
  }

  decide(score: number): SignalDecision {
    const decision = this.#decision(score);
    this.#past.push(score);
    if (decision.state === 'ready') this.#control(decision.direction);
    return decision;
  }

  #decision(score: number): SignalDecision {
    if (this.#past.count < this.#config.warmUp) {
      return { direction: NEUTRAL, state: 'warm-up', buyAbove: Number.NaN, sellBelow: Number.NaN };
    }
    const sorted = this.#past.sorted();
    const buyAbove = this.#buyShare > 0 ? quantileOfSorted(sorted, 1 - this.#buyShare) : Infinity;
    const sellBelow = this.#sellShare > 0 ? quantileOfSorted(sorted, this.#sellShare) : -Infinity;
    const direction = score > buyAbove ? BUY : score < sellBelow ? SELL : NEUTRAL;
    return { direction, state: 'ready', buyAbove, sellBelow };
  }

  #control(direction: number): void {
    const { buyShare, sellShare, rateGain } = this.#config;
    const within = (share: number): number => Math.min(LARGEST_SHARE, Math.max(0, share));
    this.#buyShare = within(this.#buyShare + rateGain * (buyShare - (direction === BUY ? 1 : 0)));
    this.#sellShare = within(this.#sellShare + rateGain * (sellShare - (direction === SELL ? 1 : 0)));
  }
}

const SHARE: NumberRule = {
  holds: (v) => v > 0 && v <= LARGEST_SHARE,
  message: `a number above 0, at most ${LARGEST_SHARE}`,
};

/** @throws {ConfigError} naming every mistake */
export function requireValidThresholds(config: AdaptiveThresholdConfig): void {
  const problems = numberProblems('signal', config, {
    buyShare: SHARE,
    sellShare: SHARE,
    memory: POSITIVE_INTEGER,
    warmUp: POSITIVE_INTEGER,
    rateGain: NOT_NEGATIVE,
  });
  if (config.warmUp > config.memory) {
    problems.push({
      path: 'signal.warmUp',
      message: `must not be above the memory of ${config.memory} scores, is ${config.warmUp}`,
    });
  }
  if (problems.length > 0) throw new ConfigError(problems);
}
