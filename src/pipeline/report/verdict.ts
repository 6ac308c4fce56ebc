/** What can and what cannot be concluded, in words. */
import { FEWEST_OUTCOMES, SEEDS_FOR_SPREAD } from './report-data.ts';
import type { Evaluation, JudgeId, ModelScore, SeedGain } from './report-data.ts';
import { WORDS } from './words.ts';

const BASELINES: readonly JudgeId[] = ['boosting', 'logistic', 'persistence', 'prior'];
/** Parts of the model on trial. */
const PARTS: readonly JudgeId[] = ['base', 'network'];

export type Draft = Omit<Evaluation, 'verdict'>;

/** Failures by name first; then the result; then every comparison; then what the figures do not say. */
export function verdictOf(evaluation: Draft): readonly string[] {
  const failed = failures(evaluation);
  const isWorthless = failed.length > 0;
  return [
    ...failed,
    ...result(evaluation).map((sentence) => (isWorthless ? `Not to be trusted: ${sentence}` : sentence)),
    ...comparisons(evaluation, isWorthless),
    ...ceilingSentence(evaluation),
    ...reservations(evaluation),
  ];
}

function failures({ checks, nulls }: Draft): readonly string[] {
  return [
    ...checks
      .filter(({ outcome }) => outcome === 'failed')
      .map(({ name, detail }) => `FAIL “${name}”: ${detail}. No figure on this page can be trusted.`),
    ...nulls
      .filter(({ failed }) => failed)
      .map(
        ({ name, macroF1, chance, interval }) =>
          `FAIL “${name}”: macro-F1 ${fixed(macroF1)} where chance gives ${fixed(chance)} (difference ${bounds(interval)}). The machinery finds what is not there: no figure on this page can be trusted.`,
      ),
  ];
}

function result({ kind, scores, differences, test }: Draft): readonly string[] {
  const model = scores[0]!;
  const nameOf = (id: ModelScore['id']): string => scores.find((score) => score.id === id)?.name ?? id;
  const baselines = differences.filter(({ against }) => BASELINES.includes(against));
  const above = baselines.filter(({ interval }) => interval[0] > 0);
  const below = baselines.filter(({ interval }) => interval[1] < 0);
  const level = baselines.filter(({ interval }) => interval[0] <= 0 && interval[1] >= 0);
  const isAhead = above.length === baselines.length;
  const relations = (
    [
      ['is worse than', below],
      ['cannot be told apart from', level],
      ['beats', above],
    ] as const
  ).filter(([, some]) => some.length > 0);
  const standing = isAhead
    ? 'beats every baseline'
    : inWords(
        relations.map(
          ([verb, some]) => `${verb} ${inWords(some.map(({ against }) => `“${nameOf(against)}”`))}`,
        ),
      );
  const figure = `macro-F1 ${fixed(model.macroF1)} (95 % interval ${fixed(model.macroF1Interval[0])} to ${fixed(model.macroF1Interval[1])})`;
  if (test.independentOutcomes < FEWEST_OUTCOMES) {
    return [
      `This test proves nothing: it holds about ${test.independentOutcomes} independent outcomes, fewer than ${FEWEST_OUTCOMES}. The figure is ${figure}.`,
    ];
  }
  const [low, high] = model.directionAucInterval;
  const auc = `AUC ${fixed(model.directionAuc)}, 95 % interval ${fixed(low)} to ${fixed(high)}, chance 0.500`;
  const direction =
    low > 0.5
      ? `It tells rises from falls better than chance: ${auc}.`
      : high < 0.5
        ? `It takes rises for falls: ${auc}.`
        : `It does not tell rises from falls: ${auc}.`;
  if (low > 0.5) return [`On this test the ${WORDS[kind].model} ${standing}: ${figure}.`, direction];
  const rest = isAhead
    ? 'What puts it ahead of the baselines is knowing when the market moves, not where to.'
    : `It ${standing}.`;
  return [`Nothing was found that could be traded on: ${figure}. ${rest}`, direction];
}

/** Of worthless or too few rows only the figures are told. */
function comparisons({ scores, differences, test }: Draft, isWorthless: boolean): readonly string[] {
  return differences
    .filter(({ against }) => against !== 'uncalibrated')
    .map(({ against, macroF1, interval, logLoss, logLossInterval }) => {
      const name = scores.find((score) => score.id === against)?.name ?? against;
      const [low, high] = interval;
      const relation = low > 0 ? 'Better than' : high < 0 ? 'Worse than' : 'Not to be told apart from';
      const sure = PARTS.includes(against)
        ? `; log loss ${logLossInterval[1] < 0 ? 'better' : logLossInterval[0] > 0 ? 'worse' : 'alike'}: ${signed(logLoss)}, ${bounds(logLossInterval)}`
        : '';
      const figures = `difference ${signed(macroF1)}, 95 % interval ${bounds(interval)}${sure}`;
      return test.independentOutcomes >= FEWEST_OUTCOMES && !isWorthless
        ? `${relation} “${name}”: ${figures}.`
        : `For the record, against “${name}”: ${figures}.`;
    });
}

