/** What an experiment concludes, in words: the criterion first, then every test, then what the figures do not say. */
import type { ExperimentResult, MetricId, TestedDifference } from './experiment-data.ts';
import { fixed, percent, signed } from './format.ts';

export const METRIC_NAMES: Readonly<Record<MetricId, string>> = {
  hitRatio: 'hit ratio',
  sharpe: 'Sharpe ratio after costs',
  maxDrawdown: 'maximum drawdown',
  precision: 'precision of signals',
  reconstruction: 'reconstruction loss',
};

/** As people read a metric: shares as percentages, differences of shares as points. */
export function metricText(metric: MetricId, value: number): string {
  return metric === 'sharpe'
    ? fixed(value, 2)
    : metric === 'reconstruction'
      ? fixed(value, 4)
      : percent(value, 1);
}

export function differenceText(metric: MetricId, value: number): string {
  return metric === 'sharpe'
    ? signed(value, 2)
    : metric === 'reconstruction'
      ? signed(value, 4)
      : `${signed(100 * value, 1)} points`;
}

export const pText = (value: number): string => (value < 0.001 ? 'below 0.001' : fixed(value, 3));

export function experimentVerdict(result: ExperimentResult): readonly string[] {
  const pooled = result.differences.filter(({ isPooled }) => isPooled);
  const single = result.differences.filter(({ isPooled }) => !isPooled);
  return [
    headline(result, pooled),
    ...pooled.map(sentence),
    ...single.map(sentence),
    ...reservations(result),
  ];
}

function headline({ treatment, control }: ExperimentResult, pooled: readonly TestedDifference[]): string {
  const outcomes = new Set(pooled.map(({ outcome }) => outcome));
  const compared = `“${treatment}” against “${control}”`;
  if (outcomes.size === 1) {
    switch (pooled[0]!.outcome) {
      case 'criterion met':
        return `The criterion is met: ${compared}.`;
      case 'effect below the criterion':
        return `There is an effect, smaller than the criterion asks for: ${compared}.`;
      case 'opposite effect':
        return `The control is ahead: ${compared}.`;
      case 'no effect found':
        return `No effect found: ${compared}.`;
      case 'cannot be concluded':
        return `Cannot be concluded: ${compared}.`;
    }
  }
  const parts = pooled.map(({ metric, outcome }) => `${METRIC_NAMES[metric]}: ${outcome}`);
  return `The criterion is not met as a whole: ${compared}. ${capital(parts.join('; '))}.`;
}

function sentence(difference: TestedDifference): string {
  const { metric, scope, estimate, lower, upper, adjustedPValue, margin, outcome } = difference;
  const text = (value: number): string => differenceText(metric, value);
  const figures = `difference ${text(estimate)} (95 % interval ${text(lower)} to ${text(upper)}, corrected p ${pText(adjustedPValue)})`;
  const asked = differenceText(metric, margin).replace('+', '');
  const meaning = {
    'criterion met': `an effect at least as large as the ${asked} asked for`,
    'effect below the criterion': `an effect, smaller than the ${asked} asked for`,
    'opposite effect': 'an effect against the treatment',
    'no effect found': `no effect found, and one of ${asked} is outside the interval`,
    'cannot be concluded': unclear(difference, asked),
  }[outcome];
  return `${capital(METRIC_NAMES[metric])}, ${scope}: ${figures}: ${meaning}.`;
}

function unclear({ lower, upper }: TestedDifference, asked: string): string {
  return lower <= 0 && upper >= 0
    ? `cannot be concluded, for the interval holds both no difference and one of ${asked}`
    : 'cannot be concluded: the interval alone would exclude chance, the correction for all the questions asked does not';
}

function reservations(result: ExperimentResult): readonly string[] {
  const { standings, treatment, seeds, days, synthetic, trials, differences } = result;
  const [own, other] = [standings[0]!, standings[1]!];
  const signs = differences
    .filter(({ isPooled }) => isPooled)
    .map(
      ({ metric, seeds: each, estimate }) =>
        `${METRIC_NAMES[metric]} ${each.filter((value) => value * estimate > 0).length} of ${each.length}`,
    );
  const earned = `“${treatment}” would have earned ${percent(own.grossReturn, 1)} before costs and ${percent(own.netReturn, 1)} after them, on positions of a tenth of the account`;
  const luck =
    trials.deflatedSharpe === null
      ? ''
      : ` Probability that its first seed’s Sharpe ratio is above 0, ${trials.recorded} trials counted: ${fixed(trials.deflatedSharpe, 2)}.`;
  const losing =
    own.sharpe < 0 && other.sharpe < 0
      ? [
          `Both lose money after costs, so that whoever trades less loses less: ${fixed(own.tradesPerDay, 1)} trades a day and symbol against ${fixed(other.tradesPerDay, 1)}; before costs the Sharpe ratios are ${fixed(own.grossSharpe, 2)} and ${fixed(other.grossSharpe, 2)}.`,
        ]
      : [];
  const oracle = (id: string): string =>
    percent(standings.find((each) => each.id === `oracle-${id}`)?.hitRatio ?? Number.NaN, 1);
  const ceiling = standings.some(({ id }) => id === 'oracle-state')
    ? [
        `Hit ratios of those who know what was planted, signalling as often: ${oracle('state')} with the state, ${oracle('yesterday')} with yesterday’s, ${oracle('window')} with the last candles alone; the treatment has ${percent(own.hitRatio, 1)}, the control ${percent(other.hitRatio, 1)}.`,
      ]
    : [];
  return [
    ...ceiling,
    ...losing,
    `Seeds whose difference has the sign of the mean: ${signs.join(', ')}. Seeds share the days, and count as repetitions of the training, not as more data.`,
    `${earned}.${luck}`,
    synthetic
      ? 'The data is generated: the result says what the machinery finds where it was planted, and nothing about a real market.'
      : `${days} days of ${result.symbols.length} symbol${result.symbols.length === 1 ? '' : 's'} and ${seeds.length} seed${seeds.length === 1 ? '' : 's'}: another year may be another market. It is no promise of profit.`,
  ];
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
