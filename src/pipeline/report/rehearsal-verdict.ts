/** What a rehearsal proves, in words: the first sentence is the verdict, the others say what it rests on. */
import { count, fixed, percent, signed, signedPercent } from './format.ts';
import type { RehearsalFigures, RehearsalResult } from './rehearsal-data.ts';

/** Fewer days prove nothing; a convention, not a theorem. */
const FEWEST_DAYS = 30;
/** An advantage over chance that would be worth finding. */
const WORTH_FINDING = 0.02;

export function rehearsalVerdict(result: RehearsalResult): readonly string[] {
  const { figures } = result;
  return [
    headline(figures),
    ...(figures.days === 0 ? [] : [signalSentence(figures), moneySentence(result)]),
    trainingSentence(result),
    retrainSentence(result),
    ...warnings(result),
  ];
}

function headline({ days, excessInterval, meanDailyInterval }: RehearsalFigures): string {
  if (days === 0)
    return 'Nothing can be concluded: the model has learned from every day of this rehearsal, or from later ones.';
  if (days < FEWEST_DAYS || excessInterval === null || meanDailyInterval === null)
    return `Cannot be concluded: ${days} days that the model had not learned from, with ${excessInterval === null ? 'too few signals' : 'signals'}, are too little.`;
  const [low, high] = excessInterval;
  const money =
    meanDailyInterval[0] > 0
      ? 'earned money after costs'
      : meanDailyInterval[1] < 0
        ? 'lost money after costs'
        : 'cannot be told to have earned or lost after costs';
  if (low > 0) return `The signals were better than chance, and ${money}, on these ${days} days.`;
  if (high < 0) return `The signals were worse than chance, and ${money}, on these ${days} days.`;
  if (high < WORTH_FINDING)
    return `Nothing found: the signals were no better than chance, and ${money}, on these ${days} days.`;
  return `Cannot be concluded whether the signals are better than chance; they ${money}, on these ${days} days.`;
}

function signalSentence({ signals, hitRatio, chance, excessInterval, ...rest }: RehearsalFigures): string {
  if (hitRatio === null || chance === null) return 'No signal has a known outcome.';
  const points = (value: number): string => signed(100 * value, 1);
  const interval =
    excessInterval === null
      ? ''
      : ` (95 % interval of the difference ${points(excessInterval[0])} to ${points(excessInterval[1])} points, whole days drawn in blocks)`;
  const { precision, recall } = rest;
  return `Of ${count(signals)} signals ${percent(hitRatio, 1)} were on the side that the price took; signals without knowledge would be on ${percent(chance, 1)}${interval}. Precision ${percent(precision ?? Number.NaN, 1)}, recall ${percent(recall ?? Number.NaN, 1)}.`;
}

function moneySentence({ figures, costBps, positionShare }: RehearsalResult): string {
  const { meanDailyReturn, meanDailyInterval, meanDailyGross, netReturn, grossReturn, marketReturn } =
    figures;
  const bps = (value: number): string => `${fixed(10_000 * value, 1)} bps`;
  const interval =
    meanDailyInterval === null
      ? ''
      : ` (95 % interval ${bps(meanDailyInterval[0])} to ${bps(meanDailyInterval[1])})`;
  return `A day brought ${bps(meanDailyReturn)} after costs${interval} and ${bps(meanDailyGross)} before them, positions of ${percent(positionShare)} of the account, ${costBps} bps a fill: ${signedPercent(netReturn)} and ${signedPercent(grossReturn)} in all, while the market moved ${signedPercent(marketReturn)}.`;
}

function trainingSentence({ trainingDays, figures }: RehearsalResult): string {
  if (trainingDays === 0)
    return `None of the ${figures.days} days lies in the time that the models learned from.`;
  return `${trainingDays === 1 ? '1 day lies' : `${trainingDays} days lie`} in the time that a model or its MacroNet has learned from: marked, and in no figure of the verdict.`;
}

function retrainSentence({ retrainings, mode }: RehearsalResult): string {
  const times = (n: number): string => (n === 1 ? 'once' : `${n} times`);
  if (retrainings.length === 0) return 'The policy never called for a retraining.';
  if (mode === 'never')
    return `The policy called for a retraining ${times(retrainings.length)}; none was done, one model served throughout.`;
  const taught = retrainings.filter(({ model }) => model !== null).length;
  const noted = retrainings.length - taught;
  const others =
    noted === 0 ? '' : ` It called for it ${times(noted)} more, too near to the time that the model knew.`;
  return taught === 0
    ? `The policy called for a retraining ${times(noted)}, too near to the time that the model knew; none was done.`
    : `MicroNet was taught again ${times(taught)}, each time on the past up to that midnight alone.${others}`;
}

function warnings({ earlierOpenings, synthetic, days }: RehearsalResult): readonly string[] {
  const all = days.flat();
  const silent = all.filter(({ scored }) => scored === 0).length;
  const missing = all.reduce((sum, day) => sum + day.missingCandles, 0);
  return [
    ...(silent > 0 ? [`${silent} symbol-days had no score at all, for want of candles before them.`] : []),
    ...(missing > 0 ? [`${count(missing)} candles are missing.`] : []),
    ...((earlierOpenings ?? 0) > 0
      ? [
          `${earlierOpenings} other model${earlierOpenings === 1 ? ' was' : 's were'} judged on these days before: what looks good here may have been chosen for it.`,
        ]
      : []),
    synthetic
      ? 'The candles are generated: nothing here happened on an exchange.'
      : 'One past, played once; every further setting that is tried on it makes its best result less believable. It is no promise of profit.',
  ];
}
