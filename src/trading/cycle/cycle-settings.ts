/** Everything about a cycle that is not data, and its checks. */
import {
  ConfigError,
  type ConfigProblem,
  DAY_MS,
  numberProblems,
  POSITIVE,
  POSITIVE_INTEGER,
} from '../../domain/core/index.ts';
import type { AdaptiveThresholdConfig } from '../../domain/signals/index.ts';
import type { AccountRule } from './day-account.ts';
import type { OutcomeRule } from './outcomes.ts';
import { requireValidPolicy, type RetrainPolicy } from './policy.ts';

export interface CycleSettings {
  readonly symbol: string;
  readonly intervalMs: number;
  readonly thresholds: AdaptiveThresholdConfig;
  /** Also how long a position is held. */
  readonly outcome: OutcomeRule;
  readonly account: AccountRule;
  readonly policy: RetrainPolicy;
}

/** A day needs candles to enter, hold and leave on. */
const FEWEST_CANDLES = 24;

/** @throws ConfigError naming every mistake but those of the thresholds, which check themselves */
export function requireValidCycle({ intervalMs, outcome, account, policy }: CycleSettings): void {
  const problems: ConfigProblem[] = [
    ...numberProblems('cycle', outcome, { horizonCandles: POSITIVE_INTEGER }),
    ...numberProblems('cycle', account, {
      initialCash: POSITIVE,
      costShare: { holds: (v) => v >= 0 && v < 1, message: 'a share from 0 to below 1' },
      positionShare: { holds: (v) => v > 0 && v <= 1, message: 'a share above 0, at most 1' },
    }),
  ];
  if (!(DAY_MS % intervalMs === 0 && DAY_MS / intervalMs >= FEWEST_CANDLES)) {
    problems.push({
      path: 'cycle.intervalMs',
      message: `a day must have ${FEWEST_CANDLES} candles or more, has ${DAY_MS / intervalMs}`,
    });
  }
  if (problems.length > 0) throw new ConfigError(problems);
  requireValidPolicy(policy);
}
