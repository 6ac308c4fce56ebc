/**
 * Target positions instead of signals: at each candle the share of the equity that is to be held, from short (below 0) to long.
 * The trades are those from flat to flat, with prices averaged over their fills.
 */
import type { CheckedCandles } from './candles.ts';
import { refusal } from './candles.ts';
import type { Ledger } from './ledger.ts';
import type { Plan } from './settings.ts';

/**
 * Every target that is a number is an order to bring the position to `target · equity / price`, both at the price before
 * slippage of the candle that executes it (see {@link Plan.execution}); NaN holds what there is. Targets wait over halted
 * candles. Exits and sizing of the plan are not used; targets are cut to `± maxLeverage`, and to 0 without equity.
 *
 * @param targets `[rows]`, what is known at each close
 * @param equity `[rows]` at each close, overwritten
 * @throws DataError for a wrong length or an infinite target
 */
export function simulateTargets(
  checked: CheckedCandles,
  targets: Float64Array,
  plan: Plan,
  { ledger, equity }: { readonly ledger: Ledger; readonly equity: Float64Array },
): void {
  const { candles, halted } = checked;
  const { open, close, fundingRate } = candles;
  const rows = close.length;
  if (targets.length !== rows) {
    throw refusal('targets', targets.length, `${targets.length} targets for ${rows} candles`);
  }
  const infinite = targets.findIndex((target) => Math.abs(target) === Infinity);
  if (infinite >= 0) throw refusal('targets', infinite, `${targets[infinite]} is no share of the equity`);
  const isDelayed = plan.execution === 'next-open';
  const prices = isDelayed ? open : close;
  ledger.reset(plan.initialCash);
  let waiting = Number.NaN;
  for (let row = 0; row < rows; row++) {
    const rate = fundingRate?.[row] ?? 0;
    if (rate !== 0 && ledger.position !== 0) ledger.settleFunding(open[row]!, rate);
    const given = isDelayed ? (row === 0 ? Number.NaN : targets[row - 1]!) : targets[row]!;
    if (!Number.isNaN(given)) waiting = given;
    if (!Number.isNaN(waiting) && halted?.[row] !== 1) {
      rebalance(ledger, plan, { target: waiting, row, marketPrice: prices[row]! });
      waiting = Number.NaN;
    }
    let value = ledger.cash + ledger.position * close[row]!;
    if (ledger.position !== 0) {
      ledger.rowsInPosition++;
      if (value <= 0 && halted?.[row] !== 1) {
        trade(ledger, plan, { size: -ledger.position, row, marketPrice: close[row]!, reason: 'ruin' });
        value = ledger.cash;
      }
    }
    equity[row] = value;
  }
  ledger.recordOpenTrade(rows - 1, close[rows - 1]!);
}

interface Order {
  readonly row: number;
  readonly marketPrice: number;
}

function rebalance(
  ledger: Ledger,
  plan: Plan,
  { target, row, marketPrice }: Order & { readonly target: number },
): void {
  const value = ledger.cash + ledger.position * marketPrice;
  const share = value > 0 ? Math.min(plan.maxLeverage, Math.max(-plan.maxLeverage, target)) : 0;
  const size = (share * value) / marketPrice - ledger.position;
  if (size !== 0) trade(ledger, plan, { size, row, marketPrice, reason: 'target' });
}

function trade(
  ledger: Ledger,
  { slippage, takerFee }: Plan,
  { size, row, marketPrice, reason }: Order & { readonly size: number; readonly reason: 'target' | 'ruin' },
): void {
  const price = marketPrice * (1 + Math.sign(size) * slippage);
  ledger.fill(size, { row, price, marketPrice, feeRate: takerFee, reason });
}
