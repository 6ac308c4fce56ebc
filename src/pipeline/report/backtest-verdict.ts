/** What can and what cannot be concluded from a backtest, in words. */
import { type Backtest, FEWEST_TRADES } from './backtest-data.ts';
import { count, fixed, percent, signedPercent, timeSpan } from './format.ts';

export type BacktestDraft = Omit<Backtest, 'verdict'>;

/** Luck must explain it with less than this probability. */
const SURE = 0.95;

/** Of fewer trials it is no news that the best is the best by chance. */
const FEWEST_COMPARED = 10;

/** The result first; then what stands beside it; then what the figures do not say. */
export function backtestVerdict(draft: BacktestDraft): readonly string[] {
  return [
    ...costWarning(draft),
    ...result(draft),
    ...beside(draft),
    ...fragility(draft),
    ...reservations(draft),
  ];
}

function costWarning({ costLabel }: BacktestDraft): readonly string[] {
  switch (costLabel) {
    case 'ZERO COST':
      return [
        'ZERO COST: no fee and no slippage was charged. Nobody trades like that, and nothing below could be earned.',
      ];
    case 'NO FEES':
      return [
        'NO FEES: only the way to the fill price was charged. Nothing below could be earned on an exchange that takes a fee.',
      ];
    case null:
      return [];
  }
}

function result(draft: BacktestDraft): readonly string[] {
  const { figures, costs, costLabel, engine } = draft;
  const { trades } = figures;
  const paid = costLabel === null ? 'after costs' : costLabel === 'NO FEES' ? 'without fees' : 'at no cost';
  // What the way through recorded messages cost cannot be taken back.
  const charged = engine === 'events' ? 'fees' : 'costs';
  const net = figures.totalReturn ?? Number.NaN;
  const figure = `${signedPercent(net)} ${paid} in ${count(trades)} closed trade${trades === 1 ? '' : 's'}`;
  if (trades === 0) {
    return [
      costs.tradedNotional > 0
        ? `This proves nothing: a position was opened and never closed (${signedPercent(net)} at the last price).`
        : 'This proves nothing: not one trade was made.',
    ];
  }
  if (trades < FEWEST_TRADES) {
    return [`This proves nothing: ${figure}, and fewer than ${FEWEST_TRADES} trades are an anecdote.`];
  }
  const gross = costs.returnBeforeCosts;
  if (!(net > 0)) {
    return [
      `It loses${costLabel === null ? ' after costs' : ''}: ${figure}.`,
      gross !== null && gross > 0
        ? `Before ${charged} the same signals earned ${signedPercent(gross)}: the ${charged} took more than there was.`
        : `Before ${charged} too it loses (${signedPercent(gross ?? Number.NaN)}): there is nothing that cheaper execution could save.`,
    ];
  }
  return isSure(draft)
    ? [`On this stretch it earned ${figure}, more than luck explains.`]
    : [`It earned ${figure}, which cannot be told from luck.`];
}

/** Beyond the luck of so many trials, and beyond the same trades at random times. */
function isSure({ significance, benchmarks }: BacktestDraft): boolean {
  const random = benchmarks.find(({ id }) => id === 'random')?.draws;
  const isRare = random === undefined || random === null || random.pValue < 1 - SURE;
  return (significance.deflatedSharpe ?? 0) > SURE && isRare;
}

function beside({ figures, significance, benchmarks }: BacktestDraft): readonly string[] {
  if (figures.trades === 0) return [];
  const sharpe = sharpeSentence(significance);
  // Of an anecdote only the figures are told.
  if (figures.trades < FEWEST_TRADES) return sharpe.map((sentence) => `For the record: ${sentence}`);
  return [...sharpe, ...recordSentence(significance), ...comparisons(figures, benchmarks)];
}

function sharpeSentence(significance: BacktestDraft['significance']): readonly string[] {
  const { sharpe, sharpeInterval, deflatedSharpe, trials, periods, periodMs } = significance;
  if (sharpe === null || sharpeInterval === null) return [];
  const searched = trials === 1 ? 'nothing else tried' : `${count(trials)} trials counted`;
  const known = deflatedSharpe === null ? 'not known' : probability(deflatedSharpe);
  const interval = `95 % interval ${fixed(sharpeInterval[0], 1)} to ${fixed(sharpeInterval[1], 1)}`;
  return [
    `Sharpe ratio ${fixed(sharpe, 2)} a year (${interval}) from ${count(periods)} returns of ${timeSpan(periodMs)}; probability that the true one is above zero, ${searched}: ${known}.`,
  ];
}

