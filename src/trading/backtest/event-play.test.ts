/** On candles played as events the event engine must do what the vectorised one does, and the future must change nothing. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { DataError } from '../../domain/core/index.ts';
import { createInstrument } from '../../domain/market/index.ts';
import { backtest, type SymbolResult } from './backtest.ts';
import { candlesOf, flatCandles, type Row } from './candles.fixture.ts';
import { type Candles, checkCandles, truncateCandles } from './candles.ts';
import { playCandles } from './event-play.ts';
import type { EventResult } from './event-run.ts';
import type { EventSettings } from './event-settings.ts';
import { ENTER_LONG, ENTER_SHORT, EXIT_LONG } from './signals.ts';
import type { Strategy } from './strategy.ts';
import type { Trade } from './trade-log.ts';

const INSTRUMENT = createInstrument({
  venue: 'binance-usdm',
  symbol: 'XUSDT',
  tickSize: '0.01',
  lotSize: '0.001',
});
const TICK = 0.01;
/** The price nearest to a number of ticks, as the instrument has it. */
const price = (ticks: number): number => ticks / 100;

/** Random walks on the grid, with gaps, and funding on some candles. */
const anyCandles: fc.Arbitrary<Candles> = fc
  .array(
    fc.record({
      gap: fc.integer({ min: -200, max: 200 }),
      move: fc.integer({ min: -400, max: 400 }),
      up: fc.nat(300),
      down: fc.nat(300),
      funding: fc.constantFrom(0, 0, 0, 0.001, -0.002),
    }),
    { minLength: 2, maxLength: 40 },
  )
  .map((steps) => {
    let ticks = 40_000;
    const rows = steps.map(({ gap, move, up, down }): Row => {
      const open = ticks + gap;
      ticks = open + move;
      return [
        price(open),
        price(Math.max(open, ticks) + up),
        price(Math.min(open, ticks) - down),
        price(ticks),
      ];
    });
    return candlesOf(rows, { fundingRate: Float64Array.from(steps, ({ funding }) => funding) });
  });

const anySignals = fc.array(fc.constantFrom(0, 0, 0, 1, 1, 2, 4, 4, 8, 9, 6, 15), {
  minLength: 40,
  maxLength: 40,
});
const anyHold = fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined });
const CASH = 1_000_000;

const saying = (codes: readonly number[]): Strategy => ({ decide: (view) => codes[view.length - 1]! });

function bySignals(candles: Candles, codes: readonly number[], settings: object): SymbolResult {
  const signals = Uint8Array.from(codes.slice(0, candles.close.length));
  const input = { candles: checkCandles(candles), signals };
  return backtest([input], { initialCash: CASH, ...settings })[0]!;
}

function byEvents(candles: Candles, codes: readonly number[], settings: EventSettings): EventResult {
  return playCandles({
    instrument: INSTRUMENT,
    candles: checkCandles(candles),
    strategy: saying(codes),
    settings: { initialCash: CASH, reserve: 0, ...settings },
  });
}

/** A trade less what hangs on funding, which the exchange rounds. */
const withoutMoney = (trade: Trade) => ({ ...trade, funding: 0, pnl: 0, return: 0 });

