/** What the signals would have earned, and how much of that the search explains. */
import { bounds, count, fixed, percent } from './format.ts';
import type { Economics, Evaluation } from './report-data.ts';
import { WORDS } from './words.ts';

/** The chart is drawn into a host called `equity`. */
export function economicsSection({ kind, economics, trials }: Evaluation): string {
  const { positions, costBps, periodMinutes, periods } = economics;
  const note = `One position at a time: opened at the close of the first SELL or BUY by ${WORDS[kind].signals}, closed ${periodMinutes} minutes later, ${costBps} bps a trade on both. No slippage, no funding, no queue, no sizing: a sketch; <code>tidemark backtest</code> trades it.`;
  const searched = `${trials.before === 0 ? 'No training run on this data came before this one.' : `${count(trials.before)} training run${trials.before === 1 ? '' : 's'} on this data came before this one.`} ${count(trials.count)} trial${trials.count === 1 ? '' : 's'} counted; returns of ${trials.compared} on exactly this period are known.`;
  if (positions === 0) {
    return `<section><h2>Would it have earned? A sketch</h2><p class="note">${note} ${searched}</p><p>No position would have been taken.</p></section>`;
  }
  return `<section><h2>Would it have earned? A sketch</h2><p class="note">${note} ${searched}</p>
<div class="pair"><div><div id="equity" class="chart"></div></div><div><div class="scroll"><table class="prose"><tbody>${rowsOf(economics, { periods }).join('')}</tbody></table></div></div></div></section>`;
}

function rowsOf(economics: Economics, { periods }: { readonly periods: number }): readonly string[] {
  const row = (name: string, value: string, small = ''): string =>
    `<tr><th>${name}</th><td>${value}${small === '' ? '' : `<br><small>${small}</small>`}</td></tr>`;
  const { overfitting, minimumTrackRecord, varianceFrom } = economics;
  return [
    row(
      'Positions',
      count(economics.positions),
      `${percent(economics.hitRatio)} earned more than their costs`,
    ),
    row('Log return before costs', percent(economics.grossReturn, 1)),
    row(
      'Log return after costs',
      percent(economics.netReturn, 1),
      `95 %: ${economics.netReturnInterval.map((x) => percent(x, 1)).join(' – ')}`,
    ),
    row(
      'Sharpe ratio per period',
      fixed(economics.sharpe),
      `95 %: ${bounds(economics.sharpeInterval)}; a year: ${fixed(economics.annualSharpe, 1)}`,
    ),
    row(
      'Probabilistic Sharpe (PSR)',
      fixed(economics.probabilisticSharpe),
      'probability that the true ratio is above 0',
    ),
    row(
      'Deflated Sharpe (DSR)',
      fixed(economics.deflatedSharpe),
      `above the ${fixed(economics.expectedMaximumSharpe)} that luck gives the best trial; variance from ${varianceFrom === 'trials' ? 'the trials' : 'sampling error: too few trials are stored'}`,
    ),
    row(
      'Minimum track record',
      minimumTrackRecord === null ? 'never' : `${count(minimumTrackRecord)} periods`,
      `for 95 % confidence; there are ${count(periods)}`,
    ),
    overfitting === null
      ? row('Overfitting (PBO)', 'not known', 'needs two trials on this period')
      : row(
          'Overfitting (PBO)',
          percent(overfitting.probability),
          `of splits put the best of ${overfitting.trials} trials into the lower half; CSCV, ${overfitting.pieces} pieces`,
        ),
  ];
}
