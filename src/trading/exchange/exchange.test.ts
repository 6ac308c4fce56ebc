import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ASKS, BIDS, HandMarket, opened } from './market.fixture.ts';
import type { ExchangeSettings } from './settings.ts';

describe('market orders', () => {
  it('walk the book, one fill a level, and say what is left of them', () => {
    const market = opened();
    market.exchange.submit({ type: 'market', side: 'buy', qtyLots: 20 });
    market.exchange.submit({ type: 'market', side: 'sell', qtyLots: 5 });
    market.wait(1);
    assert.deepEqual(market.story, [
      '1 taker buy 5 at 1001',
      '1 taker buy 10 at 1002',
      '1 taker buy 5 at 1010',
      '2 taker sell 5 at 999',
    ]);
    const leaves = market.journal.map((report) => (report.kind === 'fill' ? report.leavesLots : null));
    assert.deepEqual(leaves, [15, 5, 0, 0]);
  });

  it('what the book cannot fill is cancelled', () => {
    const market = opened();
    market.exchange.submit({ type: 'market', side: 'buy', qtyLots: 200 });
    market.wait(1);
    assert.deepEqual(market.story.slice(2), ['1 taker buy 100 at 1010', '1 cancelled 85 book-exhausted']);
    market.exchange.submit({ type: 'market', side: 'buy', qtyLots: 1 });
    market.wait(2);
    assert.equal(market.story.at(-1), '2 cancelled 1 book-exhausted');
  });

  it('what they took is gone until the recording changes the level', () => {
    const market = opened();
    const { exchange } = market;
    exchange.submit({ type: 'market', side: 'buy', qtyLots: 3 });
    exchange.submit({ type: 'market', side: 'buy', qtyLots: 3 });
    market.change(1, { bids: [[999, 7]] });
    exchange.submit({ type: 'market', side: 'buy', qtyLots: 1 });
    market.change(2, { asks: [[1_001, 4]] });
    exchange.submit({ type: 'market', side: 'buy', qtyLots: 5 });
    market.wait(3);
    assert.deepEqual(market.story, [
      '1 taker buy 3 at 1001',
      '2 taker buy 2 at 1001',
      '2 taker buy 1 at 1002',
      '3 taker buy 1 at 1002',
      '4 taker buy 4 at 1001',
      '4 taker buy 1 at 1002',
    ]);
  });

  it('go no farther than the price band', () => {
    const market = opened({ rules: { priceBand: 0.005 } });
    market.exchange.submit({ type: 'market', side: 'buy', qtyLots: 20 });
    market.wait(1);
    assert.deepEqual(market.story.slice(2), ['1 cancelled 5 book-exhausted']);
  });
});

