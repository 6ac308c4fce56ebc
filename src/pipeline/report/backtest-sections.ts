/** Sections of a backtest's page: benchmarks, costs, months, and the signals as predictions. */
import type { Backtest, Benchmark, RunFigures } from './backtest-data.ts';
import { count, fixed, money, percent, signedPercent } from './format.ts';
import { escapeHtml } from './html.ts';
import { intervalAxis, intervalBar, scaleOf } from './interval-bar.ts';

const or = (value: number | null, show: (value: number) => string): string =>
  value === null ? '–' : show(value);

export function benchmarkSection({ benchmarks, figures, significance, engine }: Backtest): string {
  const onBars =
    engine === 'events'
      ? ' They are executed on minute bars, as is the run that the random draws are held against.'
      : '';
  const bounds = [
    significance.totalReturnInterval,
    ...benchmarks.map(({ draws }) => draws?.totalReturn ?? null),
  ].flatMap((pair) => pair ?? []);
  const points = [figures.totalReturn, ...benchmarks.map(({ totalReturn }) => totalReturn)];
  const scale = scaleOf(
    [...bounds, ...points.filter((x) => x !== null)].map((x) => 100 * x),
    0,
  );
  const bar = (
    name: string,
    total: number | null,
    interval: readonly [number, number] | null,
    own: boolean,
  ): string => {
    if (total === null) return '';
    const [low, high] = interval ?? [total, total];
    const title = `${name}: ${signedPercent(total)}${interval === null ? '' : ` (95 % ${signedPercent(low)} to ${signedPercent(high)})`}`;
    const drawn = { estimate: 100 * total, interval: [100 * low, 100 * high] as const, title };
    return intervalBar({ ...drawn, tone: own ? 'good' : 'plain' }, scale);
  };
  const small = (interval: readonly [number, number] | null, show: (x: number) => string): string =>
    interval === null ? '' : `<br><small>${interval.map(show).join(' – ')}</small>`;
  const row = (
    { name, totalReturn, sharpe, maxDrawdown, trades, draws }: Omit<Benchmark, 'id'>,
    own: boolean,
  ): string => {
    const interval = own ? significance.totalReturnInterval : (draws?.totalReturn ?? null);
    const sharpes = draws?.sharpe ?? null;
    return `<tr${own ? ' class="own"' : ''}><th>${escapeHtml(name)}</th><td>${or(totalReturn, signedPercent)}${small(interval, (x) => signedPercent(x))}</td><td>${bar(name, totalReturn, interval, own)}</td><td>${or(sharpe, (x) => fixed(x, 2))}${small(sharpes, (x) => fixed(x, 1))}</td><td>${or(maxDrawdown, (x) => percent(x, 1))}</td><td>${count(trades)}</td><td>${draws === null ? '' : percent(draws.pValue, 1)}</td></tr>`;
  };
  const { totalReturn, sharpe, maxDrawdown, trades } = figures;
  const own = { name: 'This run', totalReturn, sharpe, maxDrawdown, trades, draws: null };
  return `<section><h2>Beside what anybody could do</h2><p class="note">All at the same costs and delays. Random: the very trades of this run, with their sides and lengths, at times drawn by chance; the middle of the draws and where 95 % of them lie. This run’s interval is a stationary block bootstrap of its returns. Sharpe ratios here are from the returns of the bars.${onBars}</p>
<div class="scroll"><table><thead><tr><th></th><th>total return</th><th>${intervalAxis('total return, %', scale)}</th><th>Sharpe</th><th>largest<br>drawdown</th><th>closed<br>trades</th><th>as good<br>as this run</th></tr></thead><tbody>${row(own, true)}${benchmarks.map((each) => row(each, false)).join('')}</tbody></table></div></section>`;
}