describe('candles played as events', () => {
  it('give the trades of the vectorised engine, whatever the market, the signals, the direction and the time held', () => {
    let trades = 0;
    fc.assert(
      fc.property(anyCandles, anySignals, anyHold, fc.nat(50_000), (candles, codes, hold, milli) => {
        const exits = hold === undefined ? {} : { holdCandles: hold };
        const sizing = { kind: 'quantity', quantity: (milli + 1) / 1_000 } as const;
        const expected = bySignals(candles, codes, { exits, sizing });
        const actual = byEvents(candles, codes, { exits, sizing });
        assert.deepEqual(actual.trades.map(withoutMoney), expected.trades.map(withoutMoney));
        trades += expected.trades.length;
        // Funding and so profit are rounded to a millionth of the quote currency at the exchange.
        const tolerance = 1e-6 * (1 + candles.close.length);
        actual.equity.forEach((equity, row) =>
          assert.ok(Math.abs(equity - expected.equity[row]!) < tolerance, `equity at row ${row}`),
        );
        assert.equal(actual.summary.candlesInPosition, expected.summary.candlesInPosition);
        assert.deepEqual(actual.refusals, {});
      }),
      { numRuns: 2_000 },
    );
    assert.ok(trades > 4_000, `only ${trades} trades were tried`);
  });

  it('and sizes a lot apart at most, where sizes are shares of the equity', () => {
    fc.assert(
      fc.property(anyCandles, anySignals, (candles, codes) => {
        const sizing = { kind: 'fraction', fraction: 0.5 } as const;
        const cash = { initialCash: 20_000 };
        const plain = { ...candles, fundingRate: new Float64Array(candles.close.length) };
        const expected = bySignals(plain, codes, { sizing, ...cash });
        const actual = byEvents(plain, codes, { sizing, ...cash });
        assert.equal(actual.trades.length, expected.trades.length);
        actual.trades.forEach((trade, i) => {
          const { size, entryRow, exitRow, side } = expected.trades[i]!;
          assert.deepEqual([trade.entryRow, trade.exitRow, trade.side], [entryRow, exitRow, side]);
          // Each trade before may have left a lot's worth of profit aside.
          assert.ok(Math.abs(trade.size - size) < 0.002 + 0.001 * i, `${trade.size} beside ${size}`);
        });
      }),
      { numRuns: 500 },
    );
  });

  it('are not changed by what comes after: neither fills nor equity', () => {
    const anySettings: fc.Arbitrary<EventSettings> = fc.record({
      latency: fc.record({ entryMs: fc.nat(400_000), responseMs: fc.nat(400_000) }),
      fees: fc.constant({ taker: 0.0005, maker: -0.0001 }),
      sizing: fc.constant({ kind: 'fraction' as const, fraction: 1 }),
      maxLeverage: fc.constantFrom(1, 10, 50),
      exits: fc.record(
        {
          stopLoss: fc.constantFrom(0.002, 0.01),
          takeProfit: fc.constantFrom(0.002, 0.01),
          trailingStop: fc.constantFrom(0.003, 0.01),
          holdCandles: fc.integer({ min: 1, max: 9 }),
        },
        { requiredKeys: [] },
      ),
    });
    let [fills, liquidations] = [0, 0];
    fc.assert(
      fc.property(anyCandles, anySignals, anySettings, fc.nat(), (candles, codes, settings, cut) => {
        const rows = 2 + (cut % (candles.close.length - 1));
        const whole = byEvents(candles, codes, settings);
        const truncated = byEvents(truncateCandles(candles, rows), codes, settings);
        const endMs = candles.openTimeMs[rows - 1]! + 300_000 - 1;
        const before = ({ timeMs }: { readonly timeMs: number }): boolean => timeMs < endMs;
        assert.deepEqual(truncated.fills.filter(before), whole.fills.filter(before));
        assert.deepEqual(truncated.equity.slice(0, -1), whole.equity.slice(0, rows - 1));
        fills += whole.fills.length;
        liquidations += whole.liquidations;
      }),
      { numRuns: 1_000 },
    );
    assert.ok(fills > 3_000 && liquidations > 40, `${fills} fills, ${liquidations} liquidations`);
  });

  it('balance: what the trades earned is what the account has', () => {
    fc.assert(
      fc.property(anyCandles, anySignals, fc.nat(200_000), (candles, codes, entryMs) => {
        const { trades, account, equity } = byEvents(candles, codes, {
          latency: { entryMs, responseMs: entryMs },
          fees: { taker: 0.0004 },
          maxLeverage: 5,
          exits: { stopLoss: 0.01, takeProfit: 0.01 },
        });
        const earned = trades.reduce((sum, { pnl }) => sum + pnl, 0);
        assert.ok(Math.abs(equity.at(-1)! - CASH - earned) < 1e-3);
        const paid = trades.reduce((sum, { entryFees, exitFees }) => sum + entryFees + exitFees, 0);
        assert.ok(Math.abs(account.fees - paid) < 1e-3);
      }),
      { numRuns: 500 },
    );
  });
});

