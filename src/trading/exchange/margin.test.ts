import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { continuousTiers, maintenanceMargin } from '../../domain/market/index.ts';
import { liquidationPrice } from './margin.ts';
import { HandMarket } from './market.fixture.ts';

/** Binance's first tiers of BTCUSDT (2023). */
const TIERS = continuousTiers([
  { upToNotional: 50_000, maintenanceRate: 0.004 },
  { upToNotional: 250_000, maintenanceRate: 0.005 },
  { upToNotional: 1_000_000, maintenanceRate: 0.01 },
  { upToNotional: null, maintenanceRate: 0.025 },
]);
const dueOn = (notional: number): number => maintenanceMargin(TIERS, notional)!;

describe('margin tiers', () => {
  it('that do not ascend are refused', () => {
    const refused = (...tiers: (readonly [number | null, number])[]): void =>
      assert.throws(
        () =>
          new HandMarket({
            marginTiers: tiers.map(([upToNotional, maintenanceRate]) => ({
              upToNotional,
              maintenanceRate,
              deduction: 0,
            })),
          }),
        /marginTiers: notionals must ascend/,
      );
    refused([0, 0.01]);
    refused([5, 0.01], [5, 0.02]);
    refused([null, 0.01], [5, 0.02]);
    refused([null, Number.NaN]);
    refused([null, 1]);
  });
});

describe('liquidation price', () => {
  it('is where margin and open gain are worth the maintenance margin, in whatever tier that lies', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -30, max: 30, noNaN: true }).filter((size) => Math.abs(size) > 1e-3),
        fc.double({ min: 1_000, max: 60_000, noNaN: true }),
        fc.constantFrom(2, 5, 20, 40),
        (size, entryPrice, leverage) => {
          const notional = Math.abs(size) * entryPrice;
          const margin = notional / leverage;
          // What is liquidated at once has no price before the entry's.
          fc.pre(margin > dueOn(notional) * 1.01);
          const price = liquidationPrice({ size, entryPrice, margin }, TIERS);
          assert.ok(size > 0 ? price < entryPrice : price > entryPrice);
          const left = margin + size * (price - entryPrice);
          const due = dueOn(Math.abs(size) * price);
          assert.ok(Math.abs(left - due) < 1e-9 * notional, `${left} is not ${due}`);
        },
      ),
    );
  });

  it('does not exist for a long that is paid in full, nor without tiers', () => {
    const free = continuousTiers([{ upToNotional: null, maintenanceRate: 0 }]);
    assert.equal(liquidationPrice({ size: 1, entryPrice: 100, margin: 200 }, free), 0);
    assert.equal(liquidationPrice({ size: 1, entryPrice: 100, margin: 1 }, []), 0);
    assert.equal(liquidationPrice({ size: -1, entryPrice: 100, margin: 1 }, []), Infinity);
  });
});
