/** Renders a trust report as one HTML file that needs nothing from outside: styles, libraries and data are inside. */
import { readFileSync } from 'node:fs';
import { DIRECTIONS } from '../../domain/core/index.ts';
import { type ChartData, drawCharts } from './charts.ts';
import { escapeHtml } from './html.ts';
import type { Evaluation, ModelScore, Report } from './report-data.ts';
import { STYLE } from './style.ts';

function libraryFile(packageName: string, file: string): string {
  return readFileSync(new URL(file, import.meta.resolve(packageName)), 'utf8');
}

const SHORTEST_RUN = 10;

/** JSON that cannot end the script element that holds it. */
const embedJson = (value: unknown): string => JSON.stringify(value).replace(/</g, String.raw`\u003c`);

const fixed = (value: number, digits = 3): string => (Number.isFinite(value) ? value.toFixed(digits) : '–');
const percent = (value: number, digits = 0): string => `${(100 * value).toFixed(digits)} %`;
const minute = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replace('T', ' ');
const interval = ([low, high]: readonly [number, number]): string => `${fixed(low)} – ${fixed(high)}`;

export function renderReport(report: Report): string {
  const { evaluation, series, curves } = report;
  const charts: ChartData = { series, curves, evaluation, shortestRun: SHORTEST_RUN };
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(report.title)}</title>
<style>${libraryFile('uplot', 'uPlot.min.css')}${STYLE}</style>
</head>
<body>
<main>
${header(report)}
${verdict(evaluation)}
${cards(evaluation)}
<section><h2>Price and signals in the test period</h2>
<p class="note">Arrows mark where a run of at least ${SHORTEST_RUN} minutes of SELL or BUY begins. Below: audited probabilities of SELL and BUY. Scroll to zoom, drag to move.</p>
<div id="price" class="chart tall"></div></section>
${comparison(evaluation)}
<section><h2>Confusion matrices</h2><p class="note">Rows are what happened, columns what was said; shares are of each row.</p>
<div class="matrices">${evaluation.scores.map(confusionMatrix).join('')}</div></section>
<section class="pair"><div><h2>Reliability</h2><p class="note">On the dashed line, a stated 70 % comes true 70 times in 100.</p><div id="reliability" class="chart"></div></div>
${report.curves.map((curve, i) => `<div><h2>${escapeHtml(curve.name)}</h2><p class="note">Losses on the left axis, validation macro-F1 on the right.</p><div id="curve-${i}" class="chart"></div></div>`).join('')}</section>
<section><h2>How this was made</h2><dl class="facts">${report.facts.map((f) => `<dt>${escapeHtml(f.name)}</dt><dd>${escapeHtml(f.value)}</dd>`).join('')}</dl>
<details><summary>Effective configuration</summary><pre>${escapeHtml(JSON.stringify(report.config, null, 2))}</pre></details></section>
<footer>Tidemark · run ${escapeHtml(evaluation.runId)} · ${escapeHtml(report.createdAt)} · charts: TradingView Lightweight Charts™ (Apache-2.0), uPlot (MIT)</footer>
</main>
<script>${libraryFile('lightweight-charts', 'lightweight-charts.standalone.production.js')}</script>
<script>${libraryFile('uplot', 'uPlot.iife.min.js')}</script>
<script type="application/json" id="report">${embedJson(charts)}</script>
<script>(${drawCharts.toString()})(JSON.parse(document.getElementById('report').textContent));</script>
</body>
</html>
`;
}

function header({ title, evaluation }: Report): string {
  const { label, test } = evaluation;
  const badge = evaluation.synthetic ? '<span class="badge">SYNTHETIC DATA</span>' : '';
  return `<header><h1>${escapeHtml(title)} ${badge}</h1>
