/** Whatever the market, the signals and the settings: the books balance, and the future changes nothing that is over. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { alignCandles } from './align.ts';
import { backtest, type SignalInput, type SymbolResult } from './backtest.ts';
import { candlesOf, type Row } from './candles.fixture.ts';
import { type Candles, checkCandles, type CheckedCandles, truncateCandles } from './candles.ts';
import { equityFromTrades } from './equity.fixture.ts';
import { findLookAhead } from './look-ahead.ts';
import { backtestPortfolio, type PortfolioResult } from './portfolio.ts';
import type { BacktestSettings, Sizing } from './settings.ts';
import { ENTER_LONG, ENTER_SHORT } from './signals.ts';
import { decideAll, type MarketView, type Strategy } from './strategy.ts';
import { sweep } from './sweep.ts';
import type { Trade } from './trade-log.ts';

const CASH = 1_000;
const INTERVAL_MS = 300_000;

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

/** No trade begins or ends on a candle that is halted. */
function assertTradedOnly(trades: readonly Trade[], { halted }: CheckedCandles): void {
  for (const { entryRow, exitRow, exitReason } of trades) {
    assert.notEqual(halted?.[entryRow], 1, `entered at row ${entryRow}`);
    if (exitReason !== 'open') assert.notEqual(halted?.[exitRow], 1, `left at row ${exitRow}`);
  }
}

