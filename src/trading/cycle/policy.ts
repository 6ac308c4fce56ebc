/** When a model is to be taught again: an age, drift that lasts, or signals that are worse than chance. */
import { ConfigError, numberProblems, POSITIVE_INTEGER, type NumberRule } from '../../domain/core/index.ts';
import { normalQuantile } from '../../domain/math/index.ts';
import { addTallies, NO_TALLY, type Tally } from './outcomes.ts';

export interface RetrainPolicy {
  /** Days after which a model is taught again whatever happens. */
  readonly everyDays: number;
  /** Days in a row beyond a limit of drift. */
  readonly driftDays: number;
  /** An embedding is far beyond this quantile of the reference days' distances from their centre. */
  readonly farQuantile: number;
  /** Limit of the distance between the distributions of scores. */
  readonly scoreDistance: number;
  /** Days of outcomes that the hit ratio is of. */
  readonly hitDays: number;
  /** Of the interval in which signals that know nothing would lie. */
  readonly level: number;
  /** Days that a model serves before drift or hits count. */
  readonly restDays: number;
}

export const RETRAIN_DEFAULTS: RetrainPolicy = {
  everyDays: 30,
  driftDays: 3,
  farQuantile: 0.95,
  scoreDistance: 0.3,
  hitDays: 14,
  level: 0.95,
  restDays: 7,
};

/** A day since the model took its post, or since the last decision for a retraining. */
export interface ServedDay {
  /** null where there was no embedding. */
  readonly isFar: boolean | null;
  readonly scoreDistance: number | null;
  readonly tally: Tally;
}

export interface RetrainDecision {
  readonly retrain: boolean;
  /** In words: what calls for it, or what was looked at in vain. */
  readonly reason: string;
}

/** Fewer independent signals say nothing about hits. */
const FEWEST_SIGNALS = 10;

/**
 * @param served the latest days, the last one last: as many as the policy looks at, {@link rememberedDays}
 * @param servedDays how many there were in all
 * @param horizonCandles outcomes overlap: so many neighbouring ones count as one
 */
export function decideRetraining(
  { served, servedDays }: { readonly served: readonly ServedDay[]; readonly servedDays: number },
  policy: RetrainPolicy,
  horizonCandles: number,
): RetrainDecision {
  const rules = [
    ageRule(servedDays, policy),
    ...(servedDays < policy.restDays
      ? [{ calls: false, text: `day ${servedDays} of ${policy.restDays} of rest` }]
      : [farRule(served, policy), scoreRule(served, policy), hitRule(served, policy, horizonCandles)]),
  ];
  const calling = rules.filter(({ calls }) => calls);
  const told = calling.length > 0 ? calling : rules;
  return { retrain: calling.length > 0, reason: told.map(({ text }) => text).join('; ') };
}

/** Days that a decision looks at. */
export const rememberedDays = ({ driftDays, hitDays }: RetrainPolicy): number => Math.max(driftDays, hitDays);

interface Rule {
  readonly calls: boolean;
  readonly text: string;
}

const ageRule = (servedDays: number, { everyDays }: RetrainPolicy): Rule => ({
  calls: servedDays >= everyDays,
  text: `served ${servedDays} of ${everyDays} days`,
});

function farRule(served: readonly ServedDay[], { driftDays, farQuantile }: RetrainPolicy): Rule {
  const days = lastInARow(served, ({ isFar }) => isFar === true);
  return {
    calls: days >= driftDays,
    text: `embedding beyond the ${share(farQuantile)} quantile for ${days} of ${driftDays} days`,
  };
}

function scoreRule(served: readonly ServedDay[], { driftDays, scoreDistance: limit }: RetrainPolicy): Rule {
  const days = lastInARow(served, ({ scoreDistance }) => (scoreDistance ?? 0) > limit);
  const last = served.at(-1)?.scoreDistance ?? null;
  return {
    calls: days >= driftDays,
    text: `scores ${last === null ? 'unknown' : last.toFixed(2)} from their reference, above ${limit} for ${days} of ${driftDays} days`,
  };
}

function hitRule(
  served: readonly ServedDay[],
  { hitDays, level }: RetrainPolicy,
  horizonCandles: number,
): Rule {
  const tally = served.slice(-hitDays).reduce((sum, day) => addTallies(sum, day.tally), NO_TALLY);
  const chance = chanceInterval(tally, { horizonCandles, level });
  if (chance === null || served.length < hitDays) {
    return { calls: false, text: `too few outcomes in ${Math.min(served.length, hitDays)} days` };
  }
  const ratio = tally.hits / tally.signals;
  return {
    calls: ratio < chance.lower,
    text: `hit ratio ${share(ratio)} over ${hitDays} days, chance ${share(chance.lower)} to ${share(chance.upper)}`,
  };
}

/** Hit ratio to be expected of signals that know nothing and are as often BUY, on the same outcomes. */
export function chanceHitRatio({ outcomes, ups, signals, buys }: Tally): number {
  const [up, buy] = [ups / outcomes, buys / signals];
  return buy * up + (1 - buy) * (1 - up);
}

interface ChanceInterval {
  readonly lower: number;
  readonly upper: number;
}

/**
 * The interval around {@link chanceHitRatio} that such signals would stay in; normal approximation with
 * `signals / horizonCandles` independent ones, for outcomes overlap. null with too few of them.
 */
export function chanceInterval(
  tally: Tally,
  { horizonCandles, level }: { readonly horizonCandles: number; readonly level: number },
): ChanceInterval | null {
  const independent = tally.signals / horizonCandles;
  if (independent < FEWEST_SIGNALS) return null;
  const expected = chanceHitRatio(tally);
  const reach = normalQuantile((1 + level) / 2) * Math.sqrt((expected * (1 - expected)) / independent);
  return { lower: Math.max(0, expected - reach), upper: Math.min(1, expected + reach) };
}

function lastInARow(served: readonly ServedDay[], holds: (day: ServedDay) => boolean): number {
  const after = served.findLastIndex((day) => !holds(day));
  return served.length - 1 - after;
}

const share = (value: number): string => `${(100 * value).toFixed(1)} %`;

const SHARE: NumberRule = { holds: (v) => v > 0 && v < 1, message: 'a number between 0 and 1' };

/** @throws ConfigError naming every mistake */
export function requireValidPolicy(policy: RetrainPolicy): void {
  const problems = numberProblems('retrain', policy, {
    everyDays: POSITIVE_INTEGER,
    driftDays: POSITIVE_INTEGER,
    farQuantile: SHARE,
    scoreDistance: SHARE,
    hitDays: POSITIVE_INTEGER,
    level: SHARE,
    restDays: POSITIVE_INTEGER,
  });
  if (problems.length > 0) throw new ConfigError(problems);
}
