/** Why an exchange refuses an order on arrival. */
import type { Account } from './account.ts';
import type { Slice } from './liquidity.ts';
import { type NewOrder, type RejectReason, type Side, signOf } from './orders.ts';
import type { ExchangePlan } from './settings.ts';

/** Lots of the position that an order of this side could close. */
export function reducibleLots({ side }: { readonly side: Side }, positionLots: number): number {
  return Math.max(0, -signOf(side) * positionLots);
}

interface Circumstances {
  readonly plan: ExchangePlan;
  readonly markTicks: number;
  readonly position: number;
}

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value > 0;

/** What is wrong with an order as such; null when nothing is. */
export function formFault(
  order: NewOrder,
  { plan, markTicks, position }: Circumstances,
): RejectReason | null {
  const { qtyLots, reduceOnly = false } = order;
  if (!isCount(qtyLots)) return 'invalid-quantity';
  if (order.type === 'limit' && !isCount(order.priceTicks)) return 'invalid-price';
  if (reduceOnly && reducibleLots(order, position) === 0) return 'nothing-to-reduce';
  const priceTicks = order.type === 'limit' ? order.priceTicks : markTicks;
  const mostLots = order.type === 'limit' ? plan.maxLots : plan.maxMarketLots;
  const isTooLarge = qtyLots > mostLots || qtyLots * priceTicks > plan.money.largestTickLots;
  if (isTooLarge) return 'quantity-above-maximum';
  if (!reduceOnly && qtyLots < plan.minLots) return 'quantity-below-minimum';
  if (!reduceOnly && qtyLots * priceTicks < plan.minTickLots) return 'notional-below-minimum';
  const isOutOfBand = Math.abs(priceTicks - markTicks) > plan.priceBand * markTicks;
  return isOutOfBand ? 'price-out-of-band' : null;
}

interface Intent {
  readonly order: NewOrder;
  /** What it takes at once. */
  readonly slices: readonly Slice[];
  /** What is to rest afterwards, at its own price. */
  readonly restLots: number;
  readonly account: Account;
  /** For which the orders that rest already have set margin aside. */
  readonly reservedTickLots: number;
  readonly plan: ExchangePlan;
}

/**
 * Whether the wallet covers the initial margin of what an order opens, and its fees; what only closes is always covered. Closing
 * goes first: it frees its share of the position's margin and settles its gain or loss.
 */
export function canAfford({ order, slices, restLots, account, reservedTickLots, plan }: Intent): boolean {
  const sign = signOf(order.side);
  const { positionLots, openTickLots, walletSteps } = account;
  const closable = reducibleLots(order, positionLots);
  let left = closable;
  let [opened, gained, fees] = [0, 0, 0];
  for (const { priceTicks, qtyLots } of slices) {
    const closing = Math.min(left, qtyLots);
    left -= closing;
    opened += (qtyLots - closing) * priceTicks;
    if (closing > 0) gained -= sign * closing * (priceTicks - account.entryTicks);
    fees += qtyLots * priceTicks * plan.takerFee;
  }
  if (order.type === 'limit') {
    opened += Math.max(0, restLots - left) * order.priceTicks;
    fees += Math.max(0, restLots * order.priceTicks * plan.makerFee);
  }
  if (opened === 0) return true;
  const kept = closable === 0 ? 1 : left / closable;
  const margins = (Math.abs(openTickLots) * kept + reservedTickLots + opened) / plan.leverage;
  return walletSteps + (gained - fees - margins) * account.money.stepsPerTickLot >= 0;
}
