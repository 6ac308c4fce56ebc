/** Renders a backtest as one HTML file: the verdict first, then figures, costs, stress, benchmarks and every trade. */
import { backtestChartData, drawBacktest, MOST_MARKS } from './backtest-charts.ts';
import type { Backtest, BacktestPage } from './backtest-data.ts';
import { benchmarkSection, costSection, monthSection, qualitySection } from './backtest-sections.ts';
import { stressSection } from './backtest-stress.ts';
import { tradeSection } from './backtest-trades.ts';
import { count, fixed, minute, percent, signedPercent, timeSpan } from './format.ts';
import { escapeHtml } from './html.ts';
import { renderPage } from './page-frame.ts';

export function renderBacktest(page: BacktestPage): string {
  const { backtest, createdAt } = page;
  return renderPage({
    title: `Backtest: ${backtest.symbols.join(', ')}`,
    runId: backtest.runId,
    createdAt,
    data: backtestChartData(page),
    draw: drawBacktest,
    body: `${header(backtest)}
${verdict(backtest)}
${cards(backtest)}
<section><h2>Equity and drawdown</h2><p class="note">The account at each close, open positions at the market’s price; below it the fall from the highest point before. Scroll to zoom, drag to move. Times are UTC.</p><div id="equity" class="chart tall"></div></section>
${priceSections(page)}
${benchmarkSection(backtest)}
${costSection(backtest)}
${stressSection(backtest)}
${qualitySection(backtest)}
${monthSection(backtest)}
${tradeSection(page)}
<section><h2>How this was made</h2>
${backtest.execution.map((sentence) => `<p class="note">${escapeHtml(sentence)}</p>`).join('')}
<p class="note">What every figure means, and what is left out: docs/guides/backtest.md and docs/backtest.md.</p>
<details><summary>Settings</summary><pre>${escapeHtml(JSON.stringify(page.settings, null, 2))}</pre></details></section>`,
  });
}

function header({ symbols, synthetic, costLabel, earlierOpenings, ...rest }: Backtest): string {
  const { venue, interval, source, name, fromMs, toMs, bars } = rest;
  const badge = (text: string): string => ` <span class="badge">${escapeHtml(text)}</span>`;
  const badges = [
    synthetic ? badge('SYNTHETIC DATA') : '',
    costLabel === null ? '' : badge(costLabel),
    (earlierOpenings ?? 0) > 0 ? badge('TEST PERIOD NO LONGER UNSEEN') : '',
  ];
  const what = source === 'bars' ? 'order-book minutes' : `candles of ${interval}`;
  return `<header><h1>Backtest: ${escapeHtml(symbols.join(', '))}${badges.join('')}</h1>
<p>${escapeHtml(venue)} · ${escapeHtml(name)} · ${minute(fromMs)} to ${minute(toMs)} UTC · ${count(bars)} ${what}</p></header>`;
}

function verdict({ verdict: sentences, costLabel }: Backtest): string {
  const [first = '', ...rest] = sentences;
  return `<section class="verdict${costLabel === null ? '' : ' failed'}"><p><strong>${escapeHtml(first)}</strong></p><ul>${rest.map((s) => `<li>${escapeHtml(s)}</li>`).join('')}</ul></section>`;
}

function cards({ figures, significance, costs, reasons, costLabel, engine }: Backtest): string {
  const card = (name: string, value: string, note: string): string =>
    `<div class="card"><span>${name}</span><b>${value}</b><small>${escapeHtml(note)}</small></div>`;
  const or = (value: number | null, show: (value: number) => string): string =>
    value === null ? '–' : show(value);
  const interval = (bounds: readonly [number, number] | null, show: (x: number) => string): string =>
    bounds === null ? 'too little to tell an interval' : `95 %: ${bounds.map(show).join(' – ')}`;
  const why = (name: keyof typeof figures, note: string): string =>
    reasons[name] === undefined ? note : `does not exist: ${reasons[name].replaceAll('-', ' ')}`;
  const label = costLabel === null ? 'after costs' : costLabel.toLowerCase();
  return `<section class="cards">${[
    card(
      `Total return, ${label}`,
      or(figures.totalReturn, signedPercent),
      interval(significance.totalReturnInterval, (x) => signedPercent(x)),
    ),
    card(
      engine === 'events' ? 'Before fees' : 'Before costs',
      or(costs.returnBeforeCosts, signedPercent),
      engine === 'events' ? 'the same orders, no fee charged' : 'the same signals, nothing charged',
    ),
    card(
      'Sharpe ratio a year',
      or(significance.sharpe, (x) => fixed(x, 2)),
      significance.sharpe === null
        ? why('sharpe', 'too few returns')
        : `${interval(significance.sharpeInterval, (x) => fixed(x, 1))}; ${count(significance.periods)} returns of ${timeSpan(significance.periodMs)}`,
    ),
    card(
      'Deflated Sharpe',
      or(significance.deflatedSharpe, (x) => fixed(x, 2)),
      `probability that it is above luck; ${count(significance.trials)} trial${significance.trials === 1 ? '' : 's'}`,
    ),
    card(
      'Largest drawdown',
      or(figures.maxDrawdown, (x) => percent(x, 1)),
      longest(figures.longestDrawdownMs),
    ),
    card(
      'Closed trades',
      count(figures.trades),
      `in the market ${or(figures.exposure, (x) => percent(x))} of the time`,
    ),
    card(
      'Trades that earned',
      or(figures.hitRatio, (x) => percent(x)),
      why('profitFactor', `profit factor ${or(figures.profitFactor, (x) => fixed(x, 2))}`),
    ),
  ].join('')}</section>`;
}

const longest = (ms: number | null): string =>
  ms === null || ms === 0 ? 'never under water' : `longest under water ${timeSpan(ms)}`;

/** Charts are drawn into hosts called `price-0 …`. */
function priceSections({ prices, trades }: BacktestPage): string {
  return prices
    .map(({ symbol }, i) => {
      const own = trades.filter((trade) => trade.symbol === symbol).length;
      const note =
        own > MOST_MARKS
          ? `${count(own)} trades would bury the price: none is marked.`
          : 'Arrows: positions entered, up for long and down for short; dots: positions left.';
      return `<section><h2>Trades on the price of ${escapeHtml(symbol)}</h2><p class="note">${note}</p><div id="price-${i}" class="chart tall"></div></section>`;
    })
    .join('');
}
