/** Renders a sweep as one HTML file: what the search proves, then every setting that was tried. */
import { FEWEST_TRADES } from './backtest-data.ts';
import { count, fixed, minute, percent, signedPercent, timeSpan } from './format.ts';
import { escapeHtml } from './html.ts';
import { renderPage } from './page-frame.ts';
import type { Sweep, SweepPage, SweepRow } from './sweep-data.ts';

/** The best setting, what luck gives the best of so many, and whether the choice would have held. */
export function sweepVerdict(draft: Omit<Sweep, 'verdict'>): readonly string[] {
  const { sets, best, costLabel, deflatedSharpe, expectedMaximumSharpe, overfitting } = draft;
  const top = sets[best]!;
  const earning = sets.filter(({ totalReturn }) => (totalReturn ?? 0) > 0).length;
  const figure = `Sharpe ratio ${top.sharpe === null ? '–' : fixed(top.sharpe, 2)} a year, ${signedPercent(top.totalReturn ?? Number.NaN)} in ${count(top.trades)} trades (${settingsText(top)})`;
  const first =
    top.trades < FEWEST_TRADES
      ? `This proves nothing: the best of ${count(sets.length)} settings made fewer than ${FEWEST_TRADES} trades: ${figure}.`
      : !((top.totalReturn ?? 0) > 0)
        ? `None of ${count(sets.length)} settings is worth anything: the best has ${figure}.`
        : (deflatedSharpe ?? 0) > 0.95
          ? `The best of ${count(sets.length)} settings is better than the luck of so many: ${figure}.`
          : `The best of ${count(sets.length)} settings cannot be told from the luck of so many: ${figure}.`;
  return [
    ...(costLabel === null ? [] : [`${costLabel}: nothing below could be earned.`]),
    first,
    `Luck alone gives the best of ${count(sets.length)} a Sharpe ratio of ${fixed(expectedMaximumSharpe, 2)}; probability that the best one’s true ratio is above zero: ${deflatedSharpe === null ? 'not known' : fixed(deflatedSharpe, 2)}.`,
    overfitting === null
      ? 'How often the best in one half of the time is good in the other is not known: the record is too short.'
      : `In ${percent(overfitting.probability)} of the ways to cut time in halves, the best of one half is in the lower half of the other (PBO; above 50 % choosing is worse than not choosing), and it loses in ${percent(overfitting.lossProbability)}.`,
    `${count(earning)} of ${count(sets.length)} settings earn after costs.`,
    ...draft.notes,
    draft.synthetic
      ? 'The data is simulated with a planted signal: nothing here is about a real market.'
      : 'A setting that was chosen here must be judged on data that came later.',
  ];
}

export const settingsText = ({ settings }: Pick<SweepRow, 'settings'>): string =>
  Object.entries(settings)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');

/** Most settings in the table; all of them are in the files beside the page. */
const MOST_ROWS = 500;

export function renderSweep({ sweep, createdAt, settings }: SweepPage): string {
  const [first = '', ...rest] = sweep.verdict;
  const badge = (text: string): string => ` <span class="badge">${escapeHtml(text)}</span>`;
  const badges = `${sweep.synthetic ? badge('SYNTHETIC DATA') : ''}${sweep.costLabel === null ? '' : badge(sweep.costLabel)}`;
  return renderPage({
    title: `Sweep: ${sweep.symbols.join(', ')}`,
    runId: sweep.runId,
    createdAt,
    data: null,
    draw: () => {},
    body: `<header><h1>Sweep: ${escapeHtml(sweep.symbols.join(', '))}${badges}</h1>
<p>${escapeHtml(sweep.venue)} · ${escapeHtml(sweep.name)} · ${minute(sweep.fromMs)} to ${minute(sweep.toMs)} UTC · ${count(sweep.bars)} bars of ${escapeHtml(sweep.interval)}</p></header>
<section class="verdict${sweep.costLabel === null ? '' : ' failed'}"><p><strong>${escapeHtml(first)}</strong></p><ul>${rest.map((s) => `<li>${escapeHtml(s)}</li>`).join('')}</ul></section>
${setTable(sweep)}
<section><h2>How this was made</h2><p class="note">Sharpe ratios are annual, from ${count(sweep.periods)} returns of ${timeSpan(sweep.periodMs)}. Every setting counts as a trial of later backtests on this data. All of them are in sets.parquet and sets.csv beside this page.</p><details><summary>Settings</summary><pre>${escapeHtml(JSON.stringify(settings, null, 2))}</pre></details></section>`,
  });
}

function setTable({ sets, best, skipped }: Sweep): string {
  const names = Object.keys(sets[0]!.settings);
  const order = [...sets.keys()].sort(
    (a, b) => (sets[b]!.sharpe ?? -Infinity) - (sets[a]!.sharpe ?? -Infinity),
  );
  const shown = order.slice(0, MOST_ROWS);
  const or = (value: number | null, show: (value: number) => string): string =>
    value === null ? '–' : show(value);
  const row = (i: number): string => {
    const { settings, trades, totalReturn, sharpe, maxDrawdown, turnover } = sets[i]!;
    return `<tr${i === best ? ' class="own"' : ''}>${names.map((name, k) => (k === 0 ? `<th>${escapeHtml(String(settings[name]))}</th>` : `<td>${escapeHtml(String(settings[name]))}</td>`)).join('')}<td>${or(sharpe, (x) => fixed(x, 2))}</td><td class="${(totalReturn ?? 0) > 0 ? 'gain' : 'loss'}">${or(totalReturn, signedPercent)}</td><td>${or(maxDrawdown, (x) => percent(x, 1))}</td><td>${count(trades)}</td><td>${or(turnover, (x) => count(Math.round(x)))}</td></tr>`;
  };
  const more = order.length > shown.length ? ` The best ${count(MOST_ROWS)} of ${count(order.length)}.` : '';
  return `<section><h2>What was tried</h2><p class="note">By Sharpe ratio.${more}${skipped > 0 ? ` ${count(skipped)} combinations make no sense and were left out.` : ''}</p><div class="scroll rows"><table><thead><tr>${names.map((name) => `<th>${escapeHtml(name)}</th>`).join('')}<th>Sharpe</th><th>total return</th><th>largest<br>drawdown</th><th>closed<br>trades</th><th>turnover<br>a year</th></tr></thead><tbody>${shown.map(row).join('')}</tbody></table></div></section>`;
}
