/**
 * The kernel: orders on the candles of one symbol, executed candle by candle on a {@link Ledger}.
 *
 * Within one candle, in this order:
 * 1. funding is settled on the position carried in, at the open;
 * 2. under `next-open`, what the close before ordered is executed at the open, and a position whose time is over is closed
 *    there; then the levels of the exits are watched from the open on, on the entry's own candle too;
 * 3. under `close`, the levels are watched first; unless one was hit, what this close orders is executed at the close;
 * 4. the equity is taken at the close; an account at or below 0 is closed there and can enter no more.
 * On a halted candle only 1 and the marking of 4 happen. A position still open at the end stays open, valued at the last close.
 */
import type { CheckedCandles } from './candles.ts';
import type { Ledger } from './ledger.ts';
import type { Plan } from './settings.ts';
import { ENTER_LONG, ENTER_SHORT, EXIT_LONG, EXIT_SHORT } from './signals.ts';
import { openingSize } from './sizing.ts';
import type { ExitReason } from './trade-log.ts';

export interface Market {
  readonly checked: CheckedCandles;
  /** `[rows]` realised volatility for {@link openingSize}; null when the sizing needs none. */
  readonly volatility: Float64Array | null;
}

/**
 * @param orders `[rows]` from `scheduleOrders`
 * @param ledger overwritten
 * @param equity `[rows]` at each close, overwritten
 */
export function simulateSignals(
  { checked, volatility }: Market,
  orders: Uint8Array,
  plan: Plan,
  { ledger, equity }: { readonly ledger: Ledger; readonly equity: Float64Array },
): void {
  const { candles, halted } = checked;
  const { close, fundingRate } = candles;
  const rows = close.length;
  // Whether a candle without an order can still change a position.
  const isWatched = plan.holdCandles !== Infinity || hasLevels(plan) || fundingRate !== undefined;
  const stepper = new Stepper(checked, volatility, plan, ledger);
  ledger.reset(plan.initialCash);
  let { cash, position } = ledger;
  let rowsInPosition = 0;
  for (let row = 0; row < rows; row++) {
    const order = orders[row]!;
    if (order !== 0 || (isWatched && position !== 0)) {
      stepper.step(row, order);
      ({ cash, position } = ledger);
    }
    let value = cash + position * close[row]!;
    if (position !== 0) {
      rowsInPosition++;
      if (value <= 0 && halted?.[row] !== 1) {
        stepper.leave(row, close[row]!, 'ruin');
        ({ cash, position } = ledger);
        value = cash;
      }
    }
    equity[row] = value;
  }
  ledger.rowsInPosition = rowsInPosition;
  ledger.recordOpenTrade(rows - 1, close[rows - 1]!);
}

const hasLevels = ({ stopLoss, takeProfit, trailingStop }: Plan): boolean =>
  stopLoss > 0 || takeProfit > 0 || trailingStop > 0;

/** What happens on a candle before it is valued. */
class Stepper {
  readonly #checked: CheckedCandles;
  readonly #volatility: Float64Array | null;
  readonly #plan: Plan;
  readonly #ledger: Ledger;
  readonly #hasLevels: boolean;

  constructor(checked: CheckedCandles, volatility: Float64Array | null, plan: Plan, ledger: Ledger) {
    this.#checked = checked;
    this.#volatility = volatility;
    this.#plan = plan;
    this.#ledger = ledger;
    this.#hasLevels = hasLevels(plan);
  }

  step(row: number, order: number): void {
    const { candles, halted } = this.#checked;
    const ledger = this.#ledger;
    const rate = candles.fundingRate?.[row] ?? 0;
    if (rate !== 0 && ledger.position !== 0) ledger.settleFunding(candles.open[row]!, rate);
    if (halted?.[row] === 1) return;
    if (this.#plan.execution === 'next-open') {
      this.#execute(row, order, candles.open[row]!);
      if (this.#hasLevels && ledger.position !== 0) this.#watchLevels(row);
    } else {
      const hit = this.#hasLevels && ledger.position !== 0 && this.#watchLevels(row);
      if (!hit) this.#execute(row, order, candles.close[row]!);
    }
  }

  /** Closes the position by a market order. */
  leave(row: number, marketPrice: number, reason: ExitReason): void {
    const { slippage, takerFee } = this.#plan;
    const price = marketPrice * (1 - Math.sign(this.#ledger.position) * slippage);
    this.#ledger.close({ row, price, feeRate: takerFee, reason });
  }

  #execute(row: number, order: number, marketPrice: number): void {
    const { position, entryRow } = this.#ledger;
    if (position === 0) {
      if ((order & ENTER_LONG) !== 0) this.#enter(1, row, marketPrice);
      else if ((order & ENTER_SHORT) !== 0) this.#enter(-1, row, marketPrice);
      return;
    }
    const [enterOpposite, exit] = position > 0 ? [ENTER_SHORT, EXIT_LONG] : [ENTER_LONG, EXIT_SHORT];
    if ((order & enterOpposite) !== 0) {
      this.leave(row, marketPrice, 'reverse');
      this.#enter(position > 0 ? -1 : 1, row, marketPrice);
    } else if ((order & exit) !== 0) {
      this.leave(row, marketPrice, 'signal');
    } else if (row - entryRow >= this.#plan.holdCandles) {
      this.leave(row, marketPrice, 'time');
    }
  }

  #enter(side: 1 | -1, row: number, marketPrice: number): void {
    const { execution, slippage, takerFee } = this.#plan;
    const price = marketPrice * (1 + side * slippage);
    const knownRow = execution === 'close' ? row : row - 1;
    const volatility = this.#volatility?.[knownRow] ?? Number.NaN;
    const size = openingSize(this.#plan, this.#ledger, { marketPrice, price, volatility });
    if (size > 0) this.#ledger.fill(side * size, { row, price, feeRate: takerFee, reason: 'signal' });
    else this.#ledger.refused++;
  }

  /** Whether a level was hit and the position closed. */
  #watchLevels(row: number): boolean {
    const { candles } = this.#checked;
    const { stopLoss, takeProfit, trailingStop, makerFee } = this.#plan;
    const ledger = this.#ledger;
    const side = ledger.position > 0 ? 1 : -1;
    const open = candles.open[row]!;
    const [best, worst] =
      side > 0 ? [candles.high[row]!, candles.low[row]!] : [candles.low[row]!, candles.high[row]!];

    const fixed = ledger.entryPrice * (1 - side * stopLoss);
    const trailing = ledger.bestPrice * (1 - side * trailingStop);
    const isTrailing = !(side * fixed >= side * trailing) && trailingStop > 0;
    const stop = isTrailing ? trailing : fixed;
    if (side * worst <= side * stop) {
      const price = side * open <= side * stop ? open : stop;
      this.leave(row, price, isTrailing ? 'trailing-stop' : 'stop-loss');
      return true;
    }
    const target = ledger.entryPrice * (1 + side * takeProfit);
    if (side * best >= side * target) {
      const price = side * open >= side * target ? open : target;
      ledger.close({ row, price, feeRate: makerFee, reason: 'take-profit' });
      return true;
    }
    if (side * best > side * ledger.bestPrice) ledger.bestPrice = best;
    return false;
  }
}