export function costSection({ costs, figures, significance }: Backtest): string {
  const line = (name: string, value: string, note = ''): string =>
    `<tr><th>${name}</th><td class="value">${value}</td><td class="text"><small>${note}</small></td></tr>`;
  const share = (value: number): string =>
    costs.tradedNotional > 0
      ? `${fixed((10_000 * value) / costs.tradedNotional, 1)} bps of what was traded`
      : '';
  const earned = costs.finalEquity - costs.initialCash;
  const { overfitting, probabilisticSharpe, varianceFrom } = significance;
  const figure = (name: string, key: keyof RunFigures, show: (x: number) => string): string =>
    line(name, or(figures[key], show));
  return `<section><h2>Where the money went</h2><div class="pair"><div class="scroll"><table class="prose"><tbody>${[
    line('Initial cash', money(costs.initialCash)),
    line(
      'Earned before fees, slippage and funding',
      money(earned + costs.fees + costs.slippage + costs.funding),
      'with the positions that these costs allowed',
    ),
    line('Fees', money(-costs.fees), share(costs.fees)),
    line('Slippage and impact', money(-costs.slippage), share(costs.slippage)),
    line('Funding', money(-costs.funding), share(costs.funding)),
    line('Final equity', money(costs.finalEquity), `${money(costs.tradedNotional, 0)} changed hands`),
  ].join('')}</tbody></table></div>
<div class="scroll"><table class="prose"><tbody>${[
    figure('Volatility a year', 'volatility', (x) => percent(x, 1)),
    figure('Sortino ratio a year', 'sortino', (x) => fixed(x, 2)),
    figure('Worst 5 % of bars, on average', 'conditionalValueAtRisk', (x) => signedPercent(x, 2)),
    figure('Turnover a year, × equity', 'turnover', (x) => count(Math.round(x))),
    line(
      'Probabilistic Sharpe',
      or(probabilisticSharpe, (x) => fixed(x, 2)),
      'probability that the true ratio is above 0',
    ),
    line(
      'Deflated Sharpe',
      or(significance.deflatedSharpe, (x) => fixed(x, 2)),
      `above the best of ${count(significance.trials)} by luck; variance from ${varianceFrom}`,
    ),
    overfitting === null
      ? line('Overfitting (PBO)', 'not known', 'needs two trials on this data')
      : line(
          'Overfitting (PBO)',
          percent(overfitting.probability),
          `of splits put the best of ${overfitting.trials} trials into the lower half`,
        ),
  ].join('')}</tbody></table></div></div></section>`;
}

export function monthSection({ months }: Backtest): string {
  if (months.length === 0) return '';
  const years = [...new Set(months.map(({ month }) => month.slice(0, 4)))];
  const NAMES = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
  const most = Math.max(...months.map((each) => Math.abs(each.return)), 1e-9);
  const cell = (value: number | undefined): string => {
    if (value === undefined) return '<td></td>';
    const depth = ((Math.abs(value) / most) * 45).toFixed(0);
    const hue = value >= 0 ? 'var(--buy)' : 'var(--sell)';
    return `<td style="background:color-mix(in srgb, ${hue} ${depth}%, transparent)">${signedPercent(value)}</td>`;
  };
  const rows = years.map((year) => {
    const own = NAMES.map(
      (_, i) => months.find(({ month }) => month === `${year}-${String(i + 1).padStart(2, '0')}`)?.return,
    );
    const total = own.reduce<number>((product, value) => product * (1 + (value ?? 0)), 1) - 1;
    return `<tr><th>${year}</th>${own.map(cell).join('')}<td><b>${signedPercent(total)}</b></td></tr>`;
  });
  return `<section><h2>Month by month</h2><p class="note">Return of the account in each UTC month; the first and the last may not be whole.</p><div class="scroll"><table><thead><tr><th></th>${NAMES.map((name) => `<th>${name}</th>`).join('')}<th>year</th></tr></thead><tbody>${rows.join('')}</tbody></table></div></section>`;
}

export function qualitySection({ signalQuality }: Backtest): string {
  if (signalQuality.length === 0) return '';
  const pair = (value: number | null, bounds: readonly [number, number] | null): string =>
    `<td>${or(value, (x) => percent(x))}${bounds === null ? '' : `<br><small>${bounds.map((x) => percent(x)).join(' – ')}</small>`}</td>`;
  const rows = signalQuality.map(
    (q) =>
      `<tr><th>${q.direction}</th><td>${count(q.signals)}</td>${pair(q.precision, q.precisionInterval)}<td>${percent(q.prevalence)}</td>${pair(q.recall, q.recallInterval)}</tr>`,
  );
  return `<section><h2>The signals as predictions</h2><p class="note">Every signal of the test rows against its label, whether or not a position was free. Small print: 95 % intervals, block bootstrap with blocks as long as the lookahead.</p><div class="scroll"><table><thead><tr><th></th><th>signals</th><th>came true<br>(precision)</th><th>would by<br>chance</th><th>of the class found<br>(recall)</th></tr></thead><tbody>${rows.join('')}</tbody></table></div></section>`;
}
