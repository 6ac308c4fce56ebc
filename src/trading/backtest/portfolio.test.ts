import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConfigError, DataError } from '../../domain/core/index.ts';
import { alignCandles } from './align.ts';
import { backtest } from './backtest.ts';
import { flatCandles } from './candles.fixture.ts';
import { type Candles, checkCandles, type CheckedCandles } from './candles.ts';
import { backtestPortfolio, type PortfolioResult } from './portfolio.ts';
import type { BacktestSettings } from './settings.ts';
import { ENTER_LONG, ENTER_SHORT, EXIT_LONG } from './signals.ts';

const INTERVAL_MS = 300_000;
const CASH = 1_000;

const near = (actual: number, expected: number, scale: number, what: string): void =>
  assert.ok(Math.abs(actual - expected) <= 1e-9 * scale, `${what}: ${actual} is not ${expected}`);

describe('entries', () => {
  const market = checkCandles(flatCandles([100, 100, 100, 100]));
  const long = { candles: market, signals: Uint8Array.of(ENTER_LONG, 0, 0, 0) };
  const sizes = (result: PortfolioResult): readonly (readonly number[])[] =>
    result.symbols.map(({ trades }) => trades.map(({ size }) => size));

  it('come in the order of the symbols; who finds no money left is refused and counted', () => {
    const settings: BacktestSettings = { initialCash: CASH, sizing: { kind: 'notional', notional: 700 } };
    const result = backtestPortfolio([long, long, long], settings);
    assert.deepEqual(sizes(result), [[7], [3], []]);
    assert.deepEqual(
      result.symbols.map(({ account }) => account.refusedEntries),
      [0, 0, 1],
    );
    assert.equal(result.summary.refusedEntries, 1);
  });

  it('can use what an exit of an earlier symbol has freed, not that of a later one', () => {
    const inAndOut = { candles: market, signals: Uint8Array.of(ENTER_LONG, EXIT_LONG, 0, 0) };
    const late = { candles: market, signals: Uint8Array.of(0, ENTER_LONG, 0, 0) };
    assert.deepEqual(sizes(backtestPortfolio([inAndOut, late], { initialCash: CASH })), [[10], [10]]);
    assert.deepEqual(sizes(backtestPortfolio([late, inAndOut], { initialCash: CASH })), [[], [10]]);
  });

  it('cannot use what a stop frees within the same candle', () => {
    const falling = checkCandles(flatCandles([100, 100, 80, 80, 80]));
    const flat = checkCandles(flatCandles([100, 100, 100, 100, 100]));
    const stopped = { candles: falling, signals: Uint8Array.of(ENTER_LONG, 0, 0, 0, 0) };
    const late = { candles: flat, signals: Uint8Array.of(0, ENTER_LONG, 0, 0, 0) };
    const result = backtestPortfolio([stopped, late], { initialCash: CASH, exits: { stopLoss: 0.1 } });
    assert.equal(result.symbols[0]!.trades[0]!.exitReason, 'stop-loss');
    assert.deepEqual(sizes(result), [[10], []]);
  });

  it('go by their symbol’s own costs, exits, rules and sizing where it has them', () => {
    const own = {
      ...long,
      own: { sizing: { kind: 'quantity' as const, quantity: 2.5 }, rules: { lotSize: 1 } },
    };
    assert.deepEqual(sizes(backtestPortfolio([own, long], { initialCash: CASH })), [[2], [8]]);
  });
});

