/** Renders a trust report as one HTML file that needs nothing from outside: styles, libraries and data are inside. */
import { chartData, SHORTEST_RUN } from './chart-data.ts';
import { drawCharts } from './charts.ts';
import { checksSection } from './checks-section.ts';
import { classesSection, comparisonSection, confusionSection } from './comparison-section.ts';
import { economicsSection } from './economics-section.ts';
import { escapeHtml } from './html.ts';
import { bounds, count, fixed, minute, percent } from './format.ts';
import type { Evaluation, JudgeId, ModelScore, PredictionSetScore, Report } from './report-data.ts';
import { renderPage } from './page-frame.ts';
import { scoreSection } from './score-section.ts';
import { seedsSection, slicesSection } from './slices-section.ts';
import { WORDS } from './words.ts';

export function renderReport(report: Report): string {
  const { evaluation, curves } = report;
  return renderPage({
    title: report.title,
    runId: evaluation.runId,
    createdAt: report.createdAt,
    data: chartData(report),
    draw: drawCharts,
    body: `${header(report)}
${verdict(evaluation)}
${cards(evaluation)}
<section><h2>Price and signals in the test period</h2>
<p class="note">Arrows mark where a run of at least ${shortestRun(evaluation)} of SELL or BUY begins, by ${WORDS[evaluation.kind].signals}. Below: the model’s probabilities of SELL and BUY. Scroll to zoom, drag to move. Times are UTC.</p>
<div id="price" class="chart tall"></div></section>
${comparisonSection(evaluation)}
${classesSection(evaluation)}
${calibration(evaluation)}
${scoreSection(evaluation)}
${slicesSection(evaluation)}
${seedsSection(evaluation)}
${economicsSection(evaluation)}
${checksSection(evaluation)}
${confusionSection(evaluation)}
${curves.length === 0 ? '' : `<section class="pair">${curves.map((curve, i) => `<div><h2>${escapeHtml(curve.name)}</h2><p class="note">Losses on the left axis, validation macro-F1 on the right.</p><div id="curve-${i}" class="chart"></div></div>`).join('')}</section>`}
<section><h2>How this was made</h2><dl class="facts">${report.facts.map((f) => `<dt>${escapeHtml(f.name)}</dt><dd>${escapeHtml(f.value)}</dd>`).join('')}</dl>
<p class="note">What every figure means, and where it comes from: docs/guides/trust-report.md.</p>
<details><summary>Effective configuration</summary><pre>${escapeHtml(JSON.stringify(report.config, null, 2))}</pre></details></section>`,
  });
}

const rowOf = ({ kind, rowMinutes }: Evaluation): string =>
  kind === 'audited' ? 'minute' : `candle of ${rowMinutes} minutes`;

const shortestRun = ({ kind }: Evaluation): string => `${SHORTEST_RUN} ${WORDS[kind].rows}`;

function header({ title, evaluation }: Report): string {
  const { question, test } = evaluation;
  const words = WORDS[evaluation.kind];
  const synthetic = evaluation.synthetic ? '<span class="badge">SYNTHETIC DATA</span>' : '';
  const opened = test.earlierOpenings > 0 ? '<span class="badge">TEST PERIOD NO LONGER UNSEEN</span>' : '';
  return `<header><h1>${escapeHtml(title)} ${synthetic} ${opened}</h1>
<p>${escapeHtml(evaluation.venue)} · ${escapeHtml(evaluation.symbol)} · model ${escapeHtml(evaluation.model)} · test period ${minute(test.fromMs)} to ${minute(test.toMs)} UTC</p>
<p>Question asked at the close of every ${rowOf(evaluation)}: ${escapeHtml(question)} Input: the last ${evaluation.sequenceLength} ${words.window}.</p></header>`;
}

function verdict({ verdict: sentences, checks, nulls }: Evaluation): string {
  const failed = checks.some(({ outcome }) => outcome === 'failed') || nulls.some((test) => test.failed);
  const [first = '', ...rest] = sentences;
  return `<section class="verdict${failed ? ' failed' : ''}"><p><strong>${escapeHtml(first)}</strong></p><ul>${rest.map((s) => `<li>${escapeHtml(s)}</li>`).join('')}</ul></section>`;
}

