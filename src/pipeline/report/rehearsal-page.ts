/** Renders a rehearsal as one HTML file: the verdict first, then money, signals, drift, retrainings and months. */
import { count, fixed, percent, signedPercent } from './format.ts';
import { escapeHtml } from './html.ts';
import { renderPage } from './page-frame.ts';
import { drawRehearsal, rehearsalChartData } from './rehearsal-charts.ts';
import type { RehearsalMonth, RehearsalPage, RehearsalResult, RetrainingRow } from './rehearsal-data.ts';

export function renderRehearsal({ result, verdict, createdAt, facts, settings }: RehearsalPage): string {
  return renderPage({
    title: `Rehearsal: ${result.symbols.join(', ')}`,
    runId: result.runId,
    createdAt,
    data: rehearsalChartData(result),
    draw: drawRehearsal,
    body: `${header(result)}
${verdictSection(verdict)}
${cards(result)}
<section><h2>Return</h2><p class="note">All symbols together, each with an account of its own; cumulated over all days, those in training included. ${marksNote(result)}</p><div id="equity" class="chart"></div></section>
<section><h2>Returns of the days</h2><p class="note">After costs; the mean of the days that are evidence is ${bps(result.figures.meanDailyReturn)} bps${intervalNote(result)}.</p><div id="daily" class="chart"></div></section>
${result.symbols.map((symbol, i) => symbolSection(symbol, i)).join('')}
${retrainSection(result)}
${monthSection(result)}
<section><h2>How this was made</h2><dl class="facts">${facts.map((f) => `<dt>${escapeHtml(f.name)}</dt><dd>${escapeHtml(f.value)}</dd>`).join('')}</dl>
<p class="note">Every day as its journal has it: report.json beside this page. What each figure means: docs/guides/rehearsal.md.</p>
<details><summary>Settings</summary><pre>${escapeHtml(JSON.stringify(settings, null, 2))}</pre></details></section>`,
  });
}

const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
const bps = (value: number): string => fixed(10_000 * value, 1);
const or = (value: number | null, show: (value: number) => string): string =>
  value === null ? '–' : show(value);

function header(result: RehearsalResult): string {
  const { symbols, venue, model, interval, fromMs, toMs, synthetic, trainingDays, earlierOpenings } = result;
  const badge = (text: string): string => ` <span class="badge">${text}</span>`;
  const badges = [
    synthetic ? badge('SYNTHETIC DATA') : '',
    trainingDays > 0 ? badge('PARTLY IN TRAINING') : '',
    (earlierOpenings ?? 0) > 0 ? badge('DAYS NO LONGER UNSEEN') : '',
  ];
  return `<header><h1>Rehearsal: ${escapeHtml(symbols.join(', '))}${badges.join('')}</h1>
<p>${escapeHtml(venue)} · ${escapeHtml(model)} · candles of ${escapeHtml(interval)} · ${day(fromMs)} to ${day(toMs - 1)}, day by day</p></header>`;
}

function verdictSection([first = '', ...rest]: readonly string[]): string {
  return `<section class="verdict"><p><strong>${escapeHtml(first)}</strong></p><ul>${rest.map((s) => `<li>${escapeHtml(s)}</li>`).join('')}</ul></section>`;
}

function intervalNote({ figures: { meanDailyInterval } }: RehearsalResult): string {
  return meanDailyInterval === null
    ? ', too few for an interval'
    : ` (95 % interval ${meanDailyInterval.map(bps).join(' to ')}, stationary bootstrap in blocks of a week)`;
}

const marksNote = ({ trainingDays, retrainings, mode }: RehearsalResult): string =>
  [
    trainingDays > 0 ? 'Shaded: days that the model has learned from, no evidence.' : '',
    retrainings.length > 0
      ? `Dashed: the policy called for a retraining${mode === 'never' ? ', which was not done' : ''}.`
      : '',
  ].join(' ');