describe('an account without equity', () => {
  const rising = checkCandles(flatCandles([100, 100, 300, 300, 300]));
  const flat = checkCandles(flatCandles([100, 100, 100, 100, 100]));
  const short = { candles: rising, signals: Uint8Array.of(ENTER_SHORT, 0, 0, 0, 0) };
  const quarter: BacktestSettings = {
    initialCash: CASH,
    sizing: { kind: 'fraction', fraction: 0.75 },
    maxLeverage: 2,
  };

  it('is closed with all its positions, for good', () => {
    const long = { candles: flat, signals: Uint8Array.of(ENTER_LONG, 0, ENTER_LONG, 0, 0) };
    const result = backtestPortfolio([short, long], quarter);
    assert.deepEqual(
      result.symbols.map(({ trades }) => trades.map((t) => [t.exitRow, t.exitReason])),
      [[[2, 'ruin']], [[2, 'ruin']]],
    );
    assert.deepEqual([...result.equity], [1_000, 1_000, -500, -500, -500]);
    assert.equal(result.symbols[1]!.account.refusedEntries, 1);
    assert.equal(result.metrics.sharpe.kind, 'undefined');
  });

  it('closes what is halted when it trades again', () => {
    const idle = checkCandles(
      flatCandles([100, 100, 100, 100, 100], { volume: Float64Array.of(1, 1, 0, 0, 1) }),
    );
    const long = { candles: idle, signals: Uint8Array.of(ENTER_LONG, 0, 0, 0, 0) };
    const [, second] = backtestPortfolio([short, long], quarter).symbols;
    assert.deepEqual(
      second!.trades.map((t) => [t.exitRow, t.exitReason]),
      [[4, 'ruin']],
    );
  });

  it('is one that its positions together leave too little margin', () => {
    const margin = { ...quarter, rules: { maintenanceMargin: 0.6 } };
    const long = { candles: flat, signals: Uint8Array.of(ENTER_LONG, 0, 0, 0, 0) };
    const mild = { candles: checkCandles(flatCandles([100, 100, 110, 110, 110])), signals: short.signals };
    // 925 of equity, 825 + 750 of positions: 945 must be kept.
    const result = backtestPortfolio([mild, long], margin);
    assert.deepEqual(
      result.symbols.map(({ trades }) => trades[0]!.exitRow),
      [2, 2],
    );
    assert.equal(backtest([mild], margin)[0]!.trades[0]!.exitReason, 'open');
  });
});

describe('symbols', () => {
  it('stand still where they have no candle, and their orders wait', () => {
    const all = flatCandles([100, 110, 121, 133]);
    const isThere = (_: number, row: number): boolean => row !== 2;
    const gapped = Object.fromEntries(
      Object.entries(flatCandles([100, 110, 121, 133])).map(([field, column]) => [
        field,
        (column as Float64Array).filter(isThere),
      ]),
    ) as unknown as Candles;
    const checked = { ...checkCandles(gapped), intervalMs: INTERVAL_MS };
    const [, aligned] = alignCandles([checkCandles(all), checked]);
    assert.deepEqual([...aligned!.checked.candles.close], [100, 110, 110, 133]);
    assert.deepEqual([...aligned!.checked.halted!], [0, 0, 1, 0]);
    const silent = { candles: checkCandles(all), signals: new Uint8Array(4) };
    const result = backtestPortfolio([
      silent,
      { candles: checked, signals: Uint8Array.of(0, ENTER_LONG, 0) },
    ]);
    const [trade] = result.symbols[1]!.trades;
    assert.equal(trade!.entryRow, 3);
    near(trade!.entryPrice, 121, 1, 'its price');
  });

  it('must be there, have one interval, fitting signals, and no recorded book', () => {
    const candles = checkCandles(flatCandles([100, 100, 100]));
    const hourly = checkCandles({ ...candles.candles, openTimeMs: Float64Array.of(0, 3.6e6, 7.2e6) });
    const of = (checked: CheckedCandles, rows = 3) => ({ candles: checked, signals: new Uint8Array(rows) });
    assert.throws(() => backtestPortfolio([]), ConfigError);
    assert.throws(() => backtestPortfolio([of(candles), of(hourly)]), /symbol 1 has candles of 3600000 ms/);
    assert.throws(() => backtestPortfolio([of(candles), of(candles, 2)]), DataError);
    const none = new Float64Array(0);
    const depth = { levels: 0, bidPrices: none, bidSizes: none, askPrices: none, askSizes: none };
    assert.throws(() => backtestPortfolio([of({ ...candles, depth })]), /cannot walk recorded books/);
  });
});
