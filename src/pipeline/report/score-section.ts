/** What the one number that a model answers with is worth. */
import { bounds, count, fixed, percent } from './format.ts';
import type { Evaluation } from './report-data.ts';

export function scoreSection({ scoreFigures, label }: Evaluation): string {
  if (scoreFigures === null) return '';
  const { correlation, signals } = scoreFigures;
  return `<section><h2>What the score is worth</h2><p class="note">The score is the model’s one number in −1 … 1, of classes p(BUY) − p(SELL). Correlation is with the return of the next ${label.lookaheadMinutes} minutes, its interval from blocks of 288 candles. Signals are those of adaptive thresholds, which hold their shares of the last scores, and had scores before the test to begin with. 50 % of all signals see the price move their way by accident, however little.</p>
<div class="scroll"><table><thead><tr><th>correlation with the return</th><th>decisions</th><th>signals</th><th>price moved their way</th><th>label was theirs</th><th>of all moves signalled rightly</th></tr></thead><tbody><tr><th>${fixed(correlation.estimate)}<br><small>${bounds([correlation.lower, correlation.upper])}</small></th><td>${count(signals.decisions)}</td><td>${count(signals.signals)}</td><td>${percent(signals.hitRatio, 1)}</td><td>${percent(signals.precision, 1)}</td><td>${percent(signals.recall, 1)}</td></tr></tbody></table></div></section>`;
}