function ceilingSentence({ ceiling }: Draft): readonly string[] {
  if (ceiling === null) return [];
  return [
    `The planted signal’s known ceiling on these rows is ${fixed(ceiling.macroF1)}; the model reaches ${(100 * ceiling.share).toFixed(0)} % of it (knowing volatility alone would give ${fixed(ceiling.floor)}).`,
  ];
}

function reservations({
  test,
  seeds,
  seedGains,
  trials,
  economics,
  checks,
  synthetic,
}: Draft): readonly string[] {
  const sentences: string[] = [];
  const { earlierOpenings } = test;
  if (earlierOpenings > 0) {
    sentences.push(
      `This test period is no longer unseen: ${earlierOpenings} other model${earlierOpenings === 1 ? ' was' : 's were'} judged on it before, so this figure is flattered by choice.`,
    );
  }
  if (trials.before > 0) {
    sentences.push(
      `${trials.before} training run${trials.before === 1 ? '' : 's'} on this data came before this one: the best of ${trials.count} looks better than it is.`,
    );
  }
  sentences.push(
    seeds.length >= SEEDS_FOR_SPREAD
      ? `Over ${seeds.length} seeds macro-F1 runs from ${fixed(Math.min(...seeds.map((s) => s.macroF1)))} to ${fixed(Math.max(...seeds.map((s) => s.macroF1)))}.`
      : `The spread over seeds is not known: ${seeds.length === 1 ? 'one seed was' : `${seeds.length} seeds were`} trained, ${SEEDS_FOR_SPREAD} are needed.`,
  );
  sentences.push(...gainSentences(seedGains, seeds.length));
  sentences.push(economicSentence(economics));
  const missing = checks.filter(({ outcome }) => outcome === 'not made');
  if (missing.length > 0) {
    sentences.push(`Not checked: ${missing.map(({ name, detail }) => `${name} (${detail})`).join('; ')}.`);
  }
  sentences.push(
    synthetic
      ? 'The data is simulated with a planted signal: the result says that the machinery learns what is there, and nothing about a real market.'
      : 'One test period of one symbol; execution is not in these figures. It is no promise of profit.',
  );
  return sentences;
}

/** From as many seeds on as give a spread. */
function gainSentences(gains: readonly SeedGain[], seeds: number): readonly string[] {
  if (seeds < SEEDS_FOR_SPREAD) return [];
  return [...new Set(gains.map(({ against }) => against))].map((name) => {
    const figures = gains
      .filter(({ against }) => against === name)
      .map(
        ({ figure, mean, interval, better }) =>
          `${figure} ${signed(mean)} (${bounds(interval)}, better in ${better})`,
      );
    return `Mean difference to “${name}” over these seeds: ${figures.join(', ')}.`;
  });
}

function economicSentence({
  positions,
  costBps,
  netReturn,
  netReturnInterval,
  deflatedSharpe,
}: Evaluation['economics']): string {
  if (positions === 0) return 'No position would have been taken, so nothing earned and nothing lost.';
  const percent = (x: number): string => `${signed(100 * x, 1)} %`;
  const sure = deflatedSharpe > 0.95 ? '' : ' That is not enough to tell it from luck.';
  return `Sketch of what it would have earned after ${costBps} bps a trade: ${percent(netReturn)} (95 % interval ${percent(netReturnInterval[0])} to ${percent(netReturnInterval[1])}) in ${positions} position${positions === 1 ? '' : 's'}; probability that the Sharpe ratio is above zero, the trials counted: ${probability(deflatedSharpe)}.${sure}`;
}

/** `a, b and c` */
const inWords = (parts: readonly string[]): string =>
  parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)!}`;
const fixed = (value: number): string => (Number.isFinite(value) ? value.toFixed(3) : '–');
const probability = (value: number): string =>
  Number.isNaN(value) ? 'not known' : value > 0.99 ? 'above 0.99' : value.toFixed(2);
const signed = (value: number, digits = 3): string =>
  `${value >= 0 ? '+' : '−'}${Math.abs(value).toFixed(digits)}`;
const bounds = ([low, high]: readonly [number, number]): string => `${signed(low)} to ${signed(high)}`;