<p>${escapeHtml(evaluation.venue)} · ${escapeHtml(evaluation.symbol)} · model ${escapeHtml(evaluation.model)} · test period ${minute(test.fromMs)} to ${minute(test.toMs)} UTC</p>
<p>Question asked at every minute: will the price in ${label.lookaheadMinutes} minutes be below −${percent(-label.thresholdShort, 1)} (SELL), above +${percent(label.thresholdLong, 1)} (BUY), or neither (NEUTRAL)? Input: the last ${evaluation.sequenceLength} minute bars.</p></header>`;
}

function verdict({ verdict: sentences }: Evaluation): string {
  const [first = '', ...rest] = sentences;
  return `<section class="verdict"><p><strong>${escapeHtml(first)}</strong></p><ul>${rest.map((s) => `<li>${escapeHtml(s)}</li>`).join('')}</ul></section>`;
}

function cards({ scores, ceiling, test }: Evaluation): string {
  const audited = scores.find((score) => score.id === 'audited');
  if (audited === undefined) return '';
  const card = (name: string, value: string, note: string): string =>
    `<div class="card"><span>${name}</span><b>${value}</b><small>${note}</small></div>`;
  return `<section class="cards">${[
    card('Macro-F1, audited', fixed(audited.macroF1), `95 %: ${interval(audited.macroF1Interval)}`),
    ceiling === null
      ? card('Known ceiling', 'none', 'real data has no oracle')
      : card(
          'Share of the known ceiling',
          percent(ceiling.share),
          `oracle ${fixed(ceiling.macroF1)}, volatility alone ${fixed(ceiling.floor)}`,
        ),
    card('MCC', fixed(audited.mcc), '0 is chance, 1 is perfect'),
    card('Calibration error', fixed(audited.ece), 'top-label ECE, 0 is perfect'),
    card(
      'Test rows',
      test.rows.toLocaleString('en'),
      `about ${test.independentOutcomes} independent outcomes`,
    ),
  ].join('')}</section>`;
}

function comparison({ scores, differences }: Evaluation): string {
  const row = (score: ModelScore): string => {
    const difference = differences.find((d) => d.against === score.id);
    return `<tr${score.id === 'audited' ? ' class="own"' : ''}><th>${escapeHtml(score.name)}</th><td>${fixed(score.macroF1)}</td><td>${interval(score.macroF1Interval)}</td>
<td>${difference === undefined ? '' : `${difference.macroF1 >= 0 ? '+' : '−'}${fixed(Math.abs(difference.macroF1))}<br><small>${interval(difference.interval)}</small>`}</td>
<td>${fixed(score.mcc)}</td><td>${fixed(score.logLoss)}</td><td>${fixed(score.brier)}</td><td>${fixed(score.ece)}</td>
${score.classes.map((c) => `<td>${fixed(c.precision, 2)} / ${fixed(c.recall, 2)}</td>`).join('')}</tr>`;
  };
  return `<section><h2>Beside the baselines</h2><p class="note">Every row judges the same minutes under the same decision rule. Intervals: stationary block bootstrap, 95 %. Difference: audited model minus this row, on the same resampled blocks.</p>
<div class="scroll"><table><thead><tr><th></th><th>macro-F1</th><th>95 % interval</th><th>difference</th><th>MCC</th><th>log loss</th><th>Brier</th><th>ECE</th>${DIRECTIONS.map((d) => `<th>${d}<br><small>precision / recall</small></th>`).join('')}</tr></thead>
<tbody>${scores.map(row).join('')}</tbody></table></div></section>`;
}

function confusionMatrix(score: ModelScore): string {
  const cells = score.confusion
    .map((row, truth) => {
      const total = row.reduce((a, b) => a + b, 0);
      const shares = row.map((count) => (total === 0 ? 0 : count / total));
      return `<tr><th>${DIRECTIONS[truth]}</th>${row
        .map((count, predicted) => {
          const hue = truth === predicted ? 'var(--accent)' : 'var(--sell)';
          return `<td style="background:color-mix(in srgb, ${hue} ${(shares[predicted]! * 55).toFixed(0)}%, transparent)"><b>${percent(shares[predicted]!)}</b><small>${count}</small></td>`;
        })
        .join('')}</tr>`;
    })
    .join('');
  return `<figure><figcaption>${escapeHtml(score.name)}</figcaption><table class="matrix"><thead><tr><th></th>${DIRECTIONS.map((d) => `<th>${d}</th>`).join('')}</tr></thead><tbody>${cells}</tbody></table></figure>`;
}
