/** The model beside its baselines: figures, classes, confusion matrices. */
import { DIRECTIONS } from '../../domain/core/index.ts';
import { escapeHtml } from './html.ts';
import { bounds, count, fixed, percent, signed } from './format.ts';
import { intervalAxis, intervalBar, scaleOf } from './interval-bar.ts';
import type { Bounds, Evaluation, ModelScore } from './report-data.ts';
import { WORDS } from './words.ts';

export function comparisonSection({ kind, scores, differences, ceiling }: Evaluation): string {
  const scale = scaleOf(
    scores.flatMap(({ macroF1Interval }) => macroF1Interval),
    ceiling?.macroF1,
  );
  const withInterval = (value: number, interval: readonly [number, number]): string =>
    `<td>${fixed(value)}<br><small>${bounds(interval)}</small></td>`;
  const differenceCell = (value: number | undefined, interval: Bounds | undefined): string =>
    value === undefined || interval === undefined
      ? '<td></td>'
      : `<td>${signed(value)}<br><small>${bounds(interval)}</small></td>`;
  const row = (score: ModelScore): string => {
    const difference = differences.find((d) => d.against === score.id);
    const title = `${score.name}: macro-F1 ${fixed(score.macroF1)} (95 % ${bounds(score.macroF1Interval)})`;
    const bar = { estimate: score.macroF1, interval: score.macroF1Interval, title };
    return `<tr${score.id === scores[0]!.id ? ' class="own"' : ''}><th>${escapeHtml(score.name)}</th>${withInterval(score.macroF1, score.macroF1Interval)}<td>${intervalBar({ ...bar, tone: score.id === scores[0]!.id ? 'good' : 'plain' }, scale)}</td>
${differenceCell(difference?.macroF1, difference?.interval)}
${withInterval(score.mcc, score.mccInterval)}${withInterval(score.directionAuc, score.directionAucInterval)}${withInterval(score.logLoss, score.logLossInterval)}${differenceCell(difference?.logLoss, difference?.logLossInterval)}${withInterval(score.brier, score.brierInterval)}${withInterval(score.ece, score.eceInterval)}</tr>`;
  };
  const oracle = ceiling === null ? '' : ' The dashed line is the known ceiling of the simulated market.';
  return `<section><h2>Beside the baselines</h2><p class="note">Every row judges the same ${WORDS[kind].rows}, and all but persistence${kind === 'micro' ? ', the adaptive thresholds of a MicroNet' : ''} and the network as trained are decided by the same rule. Small print: 95 % intervals by stationary block bootstrap. Difference: ${WORDS[kind].model} minus this row, on the same resampled blocks; of log loss, below 0 is better.${oracle}</p>
<div class="scroll"><table><thead><tr><th></th><th>macro-F1</th><th>${intervalAxis('macro-F1', scale)}</th><th>difference</th><th>MCC</th><th>direction AUC</th><th>log loss</th><th>difference</th><th>Brier</th><th>ECE</th></tr></thead>
<tbody>${scores.map(row).join('')}</tbody></table></div></section>`;
}

/** Charts are drawn into hosts called `pr-0 …`. */
export function classesSection({ scores }: Evaluation): string {
  const rows = scores.map(
    (score) =>
      `<tr${score.id === scores[0]!.id ? ' class="own"' : ''}><th>${escapeHtml(score.name)}</th>${score.classes
        .map(
          (c, k) =>
            `<td>${fixed(c.precision, 2)}</td><td>${fixed(c.recall, 2)}</td><td>${fixed(score.precisionRecall[k]!.averagePrecision, 2)}</td>`,
        )
        .join('')}</tr>`,
  );
  const shares = scores[0]?.precisionRecall ?? [];
  return `<section><h2>Class by class</h2><p class="note">Precision: how often a decision for the class came true. Recall: how much of the class was found. AP: area under the precision-recall curve; one who knows nothing has the share of the class (${shares.map(({ direction, prevalence }) => `${direction} ${fixed(prevalence, 2)}`).join(', ')}).</p>
<div class="scroll"><table><thead><tr><th></th>${DIRECTIONS.map((d) => `<th colspan="3" class="group">${d}</th>`).join('')}</tr><tr><th></th>${DIRECTIONS.map(() => '<th>precision</th><th>recall</th><th>AP</th>').join('')}</tr></thead><tbody>${rows.join('')}</tbody></table></div>
<div class="trio">${DIRECTIONS.map((d, k) => `<div><h3>${d}</h3><div id="pr-${k}" class="chart"></div></div>`).join('')}</div></section>`;
}

export function confusionSection({ scores }: Evaluation): string {
  return `<section><h2>Confusion matrices</h2><p class="note">Rows are what happened, columns what was said; shares are of each row.</p>
<div class="matrices">${scores.map(confusionMatrix).join('')}</div></section>`;
}

function confusionMatrix(score: ModelScore): string {
  const cells = score.confusion.map((row, truth) => {
    const total = row.reduce((a, b) => a + b, 0);
    const shares = row.map((cell) => (total === 0 ? 0 : cell / total));
    return `<tr><th>${DIRECTIONS[truth]}</th>${row
      .map((cell, predicted) => {
        const hue = truth === predicted ? 'var(--accent)' : 'var(--sell)';
        const title = `${DIRECTIONS[truth]} happened, ${DIRECTIONS[predicted]} was said: ${count(cell)} rows`;
        return `<td title="${title}" style="background:color-mix(in srgb, ${hue} ${(shares[predicted]! * 55).toFixed(0)}%, transparent)"><b>${percent(shares[predicted]!)}</b><small>${count(cell)}</small></td>`;
      })
      .join('')}</tr>`;
  });
  return `<figure><figcaption>${escapeHtml(score.name)}</figcaption><table class="matrix"><thead><tr><th></th>${DIRECTIONS.map((d) => `<th>${d}</th>`).join('')}</tr></thead><tbody>${cells.join('')}</tbody></table></figure>`;
}