describe('exits within a candle', () => {
  /** Rises by 2 within the third candle and falls by 4, then stands. */
  const rows: Row[] = [
    [100, 100, 100, 100],
    [100, 100, 100, 100],
    [100, 102, 96, 98],
    [98, 98, 98, 98],
  ];
  const run = (exits: EventSettings['exits'], code = ENTER_LONG): EventResult =>
    byEvents(candlesOf(rows), [code, 0, 0, 0], {
      exits: exits!,
      sizing: { kind: 'quantity', quantity: 1 },
      fees: { taker: 0.001, maker: 0 },
    });

  it('a take-profit rests at its price and is filled there as a maker', () => {
    const [trade] = run({ takeProfit: 0.015 }).trades;
    assert.deepEqual(
      [trade!.exitReason, trade!.exitPrice, trade!.exitRow, trade!.exitFees],
      ['take-profit', 101.5, 2, 0],
    );
  });

  it('a stop sends a market order, which gets the price of the moment and not its own', () => {
    const [trade] = run({ stopLoss: 0.03 }).trades;
    assert.deepEqual([trade!.exitReason, trade!.exitPrice, trade!.exitRow], ['stop-loss', 96, 2]);
  });

  it('a trailing stop follows the best price at which the position could have been closed', () => {
    const [trade] = run({ trailingStop: 0.03 }).trades;
    // The high of 102 was not first: 100 is nearer to it than to 96.
    assert.deepEqual([trade!.exitReason, trade!.exitPrice], ['trailing-stop', 96]);
    assert.equal(run({ trailingStop: 0.07 }).trades[0]!.exitReason, 'open');
  });

  it('a short’s levels are the mirror image', () => {
    assert.deepEqual(run({ takeProfit: 0.03 }, ENTER_SHORT).trades[0]!.exitPrice, 97);
    assert.deepEqual(run({ stopLoss: 0.015 }, ENTER_SHORT).trades[0]!.exitPrice, 102);
  });
});

describe('latency', () => {
  it('an order that comes after the price has moved gets the price that it meets', () => {
    const candles = flatCandles([100, 100, 103, 103]);
    const settings: EventSettings = {
      sizing: { kind: 'quantity', quantity: 1 },
      latency: { entryMs: 299_999 },
    };
    const [trade] = byEvents(candles, [ENTER_LONG, 0, 0, 0], settings).trades;
    assert.deepEqual([trade!.entryRow, trade!.entryPrice], [1, 100]);
    const [late] = byEvents(candles, [0, ENTER_LONG, 0, 0], settings).trades;
    assert.deepEqual([late!.entryRow, late!.entryPrice], [2, 103]);
  });

  it('a decision waits while an order is in flight, and only the newest is acted on', () => {
    const candles = flatCandles(Array.from({ length: 8 }, () => 100));
    const settings: EventSettings = {
      sizing: { kind: 'quantity', quantity: 1 },
      latency: { entryMs: 0, responseMs: 700_000 },
    };
    const { trades } = byEvents(candles, [ENTER_LONG, ENTER_SHORT, EXIT_LONG, 0, 0, 0, 0, 0], settings);
    assert.deepEqual(
      trades.map(({ entryRow, exitRow, exitReason }) => [entryRow, exitRow, exitReason]),
      [[1, 3, 'signal']],
    );
    // A candle that says nothing is no newer decision.
    const silent = byEvents(candles, [ENTER_LONG, ENTER_SHORT, 0, 0, 0, 0, 0, 0], settings);
    assert.deepEqual(
      silent.trades.map(({ side, entryRow }) => [side, entryRow]),
      [
        ['long', 1],
        ['short', 5],
      ],
    );
  });

  it('an entry sized to the last cent is refused when the price has risen, unless a reserve was kept', () => {
    const candles = candlesOf([
      [100, 100, 100, 100],
      [100, 100.5, 100, 100.5],
      [100.5, 100.5, 100.5, 100.5],
    ]);
    const settings = { latency: { entryMs: 299_999 } };
    const bare = byEvents(candles, [ENTER_LONG, 0, 0], settings);
    assert.deepEqual([bare.trades.length, bare.refusals], [0, { 'insufficient-margin': 1 }]);
    assert.equal(bare.summary.refusedEntries, 1);
    assert.equal(byEvents(candles, [ENTER_LONG, 0, 0], { ...settings, reserve: 0.01 }).trades.length, 1);
  });
});

describe('input', () => {
  it('is refused when prices are not on the grid, signals are none, or settings make no sense', () => {
    assert.throws(() => byEvents(flatCandles([100, 100 + TICK / 3]), [0, 0], {}), DataError);
    assert.throws(() => byEvents(flatCandles([100, 100]), [16, 0], {}), /16 is no signal/);
    assert.throws(() => byEvents(flatCandles([100, 100]), [0, 0], { reserve: 1 }), /reserve/);
    assert.throws(() => byEvents(flatCandles([100, Number.NaN]), [0, 0], {}), /not a price/);
  });
});
