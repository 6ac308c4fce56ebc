/**
 * Isolated margin of a linear perpetual contract in one-way mode.
 * Source: Binance, "USDⓈ-M Futures: liquidation price calculation" and "leverage and margin".
 */
import type { MarginTier } from '../../domain/market/index.ts';

export interface IsolatedPosition {
  /** Units of the asset; below 0 when short; not 0. */
  readonly size: number;
  readonly entryPrice: number;
  /** Money that backs the position. */
  readonly margin: number;
}

/**
 * The mark price at which margin and unrealised profit are worth the maintenance margin:
 * `(margin + deduction − size · entry) / (|size| · rate − size)`. At or beyond it the position is liquidated.
 * @returns 0 for a long, Infinity for a short, that no price can liquidate, or when there are no tiers
 */
export function liquidationPrice(
  { size, entryPrice, margin }: IsolatedPosition,
  tiers: readonly MarginTier[],
): number {
  let fromNotional = 0;
  for (const { upToNotional, maintenanceRate, deduction } of tiers) {
    const price = (margin + deduction - size * entryPrice) / (Math.abs(size) * maintenanceRate - size);
    const notional = price * Math.abs(size);
    if (notional > fromNotional && notional <= (upToNotional ?? Infinity)) return price;
    fromNotional = upToNotional ?? Infinity;
  }
  return size > 0 ? 0 : Infinity;
}