describe('latency', () => {
  it('an order meets the book that is there when it arrives, and the answer takes its time', () => {
    const market = opened({ latency: { entryMs: 10, responseMs: 7 } });
    market.exchange.submit({ type: 'market', side: 'buy', qtyLots: 1 });
    market.change(9, { asks: [[1_001, 0]] });
    market.change(10, { asks: [[1_002, 0]] });
    assert.deepEqual(market.story, [], 'an order of this very time comes after all messages of it');
    market.change(11, { asks: [[1_003, 5]] });
    assert.deepEqual(market.story, ['1 taker buy 1 at 1010']);
    assert.equal(market.journal[0]!.timeMs, 10);
    market.wait(17);
    assert.deepEqual(market.heard, []);
    market.wait(18);
    assert.deepEqual(market.heard, market.journal);
  });

  it('may depend on the time of sending, and a later order may overtake', () => {
    const market = opened({ latency: { entryMs: (sentMs) => (sentMs < 5 ? 100 : 1) } });
    market.exchange.submit({ type: 'market', side: 'buy', qtyLots: 1 });
    market.wait(5);
    market.exchange.submit({ type: 'market', side: 'sell', qtyLots: 1 });
    market.wait(200);
    assert.deepEqual(market.story, ['2 taker sell 1 at 999', '1 taker buy 1 at 1001']);
  });

  it('what is due at the time of an event waits for it, whatever was due before', () => {
    let latencyMs = 8;
    const market = opened({ latency: { entryMs: () => ++latencyMs } });
    market.exchange.submit({ type: 'market', side: 'buy', qtyLots: 1 });
    market.exchange.submit({ type: 'market', side: 'buy', qtyLots: 1 });
    market.change(10, { asks: [[1_001, 0]] });
    market.wait(11);
    assert.deepEqual(market.story, ['1 taker buy 1 at 1001', '2 taker buy 1 at 1002']);
  });

  it('that is no number of milliseconds is refused', () => {
    assert.throws(() => opened({ latency: { entryMs: -1 } }), /latency\.entryMs: must be/);
    const market = opened({ latency: { entryMs: () => Number.NaN } });
    assert.throws(() => market.exchange.submit({ type: 'market', side: 'buy', qtyLots: 1 }), /gave NaN/);
  });

  it('a cancel that comes after the fill is refused; one that comes before it wins', () => {
    const raced = (tradeMs: number): readonly string[] => {
      const market = opened({ latency: { entryMs: 10 } });
      const id = market.exchange.submit({ type: 'limit', side: 'buy', qtyLots: 2, priceTicks: 1_000 });
      market.wait(20);
      market.exchange.cancel(id);
      market.trade(tradeMs, 'sell', 1_000, 2);
      market.wait(100);
      return market.story;
    };
    assert.deepEqual(raced(29), ['1 accepted', '1 maker buy 2 at 1000', '1 cancel-rejected']);
    assert.deepEqual(raced(31), ['1 accepted', '1 cancelled 2 requested']);
  });

  it('messages whose time goes back, and trades of no size, change no clock and fill nothing', () => {
    const market = opened();
    market.exchange.submit({ type: 'limit', side: 'buy', qtyLots: 2, priceTicks: 1_000 });
    market.change(50, {});
    market.change(40, { asks: [[1_001, 6]] });
    market.trade(Number.NaN, 'sell', 1_000, 0);
    market.trade(51, 'sell', Number.NaN, 5);
    market.trade(51, 'sell', 1_000, Number.NaN);
    assert.equal(market.exchange.clockMs, 51);
    assert.deepEqual(market.story, ['1 accepted']);
  });
});

describe('limit orders', () => {
  it('take what crosses and rest with the remainder', () => {
    const market = opened();
    market.exchange.submit({ type: 'limit', side: 'buy', qtyLots: 8, priceTicks: 1_001 });
    market.exchange.submit({ type: 'limit', side: 'buy', qtyLots: 8, priceTicks: 1_001, timeInForce: 'IOC' });
    market.wait(1);
    assert.deepEqual(market.story, [
      '1 taker buy 5 at 1001',
      '1 accepted',
      '2 cancelled 8 immediate-or-cancel',
    ]);
    assert.equal(market.exchange.openOrders, 1);
  });

  it('that are post-only are refused when they would take', () => {
    const market = opened();
    market.exchange.submit({ type: 'limit', side: 'sell', qtyLots: 1, priceTicks: 999, timeInForce: 'GTX' });
    market.exchange.submit({
      type: 'limit',
      side: 'sell',
      qtyLots: 1,
      priceTicks: 1_000,
      timeInForce: 'GTX',
    });
    market.wait(1);
    assert.deepEqual(market.story, ['1 rejected would-take', '2 accepted']);
  });

  it('stand behind what was there, and are filled by trades past it: never by more than was traded', () => {
    const market = opened();
    market.exchange.submit({ type: 'limit', side: 'buy', qtyLots: 4, priceTicks: 999 });
    market.exchange.submit({ type: 'limit', side: 'buy', qtyLots: 4, priceTicks: 999 });
    market.wait(1);
    market.trade(1, 'sell', 999, 5);
    market.trade(1, 'buy', 999, 50);
    assert.deepEqual(market.story, ['1 accepted', '2 accepted'], 'five were ahead; the buyer is no seller');
    market.trade(2, 'sell', 999, 3);
    market.trade(3, 'sell', 999, 3);
    market.trade(4, 'sell', 998, 1);
    assert.deepEqual(market.story.slice(2), [
      '1 maker buy 3 at 999',
      '1 maker buy 1 at 999',
      '2 maker buy 2 at 999',
      '2 maker buy 1 at 999',
    ]);
  });

  it('come forward when their level shrinks below what was ahead of them, and not when it grows', () => {
    const market = opened();
    market.exchange.submit({ type: 'limit', side: 'sell', qtyLots: 4, priceTicks: 1_002 });
    market.wait(1);
    market.change(2, { asks: [[1_002, 30]] });
    market.change(3, { asks: [[1_002, 2]] });
    market.change(4, { asks: [[1_002, 30]] });
    market.trade(5, 'buy', 1_002, 3);
    assert.deepEqual(market.story, ['1 accepted', '1 maker sell 1 at 1002']);
  });

  it('are filled at their own price when the book crosses them, as far as what crosses goes', () => {
    const market = opened();
    market.exchange.submit({ type: 'limit', side: 'buy', qtyLots: 10, priceTicks: 999 });
    market.wait(1);
    market.change(2, {
      bids: [[999, 0]],
      asks: [
        [997, 3],
        [999, 4],
      ],
    });
    market.change(3, { bids: [[998, 0]] });
    assert.deepEqual(market.story, ['1 accepted', '1 maker buy 3 at 999', '1 maker buy 4 at 999']);
    market.change(4, { asks: [[999, 5]] });
    assert.equal(market.story.at(-1), '1 maker buy 3 at 999');
    assert.equal(market.exchange.openOrders, 0);
  });
});

