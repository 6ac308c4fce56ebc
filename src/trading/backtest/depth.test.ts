import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ConfigError, DataError } from '../../domain/core/index.ts';
import { backtest, checkCandles, type Depth, type SymbolResult, walkDepth, withDepth } from './index.ts';
import { flatCandles } from './candles.fixture.ts';
import type { BacktestSettings } from './settings.ts';
import { ENTER_LONG, ENTER_SHORT, EXIT_LONG } from './signals.ts';

type Levels = readonly (readonly [price: number, size: number])[];

/** The same number of levels in every row; missing ones as the bar files have them. */
function depthOf(books: readonly { readonly bids: Levels; readonly asks: Levels }[]): Depth {
  const levels = Math.max(...books.flatMap(({ bids, asks }) => [bids.length, asks.length]));
  const column = (side: 'bids' | 'asks', part: 0 | 1): Float64Array =>
    Float64Array.from(
      books.flatMap((book) =>
        Array.from({ length: levels }, (_, i) => book[side][i]?.[part] ?? (part === 0 ? Number.NaN : 0)),
      ),
    );
  return {
    levels,
    bidPrices: column('bids', 0),
    bidSizes: column('bids', 1),
    askPrices: column('asks', 0),
    askSizes: column('asks', 1),
  };
}

const near = (actual: number, expected: number): void =>
  assert.ok(
    Math.abs(actual - expected) <= 1e-9 * Math.max(1, Math.abs(expected)),
    `${actual} is not ${expected}`,
  );

describe('walkDepth', () => {
  it('pays what eating the book unit by unit pays', () => {
    const side = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(side, side, fc.integer({ min: 1, max: 60 }), (askSizes, bidSizes, wanted) => {
        const asks = askSizes.map((size, i) => [101 + i, size] as const);
        const bids = bidSizes.map((size, i) => [100 - i, size] as const);
        const depth = depthOf([
          { bids: [], asks: [] },
          { bids, asks },
        ]);
        for (const [direction, levels] of [
          [1, asks],
          [-1, bids],
        ] as const) {
          const units = levels.flatMap(([price, size]) => Array.from({ length: size }, () => price));
          const eaten = units.slice(0, wanted);
          const { price, filled } = walkDepth(depth, 1, direction, wanted);
          assert.equal(filled, eaten.length);
          near(price, eaten.reduce((sum, each) => sum + each, 0) / eaten.length);
        }
      }),
    );
  });

  it('finds nothing in an empty book', () => {
    const { price, filled } = walkDepth(depthOf([{ bids: [[1, 1]], asks: [] }]), 0, 1, 2);
    assert.deepEqual([price, filled], [Number.NaN, 0]);
  });
});

/** A book around every close: half a unit of price to either side, `size` on each of three levels. */
const booksAround = (closes: readonly number[], size: number) =>
  closes.map((close) => ({
    bids: [0, 1, 2].map((i) => [close - 0.5 - i, size] as const),
    asks: [0, 1, 2].map((i) => [close + 0.5 + i, size] as const),
  }));

const CLOSES = [100, 101, 102, 103, 104, 105];

function run(signals: readonly number[], settings: BacktestSettings, size = 10): SymbolResult {
  const candles = withDepth(checkCandles(flatCandles(CLOSES)), depthOf(booksAround(CLOSES, size)));
  const given = { candles, signals: Uint8Array.from(signals) };
  return backtest([given], { execution: 'close', delayCandles: 1, initialCash: 10_000, ...settings })[0]!;
}

