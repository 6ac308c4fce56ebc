/** Whatever the market, the signals and the settings: the books balance, and the future changes nothing that is over. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { backtest, type SymbolResult } from './backtest.ts';
import { candlesOf, type Row } from './candles.fixture.ts';
import { type Candles, checkCandles, truncateCandles } from './candles.ts';
import type { BacktestSettings, Sizing } from './settings.ts';
import { findLookAhead } from './look-ahead.ts';
import { ENTER_LONG, ENTER_SHORT } from './signals.ts';
import { decideAll, type MarketView, type Strategy } from './strategy.ts';
import { sweep } from './sweep.ts';

/** Random walks with gaps, some candles without volume, and funding on some. */
const anyCandles: fc.Arbitrary<Candles> = fc
  .array(
    fc.record({
      gap: fc.double({ min: -0.05, max: 0.05, noNaN: true }),
      move: fc.double({ min: -0.1, max: 0.1, noNaN: true }),
      up: fc.double({ min: 0, max: 0.05, noNaN: true }),
      down: fc.double({ min: 0, max: 0.05, noNaN: true }),
      volume: fc.constantFrom(0, 1, 1, 1, 1),
      funding: fc.constantFrom(0, 0, 0, 0.001, -0.002),
    }),
    { minLength: 2, maxLength: 60 },
  )
  .map((steps) => {
    let price = 100;
    const rows = steps.map(({ gap, move, up, down }): Row => {
      const open = price * (1 + gap);
      price = open * (1 + move);
      return [open, Math.max(open, price) * (1 + up), Math.min(open, price) * (1 - down), price];
    });
    return candlesOf(rows, {
      volume: Float64Array.from(steps, ({ volume }) => volume),
      fundingRate: Float64Array.from(steps, ({ funding }) => funding),
    });
  });

const share = (max: number) => fc.double({ min: 0.001, max, noNaN: true });

const anySizing: fc.Arbitrary<Sizing> = fc.oneof(
  fc.record({ kind: fc.constant('quantity' as const), quantity: share(50) }),
  fc.record({ kind: fc.constant('notional' as const), notional: share(3_000) }),
  fc.record({ kind: fc.constant('fraction' as const), fraction: share(2) }),
  fc.record({
    kind: fc.constant('volatility' as const),
    annualVolatility: share(30),
    windowCandles: fc.integer({ min: 2, max: 5 }),
    cap: share(2),
  }),
  fc.record({
    kind: fc.constant('kelly' as const),
    share: share(1),
    cap: share(2),
    floor: fc.constantFrom(0, 0.1),
    initial: share(1),
    minTrades: fc.integer({ min: 2, max: 4 }),
  }),
);

const anySettings: fc.Arbitrary<BacktestSettings> = fc.record({
  initialCash: fc.constant(1_000),
  execution: fc.constantFrom('next-open' as const, 'close' as const),
  maxLeverage: fc.constantFrom(1, 3),
  costs: fc.record({
    takerFee: share(0.01),
    makerFee: fc.constantFrom(-0.0005, 0.001),
    slippage: share(0.01),
  }),
  exits: fc.record(
    {
      stopLoss: share(0.1),
      takeProfit: share(0.1),
      trailingStop: share(0.1),
      holdCandles: fc.integer({ min: 1, max: 9 }),
    },
    { requiredKeys: [] },
  ),
  sizing: anySizing,
});

/** Long above the mean of the last three closes, short below it. */
class AboveMean implements Strategy {
  decide(view: MarketView): number {
    const mean = (view.close(0) + view.close(1) + view.close(2)) / 3;
    if (view.close() > mean) return ENTER_LONG;
    return view.close() < mean ? ENTER_SHORT : 0;
  }
}

/** More signals than any market has candles here. */
const anySignals = fc.array(fc.constantFrom(0, 0, 0, 1, 1, 2, 4, 4, 8, 9, 6, 15), {
  minLength: 60,
  maxLength: 60,
});
const anyTargets = fc.array(fc.constantFrom(Number.NaN, Number.NaN, 0, 0.4, 1, -0.3, -1, 3), {
  minLength: 60,
  maxLength: 60,
});
const RUNS = 2_000;

const near = (actual: number, expected: number, scale: number, what: string): void =>
  assert.ok(Math.abs(actual - expected) <= 1e-9 * scale, `${what}: ${actual} is not ${expected}`);

function runSignals(candles: Candles, signals: readonly number[], settings: BacktestSettings): SymbolResult {
  const rows = candles.openTimeMs.length;
  const input = { candles: checkCandles(candles), signals: Uint8Array.from(signals.slice(0, rows)) };
  return backtest([input], settings)[0]!;
}

/** No trade begins or ends on a candle without volume. */
function assertTradedOnly({ volume }: Candles, { trades }: SymbolResult): void {
  for (const { entryRow, exitRow, exitReason } of trades) {
    assert.notEqual(volume![entryRow], 0, `entered at row ${entryRow}`);
    if (exitReason !== 'open') assert.notEqual(volume![exitRow], 0, `left at row ${exitRow}`);
  }
}