describe('reduce-only orders', () => {
  it('are cut to the position, refused without one, and cancelled when nothing is left to reduce', () => {
    const market = opened();
    const { exchange } = market;
    exchange.submit({ type: 'market', side: 'sell', qtyLots: 1, reduceOnly: true });
    exchange.submit({ type: 'market', side: 'buy', qtyLots: 5 });
    exchange.submit({ type: 'market', side: 'buy', qtyLots: 1, reduceOnly: true });
    exchange.submit({ type: 'limit', side: 'sell', qtyLots: 9, priceTicks: 1_009, reduceOnly: true });
    exchange.submit({ type: 'market', side: 'sell', qtyLots: 2 });
    market.wait(1);
    market.trade(2, 'buy', 1_010, 1);
    exchange.submit({ type: 'market', side: 'sell', qtyLots: 50, reduceOnly: true });
    market.wait(3);
    assert.deepEqual(market.story, [
      '1 rejected nothing-to-reduce',
      '2 taker buy 5 at 1001',
      '3 rejected nothing-to-reduce',
      '4 accepted',
      '5 taker sell 2 at 999',
      '4 maker sell 1 at 1009',
      '6 taker sell 2 at 999',
      '4 cancelled 4 nothing-to-reduce',
    ]);
    assert.equal(exchange.account.positionLots, 0);
  });
});

