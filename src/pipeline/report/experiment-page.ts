/** Renders an experiment as one HTML file that needs nothing from outside, and no script. */
import { cumulativeChart } from './experiment-chart.ts';
import type {
  ExperimentReport,
  ExperimentResult,
  StandingFigures,
  TestedDifference,
} from './experiment-data.ts';
import { differenceText, METRIC_NAMES, metricText, pText } from './experiment-verdict.ts';
import { count, fixed, minute, percent } from './format.ts';
import { escapeHtml } from './html.ts';
import { intervalAxis, intervalBar, type IntervalScale, scaleOf } from './interval-bar.ts';
import { STYLE } from './style.ts';

export function renderExperiment(report: ExperimentReport): string {
  const { result, verdict, facts, createdAt, config } = report;
  const [first = '', ...rest] = verdict;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(result.title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${header(result)}
<section class="verdict"><p><strong>${escapeHtml(first)}</strong></p><ul>${rest.map((s) => `<li>${escapeHtml(s)}</li>`).join('')}</ul></section>
${questions(result)}
${standingsSection(result)}
<section><h2>Return after costs</h2><p class="note">All symbols together, mean over the seeds; a position takes a tenth of the account. Vertical lines: from there on, everything was fitted anew on all days before.</p>
${cumulativeChart(result)}</section>
<section><h2>How this was made</h2><dl class="facts">${facts.map((f) => `<dt>${escapeHtml(f.name)}</dt><dd>${escapeHtml(f.value)}</dd>`).join('')}</dl>
<p class="note">Protocol and formulas: docs/guides/experiments.md.</p>
<details><summary>Recipe</summary><pre>${escapeHtml(JSON.stringify(config, null, 2))}</pre></details></section>
<footer>Tidemark · run ${escapeHtml(result.runId)} · ${escapeHtml(createdAt)}</footer>
</main>
</body>
</html>
`;
}

function header(result: ExperimentResult): string {
  const badge = result.synthetic ? ' <span class="badge">SYNTHETIC DATA</span>' : '';
  const { venue, symbols, interval, folds, hypothesis, criterion, reading } = result;
  return `<header><h1>${escapeHtml(result.title)}${badge}</h1>
<p>${escapeHtml(venue)} · ${escapeHtml(symbols.join(', '))} · ${escapeHtml(interval)} · judged ${minute(folds[0]!.validationStartMs)} to ${minute(folds.at(-1)!.validationEndMs)} UTC</p>
<p><b>Hypothesis.</b> ${escapeHtml(hypothesis)}</p>
<p><b>Criterion.</b> ${escapeHtml(criterion)}. Read here as: ${escapeHtml(reading)}.</p></header>`;
}

function questions(result: ExperimentResult): string {
  const { differences, familySize, family, blockDays, replicates } = result;
  const metrics = [...new Set(differences.map(({ metric }) => metric))];
  const tables = metrics.map((metric) => {
    const rows = differences.filter((each) => each.metric === metric);
    const { margin, better } = rows[0]!;
    const factor = metric === 'sharpe' || metric === 'reconstruction' ? 1 : 100;
    const scale = scaleOf(
      rows.flatMap(({ lower, upper }) => [factor * lower, factor * upper]),
      0,
    );
    const unit = factor === 100 ? 'points' : 'difference';
    const least = differenceText(metric, better === 'higher' ? margin : -margin);
    return `<h3>${METRIC_NAMES[metric]} <small class="note">${better === 'higher' ? 'higher is better' : 'lower is better'}; ${least} would matter (all symbols)</small></h3>
<div class="scroll"><table><thead><tr><th></th><th>treatment</th><th>control</th><th>difference</th><th>${intervalAxis(unit, scale)}</th><th>p</th><th>corrected</th><th>outcome</th></tr></thead><tbody>${rows.map((row) => questionRow(row, scale, factor)).join('')}</tbody></table></div>`;
  });
  return `<section><h2>What was asked, and the answer</h2><p class="note">Treatment: ${escapeHtml(result.treatment)}. Control: ${escapeHtml(result.control)}. Both on the same candles of the same days, with the same seeds. Intervals: stationary block bootstrap of whole days, ${count(replicates)} draws of blocks of ${blockDays} days on average, all seeds and symbols drawn together. Corrected: Holm, as one of ${familySize} tests of ${escapeHtml(family)} on these symbols.</p>${tables.join('')}</section>`;
}

function questionRow(row: TestedDifference, scale: IntervalScale, factor: number): string {
  const { metric, scope, isPooled, treatment, control, estimate, lower, upper, outcome, better } = row;
  const cell = ({ estimate: value, lower: low, upper: high }: TestedDifference['treatment']): string =>
    `<td>${metricText(metric, value)}<br><small>${metricText(metric, low)} – ${metricText(metric, high)}</small></td>`;
  const gain = better === 'higher' ? estimate : -estimate;
  const sure = lower > 0 || upper < 0;
  const bar = {
    estimate: factor * estimate,
    interval: [factor * lower, factor * upper] as const,
    title: `${scope}: ${differenceText(metric, estimate)}`,
    tone: sure ? (gain > 0 ? ('good' as const) : ('bad' as const)) : ('plain' as const),
  };
  return `<tr${isPooled ? ' class="own"' : ''}><th>${escapeHtml(scope)}</th>${cell(treatment)}${cell(control)}<td>${differenceText(metric, estimate)}<br><small>${differenceText(metric, lower)} – ${differenceText(metric, upper)}</small></td><td>${intervalBar(bar, scale)}</td><td>${pText(row.pValue)}</td><td>${pText(row.adjustedPValue)}</td><td>${outcome}</td></tr>`;
}

function standingsSection({ standings, costBps }: ExperimentResult): string {
  const row = (each: StandingFigures, i: number): string =>
    `<tr${i < 2 ? ' class="own"' : ''}><th>${escapeHtml(each.name)}${each.note === '' ? '' : `<br><small>${escapeHtml(each.note)}</small>`}</th><td>${percent(each.hitRatio, 1)}</td><td>${percent(each.precision, 1)}</td><td>${percent(each.signalShare)}</td><td>${fixed(each.tradesPerDay, 1)}</td><td>${fixed(each.grossSharpe, 2)}</td><td>${fixed(each.sharpe, 2)}</td><td>${percent(each.grossReturn, 1)}</td><td>${percent(each.netReturn, 1)}</td><td>${percent(each.maxDrawdown, 1)}</td></tr>`;
  return `<section><h2>Beside those who know nothing</h2><p class="note">All symbols together, means over the seeds, all judged days. A cost of ${costBps} bps is paid at every fill. A signal is a hit when the price was on its side at the end of the horizon; it is precise when the move was larger than half a deviation.</p>
<div class="scroll"><table><thead><tr><th></th><th>hit ratio</th><th>precision</th><th>signals</th><th>trades a day</th><th>Sharpe, before costs</th><th>after</th><th>return, before costs</th><th>after</th><th>drawdown</th></tr></thead><tbody>${standings.map(row).join('')}</tbody></table></div></section>`;
}
