/**
 * The kernel: orders on the candles of one symbol, executed candle by candle on a {@link Ledger}.
 *
 * Within one candle, in this order:
 * 1. funding is settled on the position carried in, at the open;
 * 2. under `next-open`, what the close before ordered is executed at the open, and a position whose time is over is closed
 *    there; then the levels of the exits are watched from the open on, on the entry's own candle too;
 * 3. under `close`, the levels are watched first; unless one was hit, what this close orders is executed at the close;
 * 4. the equity is taken at the close; an account at or below 0 is closed there and can enter no more.
 * Where the candles have a recorded book, market orders walk it: a stop is filled in the book of the candle that hit it, an
 * entry takes no more than the levels hold, and an exit for which they do not suffice goes on in the candles after it.
 * On a halted candle only 1 and the marking of 4 happen. A position still open at the end stays open, valued at the last close.
 */
import type { CheckedCandles } from './candles.ts';
import { walkDepth } from './depth.ts';
import { intentOf } from './intent.ts';
import type { Ledger } from './ledger.ts';
import type { Plan } from './settings.ts';
import { NOTHING_ELSE, openingSize, type OtherPositions } from './sizing.ts';
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
  const isWatched =
    plan.holdCandles !== Infinity ||
    hasLevels(plan) ||
    fundingRate !== undefined ||
    checked.depth !== undefined;
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
      const least = plan.maintenanceMargin * Math.abs(position) * close[row]!;
      if (value <= least && halted?.[row] !== 1) {
        stepper.leave(row, close[row]!, 'ruin');
        ({ cash, position } = ledger);
        value = cash + position * close[row]!;
      }
    }
    equity[row] = value;
  }
  ledger.rowsInPosition = rowsInPosition;
  ledger.recordOpenTrade(rows - 1, close[rows - 1]!);
}

const hasLevels = ({ stopLoss, takeProfit, trailingStop }: Plan): boolean =>
  stopLoss > 0 || takeProfit > 0 || trailingStop > 0;

/** The largest multiple of the lot within a size. */
const inLots = (size: number, lotSize: number): number =>
  lotSize > 0 ? Math.floor(size / lotSize + 1e-9) * lotSize : size;

interface Moment {
  readonly row: number;
  readonly marketPrice: number;
  readonly others: OtherPositions;
}

/** What happens on a candle of one symbol before it is valued: as a whole, or one thing at a time. */
export class Stepper {
  readonly #checked: CheckedCandles;
  readonly #volatility: Float64Array | null;
  readonly #plan: Plan;
  readonly #ledger: Ledger;
  readonly #hasLevels: boolean;
  /** Why a position is being left that the book could not take at once; null when none is. */
  #leaving: ExitReason | null = null;

  constructor(checked: CheckedCandles, volatility: Float64Array | null, plan: Plan, ledger: Ledger) {
    this.#checked = checked;
    this.#volatility = volatility;
    this.#plan = plan;
    this.#ledger = ledger;
    this.#hasLevels = hasLevels(plan);
  }

  step(row: number, order: number): void {
    const { candles, halted } = this.#checked;
    this.settleFunding(row);
    if (halted?.[row] === 1) return;
    if (this.#plan.execution === 'next-open') {
      this.execute(row, order, candles.open[row]!);
      this.watchLevels(row);
    } else if (!this.watchLevels(row)) {
      this.execute(row, order, candles.close[row]!);
    }
  }

  settleFunding(row: number): void {
    const { open, fundingRate } = this.#checked.candles;
    const rate = fundingRate?.[row] ?? 0;
    if (rate !== 0 && this.#ledger.position !== 0) this.#ledger.settleFunding(open[row]!, rate);
  }

  /** Closes the position by a market order. */
  leave(row: number, marketPrice: number, reason: ExitReason): void {
    const { position } = this.#ledger;
    const side = position > 0 ? -1 : 1;
    const { filled, ...fill } = this.#market(row, side, { size: Math.abs(position), marketPrice });
    this.#ledger.fill(side * filled, { ...fill, reason });
    this.#leaving = this.#ledger.position === 0 ? null : reason;
    if (this.#leaving !== null) this.#ledger.cutOrders++;
  }

  /** What a market order gets; in a recorded book it is measured from the close. */
  #market(row: number, side: 1 | -1, order: { readonly size: number; readonly marketPrice: number }) {
    const { slippage, takerFee, impactMultiple } = this.#plan;
    const { candles, depth } = this.#checked;
    const { size, marketPrice } = order;
    if (depth === undefined) {
      const price = marketPrice * (1 + side * slippage);
      return { row, price, marketPrice, feeRate: takerFee, filled: size };
    }
    const close = candles.close[row]!;
    const walk = walkDepth(depth, row, side, size);
    const price = close + impactMultiple * (walk.price - close);
    return { row, price, marketPrice: close, feeRate: takerFee, filled: walk.filled };
  }

  /** Does what was ordered, and closes a position whose time is over. */
  execute(row: number, order: number, marketPrice: number, others: OtherPositions = NOTHING_ELSE): void {
    const { position, entryRow } = this.#ledger;
    if (this.#leaving !== null) {
      this.leave(row, marketPrice, this.#leaving);
      return;
    }
    const isOver = row - entryRow >= this.#plan.holdCandles;
    const { leave, enter } = intentOf(order, position, isOver);
    if (leave !== null) this.leave(row, marketPrice, leave);
    if (enter !== 0 && this.#leaving === null) this.#enter(enter, { row, marketPrice, others });
  }

  #enter(side: 1 | -1, { row, marketPrice, others }: Moment): void {
    const plan = this.#plan;
    const ledger = this.#ledger;
    const volatility = this.#volatility?.[row - plan.delayCandles] ?? Number.NaN;
    const sizeAt = ({ price }: { readonly price: number }): number =>
      openingSize(plan, ledger, { marketPrice, price, volatility, others });
    const touch = this.#market(row, side, { size: Number.EPSILON, marketPrice });
    let wanted = sizeAt(touch);
    // A larger order pays more for each unit: what can be paid is known after the walk.
    if (this.#checked.depth !== undefined && wanted > 0) {
      wanted = Math.min(wanted, sizeAt(this.#market(row, side, { size: wanted, marketPrice })));
    }
    const size = inLots(wanted, plan.lotSize);
    if (!(size > 0) || size * touch.price < plan.minNotional) {
      ledger.refused++;
      return;
    }
    const { filled, ...fill } = this.#market(row, side, { size, marketPrice });
    if (filled < size) ledger.cutOrders++;
    ledger.fill(side * filled, { ...fill, reason: 'signal' });
  }

  /** Whether a level was hit and the position closed. */
  watchLevels(row: number): boolean {
    if (!this.#hasLevels || this.#ledger.position === 0 || this.#leaving !== null) return false;
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
      ledger.close({ row, price, marketPrice: price, feeRate: makerFee, reason: 'take-profit' });
      return true;
    }
    if (side * best > side * ledger.bestPrice) ledger.bestPrice = best;
    return false;
  }
}
