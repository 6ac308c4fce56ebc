import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fundingOf, lineOf, opened } from './market.fixture.ts';
import type { ExchangeSettings } from './settings.ts';

describe('funding', () => {
  it('is paid at its time on the mark price, or the middle of the book, by longs to shorts', () => {
    const market = opened({
      funding: fundingOf([5, 0.01], [15, -0.02], [20, 0.5]),
    });
    market.exchange.submit({ type: 'market', side: 'buy', qtyLots: 5 });
    market.change(10, { asks: [[1_001, 0]] });
    market.exchange.onMark(2_000, 12);
    market.exchange.submit({ type: 'market', side: 'sell', qtyLots: 5 });
    market.wait(14);
    market.exchange.submit({ type: 'market', side: 'sell', qtyLots: 5 });
    market.wait(19);
    market.exchange.submit({ type: 'market', side: 'buy', qtyLots: 5 });
    market.wait(30);
    // 0.005 × 100 × 1 % and then, short, −0.005 × 200 × −2 %.
    assert.deepEqual(market.journal.filter(({ kind }) => kind === 'funding').map(lineOf), [
      'funding 5000',
      'funding 20000',
    ]);
    assert.equal(market.exchange.account.fundingSteps, 25_000);
  });

  it('goes by the middle again after a loss, until the mark price is given anew', () => {
    const market = opened({ funding: fundingOf([5, 0.01], [15, 0.01], [25, 0.01]) });
    market.exchange.submit({ type: 'market', side: 'buy', qtyLots: 5 });
    market.change(1, { asks: [[1_001, 0]] });
    market.exchange.onMark(2_000, 2);
    market.wait(10);
    market.exchange.onBreak(10);
    assert.equal(market.exchange.markTicks, market.exchange.midTicks);
    market.wait(20);
    market.exchange.onMark(4_000, 20);
    market.wait(30);
    const mid = market.exchange.midTicks * 5;
    assert.deepEqual(
      market.journal.filter(({ kind }) => kind === 'funding').map(lineOf),
      [10_000, mid, 20_000].map((notional) => `funding ${Math.round(notional)}`),
    );
  });

  it('comes before orders of the same time', () => {
    const market = opened({ funding: fundingOf([5, 0.01]), latency: { entryMs: 5 } });
    market.exchange.submit({ type: 'market', side: 'buy', qtyLots: 5 });
    market.wait(6);
    assert.deepEqual(market.story, ['1 taker buy 5 at 1001']);
  });

  it('out of order, or no number, is refused', () => {
    const at = (...times: number[]) => ({
      funding: fundingOf(...times.map((time) => [time, 0.01] as const)),
    });
    assert.throws(() => opened(at(5, 5)), /funding, row 1 .*ascend/);
    assert.throws(() => opened(at(Number.NaN)), /funding, row 0/);
    assert.throws(() => opened({ funding: fundingOf([1, Number.NaN]) }), /rates are numbers/);
  });
});

describe('liquidation', () => {
  const settings: ExchangeSettings = {
    leverage: 10,
    marginTiers: [{ upToNotional: null, maintenanceRate: 0.02, deduction: 0 }],
    fees: { taker: 0.001, liquidation: 0.01 },
  };

  it('comes when the mark price reaches the liquidation price, and walks the book', () => {
    const market = opened(settings);
    market.exchange.submit({ type: 'market', side: 'buy', qtyLots: 10 });
    market.exchange.submit({ type: 'limit', side: 'buy', qtyLots: 1, priceTicks: 980 });
    market.change(1, { bids: [[999, 0]] });
    // 1001.5 × 0.9 / 0.98
    assert.equal(market.exchange.liquidationTicks.toFixed(6), (919.744898).toFixed(6));
    market.exchange.onMark(920, 2);
    assert.equal(market.exchange.account.positionLots, 10);
    market.change(3, {
      bids: [
        [998, 4],
        [990, 0],
        [900, 3],
      ],
    });
    market.exchange.onMark(919, 4);
    assert.deepEqual(market.story.slice(3), [
      '2 cancelled 1 liquidation',
      '0 taker sell 4 at 998',
      '0 taker sell 3 at 900',
    ]);
    assert.equal(market.exchange.account.positionLots, 3, 'the book had no more');
    market.change(5, { bids: [[899, 9]] });
    assert.equal(market.story.at(-1), '0 taker sell 3 at 899');
    assert.ok(Number.isNaN(market.exchange.liquidationTicks));
    const last = market.journal.at(-1)!;
    // 3 × 899 × 100 steps × (0.1 % + 1 %)
    assert.equal(last.kind === 'fill' && last.feeSteps, 2_967);
  });

  it('of a short is the mirror image, and goes by the middle of the book without a mark price', () => {
    const market = opened(settings);
    market.exchange.submit({ type: 'market', side: 'sell', qtyLots: 5 });
    market.wait(1);
    // 999 × 1.1 / 1.02
    assert.equal(market.exchange.liquidationTicks.toFixed(6), (1_077.352941).toFixed(6));
    market.change(2, {
      bids: [[1_050, 1]],
      asks: [
        [1_001, 0],
        [1_002, 0],
        [1_010, 0],
        [1_104, 9],
      ],
    });
    assert.equal(market.exchange.account.positionLots, -5, '1077 is just below');
    market.change(3, { bids: [[1_051, 1]] });
    assert.equal(market.exchange.account.positionLots, 0);
    assert.equal(market.story.at(-1), '0 taker buy 5 at 1104');
  });
});
