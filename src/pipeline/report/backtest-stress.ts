/** The stress tables of a backtest's page. */
import type { Backtest, CapacityRow, StressRow } from './backtest-data.ts';
import { count, fixed, money, percent, signedPercent, timeSpan } from './format.ts';
import { escapeHtml } from './html.ts';

const or = (value: number | null, show: (value: number) => string): string =>
  value === null ? '–' : show(value);

/** The charts are drawn into hosts called `fan` and `capacity`. */
export function stressSection({ stress, significance, engine }: Backtest): string {
  const { costs, delays, starts } = stress;
  const [costName, delayName] =
    engine === 'events'
      ? ['Fees; the way through the book is what it was', 'Latency, each way']
      : ['Costs', 'Delay from signal to execution'];
  return `<section><h2>Under stress</h2><p class="note">The same signals, each time with one thing changed. What earns only at one setting was found by chance, or cannot be executed.</p>
<div class="trio"><div>${table(costName, costs)}</div><div>${table(delayName, delays)}</div><div>${table('Begun at', starts)}</div></div></section>
${paths(stress.paths, significance.periodMs)}${capacity(stress.capacity)}`;
}

function table(name: string, rows: readonly StressRow[]): string {
  const line = ({ name: what, totalReturn, sharpe, maxDrawdown, trades }: StressRow): string =>
    `<tr><th class="time">${escapeHtml(what)}</th><td class="${(totalReturn ?? 0) > 0 ? 'gain' : 'loss'}">${or(totalReturn, signedPercent)}</td><td>${or(sharpe, (x) => fixed(x, 2))}</td><td>${or(maxDrawdown, (x) => percent(x, 1))}</td><td>${count(trades)}</td></tr>`;
  return `<h3>${escapeHtml(name)}</h3><div class="scroll"><table><thead><tr><th></th><th>return</th><th>Sharpe</th><th>drawdown</th><th>trades</th></tr></thead><tbody>${rows.map(line).join('')}</tbody></table></div>`;
}

function paths(fan: Backtest['stress']['paths'], periodMs: number): string {
  if (fan === null) return '';
  const [low, middle, high] = fan.maxDrawdown.map((x) => percent(x, 1));
  return `<section class="pair"><div><h2>Other orders of the same returns</h2><p class="note">${count(fan.paths)} paths of resampled returns of ${timeSpan(periodMs)}, in blocks of ${fan.expectedBlock} on average: where 5, 25, 50, 75 and 95 % of them run below.</p><div id="fan" class="chart"></div></div>
<div><h2>What they say</h2><p class="note">The record could have come in any of these orders; a market that changes is in none of them.</p><div class="scroll"><table class="prose"><tbody><tr><th>Paths that end with a loss</th><td>${percent(fan.lossProbability)}</td></tr><tr><th>Largest drawdown, middle path</th><td>${middle}</td></tr><tr><th>Largest drawdown, 5 – 95 %</th><td>${low} – ${high}</td></tr></tbody></table></div></div></section>`;
}

function capacity(rows: readonly CapacityRow[]): string {
  if (rows.length === 0) return '';
  const line = (row: CapacityRow): string =>
    `<tr><th>${money(row.capital, 0)}</th><td class="${(row.totalReturn ?? 0) > 0 ? 'gain' : 'loss'}">${or(row.totalReturn, (x) => signedPercent(x, 2))}</td><td>${or(row.impact, (x) => `${fixed(10_000 * x, 1)} bps`)}</td><td>${count(row.cutOrders)}</td><td>${count(row.trades)}</td></tr>`;
  return `<section class="pair"><div><h2>How much money can it carry?</h2><p class="note">The same signals with other capital, every order walking the recorded book. An order leaves no trace in the books after it, and what the 200 levels do not hold is not traded: with much capital this flatters.</p><div id="capacity" class="chart"></div></div>
<div><h2>&nbsp;</h2><div class="scroll"><table><thead><tr><th>capital</th><th>return</th><th>lost to the book</th><th>orders cut</th><th>trades</th></tr></thead><tbody>${rows.map(line).join('')}</tbody></table></div></div></section>`;
}
