import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConfigError, DataError } from '../../domain/core/index.ts';
import { backtest, type SymbolResult, totalEquity } from './index.ts';
import { candlesOf, flatCandles } from './candles.fixture.ts';
import { type Candles, checkCandles } from './candles.ts';
import type { BacktestSettings } from './settings.ts';
import { ENTER_LONG, ENTER_SHORT, EXIT_LONG } from './signals.ts';

const FREE: BacktestSettings = { initialCash: 1_000, sizing: { kind: 'quantity', quantity: 1 } };

function run(candles: Candles, signals: readonly number[], settings: BacktestSettings = {}): SymbolResult {
  const input = { candles: checkCandles(candles), signals: Uint8Array.from(signals) };
  return backtest([input], { ...FREE, ...settings })[0]!;
}

/** What matters of each trade. */
const told = ({ trades }: SymbolResult) =>
  trades.map(({ entryRow, exitRow, entryPrice, exitPrice, exitReason }) => [
    entryRow,
    exitRow,
    entryPrice,
    exitPrice,
    exitReason,
  ]);

const near = (actual: number, expected: number): void =>
  assert.ok(Math.abs(actual - expected) < 1e-9, `${actual} is not ${expected}`);

describe('execution', () => {
  const candles = candlesOf([
    [10, 12, 9, 11],
    [13, 14, 12, 13],
    [12, 13, 11, 12],
    [15, 16, 14, 16],
  ]);

  it('is at the next open by default, and at the signal’s own close when asked for', () => {
    const signals = [ENTER_LONG, 0, EXIT_LONG, 0];
    assert.deepEqual(told(run(candles, signals)), [[1, 3, 13, 15, 'signal']]);
    assert.deepEqual(told(run(candles, signals, { execution: 'close' })), [[0, 2, 11, 12, 'signal']]);
    assert.deepEqual([...run(candles, signals).equity], [1_000, 1_000, 999, 1_002]);
  });

  it('reverses on an opposite entry and leaves the last trade open', () => {
    const result = run(candles, [ENTER_LONG, ENTER_SHORT, 0, ENTER_LONG]);
    assert.deepEqual(told(result), [
      [1, 2, 13, 12, 'reverse'],
      [2, 3, 12, 16, 'open'],
    ]);
    assert.equal(result.trades[1]!.side, 'short');
    assert.equal(result.equity[3], 1_000 - 1 - 4);
  });

  it('waits over candles that did not trade', () => {
    const idle = { ...candles, volume: Float64Array.of(1, 0, 1, 1) };
    assert.deepEqual(told(run(idle, [ENTER_LONG, 0, 0, 0])), [[2, 3, 12, 16, 'open']]);
  });

  it('takes fees and slippage from each fill', () => {
    const costs = { takerFee: 0.01, slippage: 0.1 };
    const [trade] = run(candles, [ENTER_LONG, 0, EXIT_LONG, 0], { costs }).trades;
    near(trade!.entryPrice, 14.3);
    near(trade!.exitPrice, 13.5);
    near(trade!.entryFees, 0.143);
    near(trade!.pnl, 13.5 - 14.3 - 0.143 - 0.135);
    near(trade!.return, trade!.pnl / 14.3);
  });

  it('settles funding on the position carried in, longs to shorts', () => {
    const funded = { ...candles, fundingRate: Float64Array.of(0.5, 0.5, 0.01, 0) };
    assert.equal(run(funded, [ENTER_LONG, 0, 0, 0]).summary.funding, 0.12);
    assert.equal(run(funded, [ENTER_SHORT, 0, 0, 0]).trades[0]!.funding, -0.12);
  });
});

