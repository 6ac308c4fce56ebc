import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  continuousTiers,
  createInstrumentRules,
  type InstrumentRulesSpec,
  maintenanceMargin,
} from './instrument-rules.ts';

const SPEC: InstrumentRulesSpec = {
  venue: 'binance-usdm',
  symbol: 'BTCUSDT',
  contract: 'perpetual',
  tickSize: '0.10',
  lotSize: '0.001',
  minQty: '0.001',
  maxQty: '1000',
  maxMarketQty: '71.35735150',
  minNotional: '5',
  marginTiers: [],
};

describe('createInstrumentRules', () => {
  it('turns decimals into steps and whole lots', () => {
    const { tick, lot, minQtyLots, maxQtyLots, maxMarketQtyLots, minNotional } = createInstrumentRules(SPEC);
    assert.deepEqual([tick.text, lot.text, minQtyLots, maxQtyLots, minNotional], ['0.1', '0.001', 1, 1e6, 5]);
    // Exchanges name largest sizes that no order can have.
    assert.equal(maxMarketQtyLots, 71_357);
  });

  it('keeps largest sizes below an uneven step', () => {
    const rules = createInstrumentRules({
      ...SPEC,
      lotSize: '0.05',
      minQty: '0.1',
      maxQty: '1.12',
      maxMarketQty: null,
    });
    assert.deepEqual([rules.minQtyLots, rules.maxQtyLots, rules.maxMarketQtyLots], [2, 22, null]);
  });

  const refused: readonly (readonly [Partial<InstrumentRulesSpec>, RegExp])[] = [
    [{ tickSize: '0.00000000' }, /^tickSize: "0.00000000" is not a step above 0/],
    [{ lotSize: 'abc' }, /^lotSize: "abc" is not a decimal/],
    [{ minQty: '0.0005' }, /^minQty: "0.0005" is not a multiple of lotSize 0.001/],
    [{ minQty: '-1' }, /^minQty: "-1" is not a decimal/],
    [{ maxQty: '1e3' }, /^maxQty: "1e3" is not a decimal/],
    [{ minNotional: '' }, /^minNotional: "" is not a decimal/],
    [
      {
        marginTiers: [
          { upToNotional: null, maintenanceRate: 0.01, deduction: 0 },
          { upToNotional: 5, maintenanceRate: 0.02, deduction: 0 },
        ],
      },
      /^marginTiers\[0\]\.upToNotional: "null" does not follow 0/,
    ],
    [
      { marginTiers: [{ upToNotional: null, maintenanceRate: 2.5, deduction: 0 }] },
      /^marginTiers\[0\]\.maintenanceRate: "2.5" is not a share/,
    ],
  ];
  for (const [change, message] of refused) {
    it(`refuses ${JSON.stringify(change)}`, () => {
      assert.throws(() => createInstrumentRules({ ...SPEC, ...change }), { name: 'DataError', message });
    });
  }
});

describe('maintenanceMargin', () => {
  const tiers = continuousTiers([
    { upToNotional: 50_000, maintenanceRate: 0.004 },
    { upToNotional: 250_000, maintenanceRate: 0.005 },
    { upToNotional: null, maintenanceRate: 0.01 },
  ]);

  it('is continuous from tier to tier: the deductions that Binance publishes for these rates', () => {
    assert.deepEqual(
      tiers.map(({ deduction }) => deduction),
      [0, 50, 1_300],
    );
    assert.equal(maintenanceMargin(tiers, 50_000), 200);
    assert.equal(maintenanceMargin(tiers, 250_000), 1_200);
    assert.equal(maintenanceMargin(tiers, 1_000_000), 8_700);
  });

  it('is not known without tiers', () => {
    assert.equal(maintenanceMargin([], 1), null);
  });
});