function cards({ kind, synthetic, scores, ceiling, test, checks, nulls }: Evaluation): string {
  const [own] = scores;
  if (own === undefined) return '';
  const card = (name: string, value: string, note: string): string =>
    `<div class="card"><span>${name}</span><b>${value}</b><small>${note}</small></div>`;
  const made = checks.filter(({ outcome }) => outcome !== 'not made').length + nulls.length;
  const passed =
    checks.filter(({ outcome }) => outcome === 'passed').length + nulls.filter((each) => !each.failed).length;
  return `<section class="cards">${[
    card(`Macro-F1, ${WORDS[kind].model}`, fixed(own.macroF1), `95 %: ${bounds(own.macroF1Interval)}`),
    ceiling === null
      ? card(
          'Known ceiling',
          'none',
          synthetic ? 'the oracle judges minute bars alone' : 'real data has no oracle',
        )
      : card(
          'Share of the known ceiling',
          percent(ceiling.share),
          `oracle ${fixed(ceiling.macroF1)}, volatility alone ${fixed(ceiling.floor)}`,
        ),
    card(
      'Rises told from falls',
      fixed(own.directionAuc),
      `AUC, 0.5 is chance; 95 %: ${bounds(own.directionAucInterval)}`,
    ),
    card('MCC', fixed(own.mcc), `0 is chance; 95 %: ${bounds(own.mccInterval)}`),
    card('Calibration error', fixed(own.ece), `top-label ECE; 95 %: ${bounds(own.eceInterval)}`),
    card('Checks and null tests', `${passed} of ${made}`, passed === made ? 'passed' : 'passed: see the top'),
    card('Test rows', count(test.rows), `about ${test.independentOutcomes} independent outcomes`),
  ].join('')}</section>`;
}

const CALIBRATED: readonly JudgeId[] = ['audited', 'uncalibrated', 'base', 'micro', 'network'];

/** Before and after; the chart is drawn into a host called `reliability`. */
function calibration({ kind, scores, predictionSets }: Evaluation): string {
  const shown = scores.filter(({ id }) => CALIBRATED.includes(id));
  const cell = (value: number, interval: readonly [number, number]): string =>
    `<td>${fixed(value)}<br><small>${bounds(interval)}</small></td>`;
  const row = (score: ModelScore): string =>
    `<tr><th>${escapeHtml(score.name)}</th>${cell(score.ece, score.eceInterval)}${cell(score.logLoss, score.logLossInterval)}${cell(score.brier, score.brierInterval)}</tr>`;
  return `<section><h2>Do the probabilities mean what they say?</h2><p class="note">On the dashed line, a stated 70 % comes true 70 times in 100. ${WORDS[kind].calibration}</p>
<div class="pair"><div><div id="reliability" class="chart"></div></div><div class="scroll"><table><thead><tr><th></th><th>ECE</th><th>log loss</th><th>Brier</th></tr></thead><tbody>${shown.map(row).join('')}</tbody></table></div></div>
${predictionSets === null ? `<h3>Prediction sets</h3><p class="note">${WORDS[kind].noSets}</p>` : setsTable(predictionSets)}</section>`;
}

function setsTable(sets: PredictionSetScore): string {
  const { promised, covered, coveredInterval, sizes, signals, signalShare, precision, precisionInterval } =
    sets;
  const share = (size: number): string => percent(sizes[size]! / sizes.reduce((a, b) => a + b, 0));
  return `<h3>Prediction sets</h3><p class="note">Beside every decision stands the set of classes that cannot be ruled out, which shall hold the truth ${percent(promised)} of the time, also when the market changes. Only a set of one direction is a signal; everything else abstains.</p>
<div class="scroll"><table><thead><tr><th>held the truth</th><th>promised</th><th>of no class</th><th>of one</th><th>of two</th><th>of all three</th><th>signals</th><th>share of the rows</th><th>signals that came true</th></tr></thead><tbody><tr><th>${percent(covered, 1)}<br><small>${coveredInterval.map((x) => percent(x, 1)).join(' – ')}</small></th><td>${percent(promised)}</td>${[0, 1, 2, 3].map((size) => `<td>${share(size)}</td>`).join('')}<td>${count(signals)}</td><td>${percent(signalShare, 1)}</td><td>${percent(precision)}<br><small>${precisionInterval.map((x) => percent(x)).join(' – ')}</small></td></tr></tbody></table></div>`;
}