describe('orders in recorded books', () => {
  const units = (quantity: number): BacktestSettings => ({ sizing: { kind: 'quantity', quantity } });

  it('are filled in the book of the candle after the signal, and say what the way there cost', () => {
    const { trades, summary } = run([ENTER_LONG, 0, EXIT_LONG, 0, 0, 0], units(15));
    const [trade] = trades;
    assert.deepEqual([trade!.entryRow, trade!.exitRow, trade!.exitReason], [1, 3, 'signal']);
    near(trade!.entryPrice, (10 * 101.5 + 5 * 102.5) / 15);
    near(trade!.exitPrice, (10 * 102.5 + 5 * 101.5) / 15);
    near(summary.slippage, 2 * (10 * 0.5 + 5 * 1.5));
    assert.equal(summary.cutOrders, 0);
  });

  it('take no more than there is, and go on leaving in the candles after', () => {
    const { trades, summary } = run([ENTER_LONG, 0, 0, 0, 0, 0], { ...units(40), exits: { holdCandles: 2 } });
    assert.deepEqual([trades[0]!.size, trades[0]!.exitRow], [30, 3]);
    assert.equal(summary.cutOrders, 1);
    const thin = withDepth(
      checkCandles(flatCandles(CLOSES)),
      depthOf([...booksAround(CLOSES.slice(0, 3), 20), ...booksAround(CLOSES.slice(3), 10)]),
    );
    const signals = Uint8Array.of(ENTER_LONG, 0, EXIT_LONG, 0, 0, 0);
    const [late] = backtest([{ candles: thin, signals }], {
      execution: 'close',
      delayCandles: 1,
      ...units(45),
    });
    const [trade] = late!.trades;
    assert.deepEqual([trade!.size, trade!.exitRow, late!.summary.cutOrders], [45, 4, 1]);
    near(trade!.exitPrice, (10 * (102.5 + 101.5 + 100.5) + 10 * 103.5 + 5 * 102.5) / 45);
  });

  it('never spend more than the leverage allows, at any price', () => {
    for (const scale of [0.004, 0.4, 40, 4_000]) {
      const closes = CLOSES.map((close) => close * scale);
      const books = booksAround(CLOSES, 40 / scale).map(({ bids, asks }) => ({
        bids: bids.map(([price, size]) => [price * scale, size] as const),
        asks: asks.map(([price, size]) => [price * scale, size] as const),
      }));
      const candles = withDepth(checkCandles(flatCandles(closes)), depthOf(books));
      const signals = Uint8Array.of(ENTER_LONG, 0, 0, ENTER_SHORT, 0, 0);
      const [result] = backtest([{ candles, signals }], {
        execution: 'close',
        delayCandles: 1,
        costs: { takerFee: 0.001 },
      });
      const [trade] = result!.trades;
      const spent = trade!.size * trade!.entryPrice + trade!.entryFees;
      assert.ok(spent <= 10_000 * (1 + 1e-12) && spent > 9_800, `${spent} at ${scale}`);
    }
  });

  it('wait where a side is empty', () => {
    const books = booksAround(CLOSES, 10);
    books[1] = { bids: [], asks: books[1]!.asks };
    const candles = withDepth(checkCandles(flatCandles(CLOSES)), depthOf(books));
    const signals = Uint8Array.of(ENTER_LONG, 0, 0, 0, 0, 0);
    const [result] = backtest([{ candles, signals }], { execution: 'close', delayCandles: 1 });
    assert.equal(result!.trades[0]!.entryRow, 2);
  });

  it('multiply their distance from the close under stress', () => {
    const doubled = run([ENTER_LONG, 0, 0, 0, 0, 0], { ...units(5), costs: { impactMultiple: 2 } });
    near(doubled.trades[0]!.entryPrice, 102);
  });

  it('refuse what cannot be: the next open, and levels that do not fit', () => {
    assert.throws(() => run([0, 0, 0, 0, 0, 0], { execution: 'next-open' }), ConfigError);
    assert.throws(
      () => withDepth(checkCandles(flatCandles(CLOSES)), depthOf(booksAround([1], 1))),
      DataError,
    );
  });
});

describe('rules of an instrument', () => {
  const candles = checkCandles(flatCandles(CLOSES));
  const enter = Uint8Array.of(ENTER_LONG, 0, 0, 0, 0, 0);

  it('cut sizes to lots, and refuse what is below the minimum', () => {
    const sizing = { kind: 'quantity', quantity: 1.39 } as const;
    const [cut] = backtest([{ candles, signals: enter }], { sizing, rules: { lotSize: 0.25 } });
    assert.equal(cut!.trades[0]!.size, 1.25);
    const [none] = backtest([{ candles, signals: enter }], { sizing, rules: { minNotional: 1_000 } });
    assert.deepEqual([none!.trades.length, none!.summary.refusedEntries], [0, 1]);
  });

  it('close what the equity no longer carries', () => {
    const falling = checkCandles(flatCandles([100, 100, 95, 85, 80, 75]));
    const plan = { maxLeverage: 5, sizing: { kind: 'fraction', fraction: 5 } } as const;
    const [kept] = backtest([{ candles: falling, signals: enter }], plan);
    assert.equal(kept!.trades[0]!.exitRow, 4);
    const rules = { maintenanceMargin: 0.1 };
    const [closed] = backtest([{ candles: falling, signals: enter }], { ...plan, rules });
    assert.deepEqual([closed!.trades[0]!.exitRow, closed!.trades[0]!.exitReason], [3, 'ruin']);
  });

  it('orders come later where they are told to', () => {
    const [late] = backtest([{ candles, signals: enter }], { delayCandles: 3 });
    assert.equal(late!.trades[0]!.entryRow, 3);
    assert.throws(() => backtest([{ candles, signals: enter }], { delayCandles: 0 }), /delayCandles/);
  });
});