describe('exits', () => {
  const entry = [ENTER_LONG, 0, 0, 0];
  const costs = { takerFee: 0.01, makerFee: 0.001, slippage: 0.01 };

  it('stop at the level by a market order, or at the open when it has gapped through', () => {
    const through = candlesOf([
      [100, 100, 100, 100],
      [100, 101, 99, 100],
      [100, 100, 94, 96],
      [96, 96, 96, 96],
    ]);
    const exits = { stopLoss: 0.05 };
    assert.deepEqual(told(run(through, entry, { exits })), [[1, 2, 100, 95, 'stop-loss']]);
    const [trade] = run(through, entry, { exits, costs }).trades;
    near(trade!.exitPrice, 101 * 0.95 * 0.99);
    near(trade!.exitFees, trade!.exitPrice * 0.01);
    const gapped = candlesOf([
      [100, 100, 100, 100],
      [100, 101, 99, 100],
      [90, 92, 88, 91],
      [91, 91, 91, 91],
    ]);
    assert.deepEqual(told(run(gapped, entry, { exits })), [[1, 2, 100, 90, 'stop-loss']]);
  });

  it('watch the entry’s own candle after its open, the stop before the take-profit', () => {
    const wild = candlesOf([
      [100, 100, 100, 100],
      [100, 110, 90, 100],
      [100, 100, 100, 100],
      [100, 100, 100, 100],
    ]);
    const exits = { stopLoss: 0.05, takeProfit: 0.05 };
    assert.deepEqual(told(run(wild, entry, { exits })), [[1, 1, 100, 95, 'stop-loss']]);
    const short = run(wild, [ENTER_SHORT, 0, 0, 0], { exits });
    assert.deepEqual(told(short), [[1, 1, 100, 105, 'stop-loss']]);
  });

  it('take profit by a resting order: the level without slippage, the maker’s fee', () => {
    const rising = candlesOf([
      [100, 100, 100, 100],
      [100, 101, 100, 101],
      [101, 112, 101, 104],
      [104, 104, 104, 104],
    ]);
    const [trade] = run(rising, entry, { exits: { takeProfit: 0.1 }, costs }).trades;
    near(trade!.exitPrice, 101 * 1.1);
    near(trade!.exitFees, trade!.exitPrice * 0.001);
    assert.equal(trade!.exitReason, 'take-profit');
  });

  it('trail the best price of the candles before', () => {
    const rows = candlesOf([
      [100, 100, 100, 100],
      [100, 120, 100, 118],
      [118, 119, 107, 110],
      [110, 110, 110, 110],
    ]);
    const result = run(rows, entry, { exits: { trailingStop: 0.1, stopLoss: 0.2 } });
    assert.deepEqual(told(result), [[1, 2, 100, 108, 'trailing-stop']]);
  });

  it('end after a number of candles', () => {
    const flat = flatCandles([100, 100, 101, 102, 103]);
    const result = run(flat, [ENTER_LONG, 0, 0, 0, 0], { exits: { holdCandles: 2 } });
    assert.deepEqual(told(result), [[1, 3, 100, 102 - 1, 'time']]);
  });

  it('end an account that has lost everything, for good', () => {
    const squeeze = flatCandles([100, 100, 250, 250, 100]);
    const result = run(squeeze, [ENTER_SHORT, 0, 0, ENTER_SHORT, 0], {
      initialCash: 100,
      sizing: { kind: 'fraction', fraction: 1 },
    });
    assert.deepEqual(told(result), [[1, 2, 100, 250, 'ruin']]);
    assert.equal(result.summary.refusedEntries, 1);
    assert.equal(result.equity[4], -50);
    assert.deepEqual(result.metrics.sharpe, { kind: 'undefined', reason: 'equity-not-positive' });
  });
});