function recordSentence(significance: BacktestDraft['significance']): readonly string[] {
  const { sharpe, minimumPeriods, periods, periodMs } = significance;
  if (sharpe === null) return [];
  if (minimumPeriods === null) return ['No record of such returns would ever show that it earns.'];
  const needed = timeSpan(Math.ceil(minimumPeriods) * periodMs);
  return [
    minimumPeriods > periods
      ? `A record of such returns would have to be ${needed} long to show that it earns; this one is ${timeSpan(periods * periodMs)}.`
      : `The record is longer than the ${needed} that such returns need.`,
  ];
}

function comparisons(
  { totalReturn }: BacktestDraft['figures'],
  benchmarks: BacktestDraft['benchmarks'],
): readonly string[] {
  return benchmarks.flatMap(({ name, totalReturn: theirs, draws }) => {
    if (draws !== null) {
      const share = `of ${count(draws.count)} draws of the same trades at random times, ${percent(draws.pValue, 1)} did as well or better`;
      return draws.pValue < 1 - SURE
        ? `The times of its trades were better than chance: ${share}.`
        : `The times of its trades were no better than chance: ${share}.`;
    }
    if (theirs === null || totalReturn === null || theirs === totalReturn) return [];
    return `${name} gave ${signedPercent(theirs)}: this run earned ${totalReturn > theirs ? 'more' : 'less'}.`;
  });
}

function fragility({ figures, stress }: BacktestDraft): readonly string[] {
  if (figures.trades < FEWEST_TRADES || !((figures.totalReturn ?? 0) > 0)) return [];
  const sentences: string[] = [];
  const fails = [...stress.costs, ...stress.delays].filter(
    ({ totalReturn }) => totalReturn !== null && totalReturn <= 0,
  );
  const atCosts = stress.costs.find((row) => fails.includes(row));
  const atDelay = stress.delays.find((row) => fails.includes(row));
  if (atCosts !== undefined) sentences.push(`At costs ${atCosts.name} it earns nothing any more.`);
  if (atDelay !== undefined)
    sentences.push(`Executed ${atDelay.name} after the signal it earns nothing any more.`);
  const losing = stress.starts.filter(({ totalReturn }) => totalReturn !== null && totalReturn <= 0).length;
  if (losing > 0)
    sentences.push(`Begun at another of ${stress.starts.length} dates it loses in ${losing} cases.`);
  const small = stress.capacity.find(({ name }) => name === '× 1');
  const ruined = stress.capacity.find(
    (row) => small !== undefined && row.capital > small.capital && (row.totalReturn ?? -1) <= 0,
  );
  if (ruined !== undefined)
    sentences.push(`With ${count(ruined.capital)} of capital the books take all that it earns.`);
  return sentences;
}

function reservations(draft: BacktestDraft): readonly string[] {
  const { earlierOpenings, model, synthetic, costs, notes, significance } = draft;
  const sentences: string[] = [];
  if (earlierOpenings !== null && earlierOpenings > 0) {
    sentences.push(
      `This test period is no longer unseen: ${earlierOpenings} other model${earlierOpenings === 1 ? ' was' : 's were'} judged on it before.`,
    );
  }
  if (model === null) {
    sentences.push(
      'The settings were chosen by somebody who may have seen these prices: nothing here is out of sample.',
    );
  }
  const { overfitting } = significance;
  if (overfitting !== null && overfitting.trials >= FEWEST_COMPARED && overfitting.probability > 0.5) {
    sentences.push(
      `Choosing the best of the ${overfitting.trials} stored trials would have been choosing noise: in ${percent(overfitting.probability)} of the splits it ends in the lower half.`,
    );
  }
  if (costs.cutOrders > 0) {
    sentences.push(`${count(costs.cutOrders)} orders were larger than the 200 recorded levels and were cut.`);
  }
  if (costs.refusedEntries > 0) {
    sentences.push(
      `${count(costs.refusedEntries)} entries were refused: no money, no known size, or below the minimum.`,
    );
  }
  sentences.push(...notes);
  sentences.push(
    synthetic
      ? 'The data is simulated with a planted signal: the result says that the machinery trades what is there, and nothing about a real market.'
      : 'One stretch of one market. It is no promise of profit.',
  );
  return sentences;
}

const probability = (value: number): string => (value > 0.99 ? 'above 0.99' : value.toFixed(2));
