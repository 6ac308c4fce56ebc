/** The books: a script worked out by hand, and the balance after any stream of orders. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createInstrument } from '../../domain/market/index.ts';
import { fundingOf, HandMarket, lineOf } from './market.fixture.ts';
import { MoneyScale } from './money.ts';
import { type NewOrder, signOf } from './orders.ts';
import type { ExchangeSettings } from './settings.ts';

describe('a ledger by hand', () => {
  it('is the one of the exchange, to the last step, event by event', () => {
    const market = new HandMarket({
      initialCash: 1_000,
      leverage: 5,
      fees: { taker: 0.0005, maker: -0.0001 },
      latency: { entryMs: 2 },
      funding: fundingOf([16, 0.001]),
    });
    const { exchange } = market;
    const { account } = exchange;
    // Ticks of 0.1 and lots of 0.001: a tick on a lot is 0.0001, and money has six decimals.
    const books = (markTicks: number): readonly number[] => [
      account.positionLots,
      account.cashSteps,
      account.feeSteps,
      account.fundingSteps,
      account.equity(markTicks),
    ];

    // 1: bids 20,000.0 × 2 and 19,999.5 × 5, asks 20,000.5 × 1 and 20,001.0 × 3 (lots: thousandths of a coin).
    market.change(10, {
      bids: [
        [200_000, 2],
        [199_995, 5],
      ],
      asks: [
        [200_005, 1],
        [200_010, 3],
      ],
    });
    assert.deepEqual(books(200_000), [0, 1_000_000_000, 0, 0, 1_000]);

    // 2 and 3: a purchase of 3 arrives at 12: 1 at 20,000.5 and 2 at 20,001.0, which is 60.0025; fee 0.03000125.
    exchange.submit({ type: 'market', side: 'buy', qtyLots: 3 });
    market.wait(13);
    // Fees by fill: 0.01000025 and 0.020001, each to the nearest millionth: 0.010000 and 0.020001.
    assert.deepEqual(books(200_000), [3, 939_967_499, 30_001, 0, 999.967499]);

    // 4: funding at 16 of 0.1 % on 3 lots at the middle, 20,000.25: 0.06000075, to the nearest millionth 0.060001.
    // 5: an order that rests at 20,000.5 to sell 2, behind 1 lot. It arrives at 16 too, after the funding.
    market.wait(14);
    exchange.submit({ type: 'limit', side: 'sell', qtyLots: 2, priceTicks: 200_005 });
    market.wait(17);
    assert.deepEqual(books(200_005), [3, 939_907_498, 30_001, 60_001, 999.908998]);

    // 6: one lot trades there, the one ahead. 7: two more trade: 40.001 for us, and a rebate of 0.0040001.
    market.trade(18, 'buy', 200_005, 1);
    assert.equal(account.positionLots, 3);
    market.trade(19, 'buy', 200_005, 2);
    assert.deepEqual(books(200_000), [1, 979_912_498, 26_001, 60_001, 999.912498]);

    // 8: the book falls. 9: a sale of 4 arrives at 22: the bid of 19,990.0 has 3, 19,980.0 the fourth; through flat to −3.
    market.change(20, {
      bids: [
        [200_000, 0],
        [199_995, 0],
        [199_900, 3],
        [199_800, 9],
      ],
      asks: [
        [200_005, 0],
        [200_010, 0],
        [199_950, 4],
      ],
    });
    exchange.submit({ type: 'market', side: 'sell', qtyLots: 4 });
    market.wait(23);
    // 59.97 and 19.98; fees 0.029985 and 0.00999.
    assert.deepEqual(books(199_900), [-3, 1_059_822_523, 65_976, 60_001, 999.852523]);
    // Opened at 2 × 19,990 and 1 × 19,980: 19,986 2/3 on average; the wallet knows no open gain: 1,059.822523 − 59.96.
    assert.equal(account.entryTicks, (2 * 199_900 + 199_800) / 3);
    assert.equal(account.walletSteps, 999_862_523);

    // 10 and 11: a resting purchase of 5 at 19,985.0 is crossed by an ask of 2 at 19,980.0: filled at its own price.
    exchange.submit({ type: 'limit', side: 'buy', qtyLots: 5, priceTicks: 199_850 });
    market.wait(26);
    market.change(30, {
      bids: [
        [199_900, 0],
        [199_800, 0],
        [199_700, 9],
      ],
      asks: [
        [199_800, 2],
        [199_950, 0],
      ],
    });
    // 39.97, rebate 0.003997.
    assert.deepEqual(books(199_750), [-1, 1_019_856_520, 61_979, 60_001, 999.88152]);

    // 12: cancelled at 32. 13: reduce-only 5 is cut to 1, at the ask of which 0 are left after the resting order took 2.
    exchange.cancel(4);
    exchange.submit({ type: 'market', side: 'buy', qtyLots: 5, reduceOnly: true });
    market.change(40, { asks: [[199_900, 7]] });
    exchange.submit({ type: 'market', side: 'buy', qtyLots: 5, reduceOnly: true });
    market.wait(50);
    assert.deepEqual(market.story.slice(-3), [
      '4 cancelled 3 requested',
      '5 cancelled 1 book-exhausted',
      '6 taker buy 1 at 199900',
    ]);
    // 19.99, fee 0.009995.
    assert.deepEqual(books(Number.NaN), [0, 999_856_525, 71_974, 60_001, 999.856525]);
  });
});

describe('money', () => {
  it('has steps of a millionth, or of a tick on a lot where that is finer', () => {
    const scale = (tickSize: string, lotSize: string): readonly number[] => {
      const instrument = createInstrument({ venue: 'bybit-linear', symbol: 'X', tickSize, lotSize });
      const { decimals, stepsPerTickLot } = new MoneyScale(instrument);
      return [decimals, stepsPerTickLot];
    };
    assert.deepEqual(scale('0.1', '0.001'), [6, 100]);
    assert.deepEqual(scale('0.5', '10'), [6, 5_000_000]);
    assert.deepEqual(scale('1e-7', '0.1'), [8, 1]);
  });

  it('beyond what can be counted is refused, as is an instrument without a tick', () => {
    assert.throws(() => new HandMarket({ initialCash: 1e12 }), /more than the .* that can be counted/);
    assert.throws(() => new HandMarket({ initialCash: Number.NaN }), /initialCash: must be/);
    for (const tickSize of ['', '0', 'NaN', '-1']) {
      assert.throws(
        () => createInstrument({ venue: 'bybit-linear', symbol: 'X', tickSize, lotSize: '1' }),
        /not a usable step/,
      );
    }
  });
});

type Step =
  | { readonly kind: 'levels'; readonly mid: number; readonly lots: readonly number[] }
  | { readonly kind: 'trade'; readonly offset: number; readonly lots: number }
  | { readonly kind: 'order'; readonly order: NewOrder }
  | { readonly kind: 'cancel'; readonly id: number };

const side = fc.constantFrom('buy' as const, 'sell' as const);
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('levels' as const),
      mid: fc.integer({ min: 900, max: 1_100 }),
      lots: fc.array(fc.nat(30), { minLength: 6, maxLength: 6 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('trade' as const),
      offset: fc.integer({ min: -5, max: 5 }),
      lots: fc.nat(20),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('order' as const),
      order: fc.oneof(
        fc.record({
          type: fc.constant('market' as const),
          side,
          qtyLots: fc.integer({ min: 1, max: 60 }),
          reduceOnly: fc.boolean(),
        }),
        fc.record({
          type: fc.constant('limit' as const),
          side,
          qtyLots: fc.integer({ min: 1, max: 60 }),
          priceTicks: fc.integer({ min: 890, max: 1_110 }),
          timeInForce: fc.constantFrom('GTC' as const, 'IOC' as const, 'GTX' as const),
          reduceOnly: fc.boolean(),
        }),
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('cancel' as const), id: fc.integer({ min: 1, max: 20 }) }),
  },
);

const anySettings: fc.Arbitrary<ExchangeSettings> = fc.record({
  initialCash: fc.constantFrom(1, 20),
  leverage: fc.constantFrom(1, 10, 75),
  fees: fc.record({
    taker: fc.constantFrom(0, 0.0005),
    maker: fc.constantFrom(-0.0001, 0.0002),
    liquidation: fc.constantFrom(0, 0.01),
  }),
  latency: fc.record({ entryMs: fc.nat(3), responseMs: fc.nat(3) }),
  queue: fc.constantFrom({ kind: 'risk-averse' } as const, { kind: 'power', exponent: 3 } as const),
  funding: fc.constant(fundingOf([4, 0.01], [9, -0.003])),
});

/** Plays a step each millisecond. */
function play(steps: readonly Step[], settings: ExchangeSettings): HandMarket {
  const market = new HandMarket(settings);
  let mid = 1_000;
  let levels: (readonly [number, number])[] = [];
  for (const [timeMs, step] of steps.entries()) {
    if (step.kind === 'levels') {
      const gone = levels.map(([ticks]) => [ticks, 0] as const);
      mid = step.mid;
      levels = step.lots.map((lots, i) => [mid + (i < 3 ? -1 - i : i - 2), lots] as const);
      market.change(timeMs, {
        bids: [...gone, ...levels.slice(0, 3)],
        asks: [...gone, ...levels.slice(3)],
      });
    } else if (step.kind === 'trade') {
      market.trade(timeMs, step.offset < 0 ? 'sell' : 'buy', mid + step.offset, step.lots);
    } else {
      market.wait(timeMs);
      if (step.kind === 'order') market.exchange.submit(step.order);
      else market.exchange.cancel(step.id);
    }
  }
  market.exchange.finish();
  return market;
}