describe('refusals', () => {
  const refused = (settings: ExchangeSettings, order: Parameters<HandMarket['exchange']['submit']>[0]) => {
    const market = opened(settings);
    market.exchange.submit(order);
    market.wait(1);
    return market.story[0]!.replace(/^1 /, '');
  };
  const buy = { type: 'market', side: 'buy' } as const;
  const limit = { type: 'limit', side: 'buy', qtyLots: 10 } as const;

  it('name what is wrong with the order', () => {
    for (const qtyLots of [0, -1, 1.5, Number.NaN, Infinity]) {
      assert.equal(refused({}, { ...buy, qtyLots }), 'rejected invalid-quantity');
    }
    for (const priceTicks of [0, -5, 0.5, Number.NaN]) {
      assert.equal(refused({}, { ...limit, priceTicks }), 'rejected invalid-price');
    }
    const rules = {
      minQtyLots: 3,
      maxQtyLots: 400,
      maxMarketQtyLots: 300,
      minNotional: 0.5,
      priceBand: 0.1,
    };
    assert.equal(refused({ rules }, { ...buy, qtyLots: 2 }), 'rejected quantity-below-minimum');
    assert.equal(refused({ rules }, { ...buy, qtyLots: 301 }), 'rejected quantity-above-maximum');
    assert.equal(
      refused({ rules }, { ...limit, qtyLots: 401, priceTicks: 990 }),
      'rejected quantity-above-maximum',
    );
    assert.equal(refused({ rules }, { ...limit, qtyLots: 400, priceTicks: 990 }), 'accepted');
    assert.equal(refused({ rules }, { ...buy, qtyLots: 4 }), 'rejected notional-below-minimum');
    assert.equal(refused({ rules }, { ...buy, qtyLots: 5 }), 'taker buy 5 at 1001');
    assert.equal(refused({ rules }, { ...limit, priceTicks: 899 }), 'rejected price-out-of-band');
    assert.equal(refused({ rules }, { ...limit, priceTicks: 900 }), 'accepted');
    assert.equal(refused({}, { ...buy, qtyLots: 1e12 }), 'rejected quantity-above-maximum');
  });

  it('orders are refused while there is no book', () => {
    const market = new HandMarket();
    market.exchange.submit({ ...buy, qtyLots: 1 });
    market.change(5, { bids: BIDS });
    market.exchange.submit({ ...buy, qtyLots: 1 });
    market.change(6, { asks: ASKS });
    market.exchange.onBreak(7);
    market.exchange.submit({ ...buy, qtyLots: 1 });
    market.wait(8);
    assert.deepEqual(
      market.story,
      [1, 2, 3].map((id) => `${id} rejected no-market`),
    );
  });

  it('money must cover margin and fees, to the last step; closing and reversing free what they close', () => {
    // 10 lots at 100.1 and 100.2, leverage 2, fee 1 %: 1.0015 of notional, 0.50075 of margin, 0.010015 of fees.
    const settings = { leverage: 2, fees: { taker: 0.01 } };
    const order = { ...buy, qtyLots: 10 };
    assert.equal(refused({ ...settings, initialCash: 0.510764 }, order), 'rejected insufficient-margin');
    assert.equal(refused({ ...settings, initialCash: 0.510765 }, order), 'taker buy 5 at 1001');
    const market = opened({ ...settings, initialCash: 0.54 });
    market.exchange.submit({ ...buy, qtyLots: 10 });
    market.exchange.submit({ ...buy, side: 'sell', qtyLots: 10 });
    market.exchange.submit({ ...buy, qtyLots: 1 });
    market.change(1, { bids: [[999, 50]] });
    market.exchange.submit({ ...buy, side: 'sell', qtyLots: 9 });
    market.exchange.submit({ ...buy, side: 'sell', qtyLots: 13 });
    market.wait(2);
    assert.equal(market.exchange.account.positionLots, -8);
    assert.ok(!market.story.includes('4 rejected insufficient-margin'));
    assert.equal(market.story.at(-1), '5 rejected insufficient-margin');
  });

  it('an order through flat needs margin for what it opens alone', () => {
    const reversed = (qtyLots: number): string => {
      const market = opened({ initialCash: 1.1 });
      market.exchange.submit({ ...buy, qtyLots: 10 });
      market.change(1, { bids: [[999, 50]] });
      market.exchange.submit({ ...buy, side: 'sell', qtyLots });
      market.wait(2);
      return market.story.at(-1)!;
    };
    // 1.0985 are left of 1.1 when the ten are sold at 99.9: ten more of it can be sold short, and not eleven.
    assert.equal(reversed(20), '2 taker sell 20 at 999');
    assert.equal(reversed(21), '2 rejected insufficient-margin');
  });

  it('resting orders keep margin aside until they are filled or cancelled', () => {
    const market = opened({ initialCash: 2 });
    const rest = { ...limit, priceTicks: 998 };
    const id = market.exchange.submit(rest);
    market.exchange.submit({ ...rest, qtyLots: 11 });
    market.wait(1);
    market.exchange.cancel(id);
    market.exchange.submit({ ...rest, qtyLots: 11 });
    market.wait(2);
    assert.deepEqual(market.story, [
      '1 accepted',
      '2 rejected insufficient-margin',
      '1 cancelled 10 requested',
      '3 accepted',
    ]);
  });
});
