/** What would have shown a leak: named checks, null tests, the picture of the splits. */
import { escapeHtml } from './html.ts';
import { bounds, count, fixed, signed } from './format.ts';
import { intervalAxis, intervalBar, scaleOf } from './interval-bar.ts';
import type { Check, Evaluation, NullTest } from './report-data.ts';
import { splitTimeline } from './timeline.ts';

const OUTCOMES: Readonly<Record<Check['outcome'], string>> = {
  passed: 'pass',
  failed: 'FAIL',
  'not made': 'not made',
};

const pill = (outcome: Check['outcome']): string =>
  `<span class="pill ${outcome.replace(' ', '-')}">${OUTCOMES[outcome]}</span>`;

export function checksSection({ checks, nulls, splits }: Evaluation): string {
  const rows = checks.map(
    ({ name, outcome, detail, comparisons }) =>
      `<tr><th>${escapeHtml(name)}</th><td>${pill(outcome)}</td><td>${count(comparisons)}</td><td class="text">${escapeHtml(detail)}</td></tr>`,
  );
  return `<section><h2>Leak checks</h2><p class="note">Each one recomputes something that the figures above rely on. A single FAIL makes all of them worthless.</p>
<div class="scroll"><table><thead><tr><th></th><th>outcome</th><th>comparisons</th><th class="text">what was compared</th></tr></thead><tbody>${rows.join('')}</tbody></table></div></section>
${nullSection(nulls)}
<section><h2>What was used for what</h2><p class="note">Nothing is learned from a row whose label was not yet known where judging begins. Point at a block for its rows.</p>${splitTimeline(splits)}</section>`;
}

function nullSection(nulls: readonly NullTest[]): string {
  if (nulls.length === 0) return '';
  const scale = scaleOf(
    nulls.flatMap(({ interval }) => interval),
    0,
  );
  const rows = nulls.map((test) => {
    const { name, draws, macroF1, chance, difference, interval, pValue, failed } = test;
    const title = `${name}: ${signed(difference)} (95 % ${bounds(interval)}) over ${draws} draws`;
    return `<tr><th>${escapeHtml(name)}</th><td>${pill(failed ? 'failed' : 'passed')}</td><td>${fixed(macroF1)}</td><td>${fixed(chance)}</td><td>${signed(difference)}<br><small>${bounds(interval)}</small></td><td>${intervalBar({ estimate: difference, interval, title, tone: failed ? 'bad' : 'plain' }, scale)}</td><td>${fixed(pValue, 3)}</td></tr>`;
  });
  return `<section><h2>Null tests</h2><p class="note">The cheap learners, retrained ${nulls[0]!.draws} times on labels that have nothing to do with the features: shuffled in blocks longer than the lookahead, or shifted in a circle by at least a quarter of the rows. They must land on chance: the macro-F1 of decisions of the same shares that know nothing. A null fails when it is above chance beyond what all of them together would reach in 1 page of 40 by accident.</p>
<div class="scroll"><table><thead><tr><th></th><th>outcome</th><th>macro-F1</th><th>chance</th><th>difference<br><small>95 % (Student’s t)</small></th><th>${intervalAxis('macro-F1 above chance', scale)}</th><th>p, one-sided</th></tr></thead><tbody>${rows.join('')}</tbody></table></div></section>`;
}