describe('any stream of orders', () => {
  it('leaves books that balance to the last step: cash, position, fees and funding', () => {
    const seen = new Map<string, number>();
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 25 }), anySettings, (steps, settings) => {
        const { exchange, journal } = play(steps, settings);
        const { account } = exchange;
        let [cash, position, fees, funding] = [settings.initialCash! * 1e6, 0, 0, 0];
        const leaves = new Map<number, number>();
        for (const report of journal) {
          const name = lineOf(report).replaceAll(/\d+/g, '').trim();
          seen.set(name, (seen.get(name) ?? 0) + 1);
          if (report.kind === 'funding') {
            funding += report.paidSteps;
            cash -= report.paidSteps;
          }
          if (report.kind !== 'fill') continue;
          const { orderId, qtyLots, priceTicks, feeSteps, leavesLots } = report;
          assert.ok(qtyLots > 0 && Number.isSafeInteger(qtyLots) && leavesLots >= 0);
          const before = leaves.get(orderId);
          if (before !== undefined && orderId > 0) assert.equal(leavesLots, before - qtyLots);
          leaves.set(orderId, leavesLots);
          position += signOf(report.side) * qtyLots;
          fees += feeSteps;
          cash -= signOf(report.side) * qtyLots * priceTicks * 100 + feeSteps;
        }
        assert.equal(account.cashSteps, cash);
        assert.equal(account.positionLots, position);
        assert.equal(account.feeSteps, fees);
        assert.equal(account.fundingSteps, funding);
        assert.equal(account.equity(1_000), (cash + position * 100_000) / 1e6);
        assert.ok(position !== 0 || account.openTickLots === 0);
        assert.ok(account.openTickLots * position >= 0);
      }),
      { numRuns: 10_000 },
    );
    // Everything that can happen did, and not once.
    for (const name of [
      'taker buy  at',
      'maker sell  at',
      'cancelled  liquidation',
      'cancel-rejected',
      'funding',
    ]) {
      assert.ok((seen.get(name) ?? 0) > 20, `${name}: ${seen.get(name)}`);
    }
  });

  it('is filled the same, up to any moment, whatever comes after it', () => {
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 25 }), anySettings, fc.nat(25), (steps, settings, cut) => {
        const past = ({ timeMs }: { readonly timeMs: number }): boolean => timeMs < cut - 1;
        const whole = play(steps, settings).journal.filter(past);
        assert.deepEqual(play(steps.slice(0, cut), settings).journal.filter(past), whole);
      }),
      { numRuns: 2_000 },
    );
  });
});