/** Equity at the close of each row, from nothing but the trades and the market. */
function equityFromTrades(
  { trades }: SymbolResult,
  { open, close, fundingRate }: Candles,
  cash: number,
): number[] {
  return [...close.keys()].map((row) =>
    trades.reduce((equity, trade) => {
      if (trade.entryRow > row) return equity;
      const isOver = trade.exitReason !== 'open' && trade.exitRow <= row;
      if (isOver) return equity + trade.pnl;
      const units = trade.side === 'long' ? trade.size : -trade.size;
      let value = equity + units * (close[row]! - trade.entryPrice) - trade.entryFees;
      for (let k = trade.entryRow + 1; k <= row; k++) value -= units * open[k]! * fundingRate![k]!;
      return value;
    }, cash),
  );
}

describe('the books', () => {
  it('balance: cash and position less fees and funding are what the trades have earned, at every close', () => {
    let trades = 0;
    fc.assert(
      fc.property(anyCandles, anySignals, anySettings, (candles, signals, settings) => {
        const result = runSignals(candles, signals, settings);
        trades += result.trades.length;
        const scale = 1_000 + Math.max(...result.trades.map(({ size, entryPrice }) => size * entryPrice), 0);
        equityFromTrades(result, candles, 1_000).forEach((expected, row) =>
          near(result.equity[row]!, expected, scale, `equity at row ${row}`),
        );
        assertTradedOnly(candles, result);
        const { summary } = result;
        const sum = (valueOf: (trade: SymbolResult['trades'][number]) => number): number =>
          result.trades.reduce((total, trade) => total + valueOf(trade), 0);
        near(
          summary.fees,
          sum((t) => t.entryFees + t.exitFees),
          scale,
          'fees',
        );
        near(
          summary.funding,
          sum((t) => t.funding),
          scale,
          'funding',
        );
        near(
          result.equity.at(-1)! - 1_000,
          sum((t) => t.pnl),
          scale,
          'profit',
        );
      }),
      { numRuns: RUNS },
    );
    assert.ok(trades > 2 * RUNS, `only ${trades} trades were tried`);
  });

  it('balance for targets, at the end', () => {
    fc.assert(
      fc.property(anyCandles, anyTargets, anySettings, (candles, targets, settings) => {
        const input = {
          candles: checkCandles(candles),
          targets: Float64Array.from(targets.slice(0, candles.openTimeMs.length)),
        };
        const result = backtest([input], settings)[0]!;
        assertTradedOnly(candles, result);
        const pnl = result.trades.reduce((sum, trade) => sum + trade.pnl, 0);
        const scale = 1_000 + result.summary.tradedNotional;
        near(result.equity.at(-1)! - 1_000, pnl, scale, 'profit');
      }),
      { numRuns: RUNS },
    );
  });
});

describe('the future', () => {
  it('changes no trade that is over, nor the equity until then', () => {
    fc.assert(
      fc.property(anyCandles, anySignals, anySettings, fc.nat(), (candles, signals, settings, cut) => {
        const rows = 2 + (cut % (candles.openTimeMs.length - 1));
        const whole = runSignals(candles, signals, settings);
        const truncated = runSignals(truncateCandles(candles, rows), signals, settings);
        const isOver = (trade: SymbolResult['trades'][number]): boolean =>
          trade.exitRow < rows && trade.exitReason !== 'open';
        assert.deepEqual(truncated.trades.filter(isOver), whole.trades.filter(isOver));
        assert.deepEqual(truncated.equity, whole.equity.slice(0, rows));
      }),
      { numRuns: RUNS },
    );
  });

  it('changes nothing that a strategy has said', () => {
    fc.assert(
      fc.property(anyCandles, fc.nat(), (market, cut) => {
        const rows = 2 + (cut % (market.openTimeMs.length - 1));
        const signalsFor = (history: Candles): Uint8Array =>
          decideAll(() => new AboveMean(), checkCandles(history));
        assert.deepEqual(findLookAhead(signalsFor, market, [rows]), []);
      }),
      { numRuns: 300 },
    );
  });
});

describe('a sweep', () => {
  it('gives each set the metrics that it has alone, to the last bit', () => {
    fc.assert(
      fc.property(
        fc.array(anyCandles, { minLength: 1, maxLength: 3 }),
        fc.array(fc.tuple(anySignals, anySettings), { minLength: 1, maxLength: 4 }),
        (markets, sets) => {
          const symbols = markets.map((candles) => checkCandles(candles));
          const result = sweep({
            symbols,
            sets: sets.length,
            signals: (set, _symbol, out) => out.set(sets[set]![0].slice(0, out.length)),
            settings: (set) => sets[set]![1],
          });
          sets.forEach(([signals, settings], set) =>
            markets.forEach((candles, symbol) => {
              const { summary, metrics } = runSignals(candles, signals, settings);
              assert.deepEqual(result.summary(set, symbol), summary);
              assert.deepEqual({ ...metrics, ...result.metrics(set, symbol) }, metrics);
            }),
          );
        },
      ),
      { numRuns: 300 },
    );
  });
});