describe('the books', () => {
  it('balance: cash and position less fees and funding are what the trades have earned, at every close', () => {
    let trades = 0;
    fc.assert(
      fc.property(anyCandles, anySignals, anySettings, (candles, signals, settings) => {
        const result = runSignals(candles, signals, settings);
        trades += result.trades.length;
        const scale = 1_000 + Math.max(...result.trades.map(({ size, entryPrice }) => size * entryPrice), 0);
        equityFromTrades(result.trades, candles, 1_000).forEach((expected, row) =>
          near(result.equity[row]!, expected, scale, `equity at row ${row}`),
        );
        assertTradedOnly(result.trades, checkCandles(candles));
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
        assertTradedOnly(result.trades, checkCandles(candles));
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

/** Some symbols, each without some candles of a common grid; in short histories no distance need be the most common. */
const anySymbols: fc.Arbitrary<readonly SignalInput[]> = fc.array(
  fc
    .tuple(
      anyCandles,
      anySignals,
      fc.array(fc.constantFrom(1, 1, 1, 1, 2, 4), { minLength: 60, maxLength: 60 }),
    )
    .map(([candles, signals, steps]) => {
      const rows = candles.openTimeMs.length;
      let at = 0;
      const openTimeMs = candles.openTimeMs.map((_, row) => INTERVAL_MS * (at += steps[row]!));
      const checked = checkCandles({ ...candles, openTimeMs });
      return {
        candles: { ...checked, intervalMs: INTERVAL_MS, candlesPerYear: 105_120 },
        signals: Uint8Array.from(signals.slice(0, rows)),
      };
    }),
  { minLength: 2, maxLength: 4 },
);

const anyRules = fc.record({
  lotSize: fc.constantFrom(0, 0.1),
  minNotional: fc.constantFrom(0, 50),
  maintenanceMargin: fc.constantFrom(0, 0.05, 0.6),
});

/** Of the account when symbol `turn` trades at the open of `row`: its equity, and what the others hold. */
function before(result: PortfolioResult, markets: readonly Candles[], turn: number, row: number) {
  let equity = CASH;
  let gross = 0;
  for (const [symbol, { trades }] of result.symbols.entries()) {
    const { open, fundingRate } = markets[symbol]!;
    for (const trade of trades) {
      const isEntered = trade.entryRow < row || (trade.entryRow === row && symbol < turn);
      if (!isEntered) continue;
      const isAtOpen = ['signal', 'reverse', 'time'].includes(trade.exitReason);
      const isOver =
        trade.exitReason !== 'open' &&
        (trade.exitRow < row || (trade.exitRow === row && isAtOpen && symbol <= turn));
      if (isOver) {
        equity += trade.pnl;
        continue;
      }
      const units = trade.side === 'long' ? trade.size : -trade.size;
      equity += units * (open[row]! - trade.entryPrice) - trade.entryFees;
      for (let k = trade.entryRow + 1; k <= row; k++) equity -= units * open[k]! * fundingRate![k]!;
      gross += trade.size * open[row]!;
    }
  }
  return { equity, gross };
}

describe('a portfolio', () => {
  it('of one symbol is the backtest, to the last bit', () => {
    let trades = 0;
    const anyMore = fc.tuple(anyRules, fc.constantFrom(1, 2));
    fc.assert(
      fc.property(
        anyCandles,
        anySignals,
        anySettings,
        anyMore,
        (market, codes, given, [rules, delayCandles]) => {
          const settings: BacktestSettings = { ...given, rules, delayCandles };
          const candles = checkCandles(market);
          const input = { candles, signals: Uint8Array.from(codes.slice(0, market.close.length)) };
          const alone = backtest([input], settings)[0]!;
          const shared = backtestPortfolio([input], settings);
          trades += alone.trades.length;
          assert.deepEqual(shared.symbols[0]!.trades, alone.trades);
          assert.deepEqual(shared.equity, alone.equity);
          assert.deepEqual(shared.summary, alone.summary);
          assert.deepEqual(shared.metrics, alone.metrics);
        },
      ),
      { numRuns: 1_500 },
    );
    assert.ok(trades > 1_000, `only ${trades} trades were tried`);
  });

  it('balances at every close: the account is what the trades of all symbols have earned', () => {
    let trades = 0;
    fc.assert(
      fc.property(anySymbols, anySettings, (symbols, settings) => {
        const result = backtestPortfolio(symbols, settings);
        const aligned = alignCandles(symbols.map(({ candles }) => candles));
        const shares = result.symbols.map(({ trades: own }, i) =>
          equityFromTrades(own, aligned[i]!.checked.candles, 0),
        );
        const gross = result.symbols.flatMap(({ trades: all }) => all.map((t) => t.size * t.entryPrice));
        const scale = CASH + Math.max(...gross, 0);
        trades += gross.length;
        result.equity.forEach((equity, row) =>
          near(equity, CASH + shares.reduce((sum, share) => sum + share[row]!, 0), scale, `row ${row}`),
        );
        for (const [i, { trades: own }] of result.symbols.entries())
          assertTradedOnly(own, aligned[i]!.checked);
      }),
      { numRuns: 1_000 },
    );
    assert.ok(trades > 2_000, `only ${trades} trades were tried`);
  });

  it('enters with a share of the whole account, within the leverage of all positions together', () => {
    let limited = 0;
    fc.assert(
      fc.property(anySymbols, anySettings, fc.constantFrom(0.3, 0.7, 1.5), (symbols, given, fraction) => {
        const settings: BacktestSettings = {
          ...given,
          execution: 'next-open',
          sizing: { kind: 'fraction', fraction },
        };
        const { maxLeverage = 1, costs } = settings;
        const result = backtestPortfolio(symbols, settings);
        const markets = alignCandles(symbols.map(({ candles }) => candles)).map(
          ({ checked }) => checked.candles,
        );
        for (const [turn, { trades }] of result.symbols.entries()) {
          for (const { entryRow, entryPrice, size } of trades) {
            const { equity, gross } = before(result, markets, turn, entryRow);
            const room = maxLeverage * equity - gross;
            if (room < fraction * equity) limited++;
            const paid = size * entryPrice * (1 + costs!.takerFee!);
            near(paid, Math.min(fraction * equity, room), CASH + equity, `symbol ${turn}, row ${entryRow}`);
          }
        }
      }),
      { numRuns: 1_000 },
    );
    assert.ok(limited > 500, `only ${limited} entries met the limit`);
  });

  it('knows nothing of the future', () => {
    fc.assert(
      fc.property(anySymbols, anySettings, fc.nat(), (symbols, settings, cut) => {
        const whole = backtestPortfolio(symbols, settings);
        // Every symbol keeps two candles or more, and all that begin before the last of them.
        const least = Math.max(...symbols.map(({ candles }) => candles.candles.openTimeMs[1]!));
        const times = whole.openTimeMs.filter((time) => time >= least);
        const lastMs = times[cut % times.length]!;
        const cutDown = symbols.map(({ candles, signals }) => {
          const rows = candles.candles.openTimeMs.filter((time) => time <= lastMs).length;
          const { intervalMs, candlesPerYear } = candles;
          return {
            candles: { ...checkCandles(truncateCandles(candles.candles, rows)), intervalMs, candlesPerYear },
            signals: signals.slice(0, rows),
          };
        });
        const part = backtestPortfolio(cutDown, settings);
        assert.deepEqual(part.equity, whole.equity.slice(0, part.equity.length));
      }),
      { numRuns: 500 },
    );
  });
});