describe('sizing', () => {
  const candles = flatCandles([100, 100, 110, 121, 121, 100]);
  const sizeOf = (settings: BacktestSettings, signals = [ENTER_LONG, 0, 0, 0, 0, 0]): number | undefined =>
    run(candles, signals, settings).trades.at(-1)?.size;

  it('is units, money, or a share of the equity with its fee', () => {
    near(sizeOf({ sizing: { kind: 'quantity', quantity: 3 } })!, 3);
    near(sizeOf({ sizing: { kind: 'notional', notional: 250 }, costs: { slippage: 0.01 } })!, 2.5);
    near(sizeOf({ sizing: { kind: 'fraction', fraction: 0.5 }, costs: { takerFee: 0.25 } })!, 4);
  });

  it('is cut to the leverage', () => {
    near(sizeOf({ sizing: { kind: 'quantity', quantity: 30 } })!, 10);
    near(sizeOf({ sizing: { kind: 'quantity', quantity: 30 }, maxLeverage: 2 })!, 20);
  });

  it('aims at a volatility as known at the signal, and refuses before it is known', () => {
    const sizing = { kind: 'volatility', annualVolatility: 0.2, windowCandles: 2, cap: 0.7 } as const;
    const early = run(candles, [ENTER_LONG, 0, 0, 0, 0, 0], { sizing });
    assert.equal(early.trades.length, 0);
    assert.equal(early.summary.refusedEntries, 1);
    // Log returns at the close of row 2: 0 and ln 1.1.
    const realised = Math.sqrt((Math.log(1.1) ** 2 / 2) * 105_120);
    near(sizeOf({ sizing }, [0, 0, ENTER_LONG, 0, 0, 0])!, ((0.2 / realised) * 1_000) / 110);
    near(sizeOf({ sizing: { ...sizing, annualVolatility: 1e9 } }, [0, 0, ENTER_LONG, 0, 0, 0])!, 700 / 110);
  });

  it('follows Kelly’s share of the closed trades, capped', () => {
    // Entered at 100, 100 and out at 110, 121: returns 0.1 and 0.1 … then a third entry.
    const closes = [100, 100, 110, 110, 100, 100, 100, 100];
    const signals = [ENTER_LONG, EXIT_LONG, ENTER_LONG, EXIT_LONG, ENTER_LONG, 0, 0, 0];
    const sizing = { kind: 'kelly', share: 0.5, cap: 0.9, floor: 0, initial: 0.5, minTrades: 2 } as const;
    const execution = 'close';
    const gains = run(flatCandles(closes), signals, { sizing, execution }).trades;
    near(gains[0]!.size, 5);
    // Returns 0 and 0: no edge, no variance: no size.
    assert.equal(gains.length, 2);
    const up = [100, 110, 100, 120, 100, 100, 100, 100];
    const third = run(flatCandles(up), signals, { sizing, execution }).trades[2]!;
    // Mean 0.15, variance 0.005: half of Kelly is 15, the cap is 0.9.
    near(third.size, (0.9 * (1_000 * 1.05 * 1.1)) / 100);
    const down = [100, 90, 100, 95, 100, 100, 100, 100];
    assert.equal(run(flatCandles(down), signals, { sizing, execution }).trades.length, 2);
  });

  it('and all other settings are checked at once', () => {
    const bad: BacktestSettings = {
      initialCash: 0,
      costs: { takerFee: -1, slippage: Number.NaN },
      exits: { stopLoss: 1, takeProfit: 0, holdCandles: 0.5 },
      sizing: { kind: 'fraction', fraction: -1 },
    };
    assert.throws(
      () => run(candles, [], bad),
      (error: unknown) => error instanceof ConfigError && error.problems.length === 8,
    );
  });
});

describe('targets', () => {
  const candles = checkCandles(flatCandles([100, 100, 110, 110, 120]));
  const targetsRun = (targets: readonly number[]): SymbolResult =>
    backtest([{ candles, targets: Float64Array.from(targets) }], { initialCash: 1_000 })[0]!;

  it('are held from the next open on, and NaN changes nothing', () => {
    const result = targetsRun([0.5, Number.NaN, 0, Number.NaN, Number.NaN]);
    assert.deepEqual(told(result), [[1, 3, 100, 110, 'target']]);
    assert.deepEqual([...result.equity], [1_000, 1_000, 1_050, 1_050, 1_050]);
  });

  it('may pass through flat, and are cut to the leverage', () => {
    const result = targetsRun([2, Number.NaN, -1, Number.NaN, Number.NaN]);
    assert.deepEqual(told(result), [
      [1, 3, 100, 110, 'target'],
      [3, 4, 110, 120, 'open'],
    ]);
    near(result.trades[0]!.size, 10);
    near(result.trades[1]!.size, 10);
  });

  it('must fit the candles', () => {
    assert.throws(() => targetsRun([1]), DataError);
    assert.throws(() => targetsRun([0, 0, Infinity, 0, 0]), /field targets, row 2/);
  });
});

describe('totalEquity', () => {
  it('adds symbols of the same times', () => {
    const openTimeMs = Float64Array.of(1, 2);
    const one = { openTimeMs, equity: Float64Array.of(1, 2) };
    assert.deepEqual([...totalEquity([one, { openTimeMs, equity: Float64Array.of(10, 20) }])], [11, 22]);
    assert.throws(
      () => totalEquity([one, { ...one, openTimeMs: Float64Array.of(1, 3) }]),
      /field openTimeMs, row 1/,
    );
  });
});
