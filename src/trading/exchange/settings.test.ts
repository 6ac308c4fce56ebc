import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { INSTRUMENT } from './market.fixture.ts';
import { exchangePlan, limitTicks, lotsWithin } from './settings.ts';

describe('rounding', () => {
  it('sizes go down to whole lots, and a double beside the lot means the lot', () => {
    assert.equal(lotsWithin(INSTRUMENT, 0.3), 300);
    assert.equal(lotsWithin(INSTRUMENT, 0.1 + 0.2), 300);
    assert.equal(lotsWithin(INSTRUMENT, 0.0029), 2);
    assert.equal(lotsWithin(INSTRUMENT, 0.0009), 0);
    assert.ok(Number.isNaN(lotsWithin(INSTRUMENT, Number.NaN)));
  });

  it('limits go away from the market: purchases down, sales up', () => {
    assert.equal(limitTicks(INSTRUMENT, 'buy', 100.19), 1_001);
    assert.equal(limitTicks(INSTRUMENT, 'sell', 100.11), 1_002);
    for (const side of ['buy', 'sell'] as const) {
      assert.equal(limitTicks(INSTRUMENT, side, 0.3), 3);
      assert.equal(limitTicks(INSTRUMENT, side, 28_145.2), 281_452);
    }
  });

  it('a smallest notional is reached by whole ticks on lots', () => {
    const plan = (minNotional: number) => exchangePlan(INSTRUMENT, { rules: { minNotional } });
    assert.equal(plan(5).minTickLots, 50_000);
    assert.equal(plan(5.00001).minTickLots, 50_001);
  });
});

describe('exchange settings', () => {
  it('are refused all at once', () => {
    const settings = {
      initialCash: 0,
      leverage: Number.NaN,
      latency: { entryMs: -1, responseMs: Infinity },
      fees: { taker: 1, maker: -1, liquidation: -0.1 },
      rules: {
        minQtyLots: -1,
        maxQtyLots: 0,
        maxMarketQtyLots: -1,
        minNotional: Number.NaN,
        priceBand: 0,
      },
      queue: { kind: 'power', exponent: 0 } as const,
      marginTiers: [{ upToNotional: 0, maintenanceRate: 0, deduction: 0 }],
    };
    assert.throws(
      () => exchangePlan(INSTRUMENT, settings),
      (error: Error) => error.message.split('\n').length === 14,
    );
  });
});