function cards({ figures, horizonCandles, signalTarget }: RehearsalResult): string {
  const card = (name: string, value: string, note: string): string =>
    `<div class="card"><span>${name}</span><b>${value}</b><small>${escapeHtml(note)}</small></div>`;
  const points = (bounds: readonly [number, number] | null): string =>
    bounds === null
      ? 'too few for an interval'
      : `difference 95 %: ${bounds.map((x) => signedPercent(x)).join(' to ')}`;
  return `<section class="cards">${[
    card('Days of evidence', count(figures.days), 'that no model had learned from'),
    card(
      'Return after costs',
      signedPercent(figures.netReturn),
      `before costs ${signedPercent(figures.grossReturn)}`,
    ),
    card(
      'Sharpe ratio a year',
      or(figures.sharpe, (x) => fixed(x, 2)),
      figures.sharpeInterval === null
        ? 'too few days for an interval'
        : `95 %: ${figures.sharpeInterval.map((x) => fixed(x, 1)).join(' to ')}; Sortino ${or(figures.sortino, (x) => fixed(x, 1))}`,
    ),
    card('Largest drawdown', percent(figures.maxDrawdown, 1), 'of the account at the ends of days'),
    card(
      'Hit ratio',
      or(figures.hitRatio, (x) => percent(x, 1)),
      `chance ${or(figures.chance, (x) => percent(x, 1))}; ${points(figures.excessInterval)}`,
    ),
    card(
      'Signals',
      or(figures.signalRate, (x) => percent(x, 1)),
      `of decisions, target ${percent(signalTarget)}; judged after ${horizonCandles} candles`,
    ),
    card('Trades', count(figures.trades), `${fixed(figures.tradesPerDay, 1)} a day and symbol`),
  ].join('')}</section>`;
}

/** Charts are drawn into hosts called `rate-0 …`. */
function symbolSection(symbol: string, i: number): string {
  const chart = (title: string, note: string, id: string): string =>
    `<div><h3>${title}</h3><p class="note">${note}</p><div id="${id}-${i}" class="chart"></div></div>`;
  return `<section><h2>${escapeHtml(symbol)}</h2><div class="pair">
${chart('Rate of signals', 'BUY and SELL together, of the decisions of a day.', 'rate')}
${chart('Thresholds', 'In force at the last decision of a day.', 'thresholds')}
</div><div class="pair">
${chart('Drift of the embedding', '1 is typical of the days that the model was taught on.', 'embedding')}
${chart('Drift of the scores', 'The scores that the thresholds remember against those with which the model took its post: 0 the same, 1 nothing in common.', 'scores')}
</div></section>`;
}

function retrainSection({ retrainings, mode }: RehearsalResult): string {
  if (retrainings.length === 0) return '';
  const row = ({ dayMs, reason, model }: RetrainingRow): string =>
    `<tr><th class="time">${day(dayMs)}</th><td class="text">${escapeHtml(reason)}</td><td>${model === null ? 'noted alone' : escapeHtml(model)}</td></tr>`;
  return `<section><h2>When the policy called for a retraining</h2><p class="note">Decided at the end of the day, from what was known then. ${mode === 'never' ? 'None was done (--retrain never).' : 'The new model serves from the next day on.'}</p>
<div class="scroll"><table><thead><tr><th>day</th><th class="text">why</th><th>serves from then on</th></tr></thead><tbody>${retrainings.map(row).join('')}</tbody></table></div></section>`;
}

function monthSection({ months }: RehearsalResult): string {
  const tone = (value: number): string => (value < 0 ? 'loss' : 'gain');
  const row = (each: RehearsalMonth): string =>
    `<tr><th>${each.month}${each.trainingDays > 0 ? `<br><small>${each.trainingDays === each.days ? 'in training' : `${each.trainingDays} days in training`}</small>` : ''}</th><td>${each.days}</td><td class="${tone(each.netReturn)}">${signedPercent(each.netReturn, 2)}</td><td>${signedPercent(each.grossReturn, 2)}</td><td>${signedPercent(each.marketReturn)}</td><td>${count(each.trades)}</td><td>${or(each.signalRate, (x) => percent(x, 1))}</td><td>${or(each.hitRatio, (x) => percent(x, 1))}</td><td>${each.farDays}</td><td>${each.calls}</td></tr>`;
  return `<section><h2>Months</h2><div class="scroll"><table><thead><tr><th></th><th>days</th><th>return<br>after costs</th><th>before</th><th>market</th><th>trades</th><th>signals</th><th>hit ratio</th><th>days far<br>from training</th><th>calls for<br>retraining</th></tr></thead><tbody>${months.map(row).join('')}</tbody></table></div></section>`;
}
