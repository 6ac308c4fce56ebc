/** Every trade of a backtest in a table that can be searched. */
import type { BacktestPage, TradeRow } from './backtest-data.ts';
import { count, minute, money, signedPercent } from './format.ts';
import { escapeHtml } from './html.ts';

/** More rows would make the page heavy; all of them are in the files beside it. */
export const MOST_ROWS = 2_000;

/** The search is wired to the field called `trade-search` and the rows of `trade-rows`. */
export function tradeSection({ trades }: BacktestPage): string {
  if (trades.length === 0) return '';
  const shown = trades.slice(0, MOST_ROWS);
  const more =
    shown.length < trades.length ? ` The first ${count(MOST_ROWS)} of ${count(trades.length)}.` : '';
  return `<section><h2>Trades</h2><p class="note">All of them are in trades.parquet and trades.csv beside this page.${more}</p>
<p class="search"><input id="trade-search" type="search" placeholder="Search: short stop-loss 2025-03" aria-label="Search trades"> <span id="trade-count" class="note">${count(shown.length)}</span></p>
<div class="scroll rows"><table><thead><tr><th>entry (UTC)</th><th>exit (UTC)</th><th class="text short">side</th><th>entry price</th><th>exit price</th><th>size</th><th>fees</th><th>result</th><th>return</th><th class="text short">ended by</th></tr></thead><tbody id="trade-rows">${shown.map(row).join('')}</tbody></table></div></section>`;
}

function row(trade: TradeRow): string {
  const price = (value: number): string => String(Number(value.toPrecision(7)));
  const tone = trade.pnl > 0 ? 'gain' : 'loss';
  return `<tr><th class="time">${minute(trade.entryTimeMs)}</th><td>${minute(trade.exitTimeMs)}</td><td class="text short">${escapeHtml(trade.symbol)} ${trade.side}</td><td>${price(trade.entryPrice)}</td><td>${price(trade.exitPrice)}</td><td>${price(trade.size)}</td><td>${money(trade.fees)}</td><td class="${tone}">${money(trade.pnl)}</td><td class="${tone}">${signedPercent(trade.return, 2)}</td><td class="text short">${escapeHtml(trade.exitReason)}</td></tr>`;
}
