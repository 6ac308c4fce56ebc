import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { backtest, type SymbolResult } from './backtest.ts';
import { type Candles, checkCandles } from './candles.ts';
import type { Metric } from './metric.ts';
import { backtestPortfolio, type PortfolioResult } from './portfolio.ts';
import type { BacktestSettings } from './settings.ts';
import { crossoverSignals, type Direction, simpleMovingAverage } from './signals.ts';

interface Case {
  readonly name: string;
  readonly execution: 'close' | 'next-open';
  readonly fee: number;
  readonly slippage: number;
  readonly initialCash: number;
  readonly signals?: string;
  readonly targets?: string;
  readonly notional?: number;
  readonly stopLoss?: number;
  readonly trailingStop?: number;
  readonly takeProfit?: number;
  /** Rows of entry row, exit row, side, entry price, exit price, size, entry fee, exit fee, pnl, return, is open. */
  readonly trades: readonly (readonly number[])[];
  /** Every twentieth. */
  readonly equity: readonly number[];
  /** Null where vectorbt has none. */
  readonly metrics: Readonly<Record<string, number | null>>;
}

/** Three symbols on one account: the candles, their inverse, and both backwards. */
interface PortfolioCase extends Omit<Case, 'signals' | 'targets'> {
  readonly fraction?: number;
  /** First row that the second symbol lacks, and the one behind the last. */
  readonly missing?: readonly [number, number];
  /** One hexadecimal digit a row. */
  readonly signals: readonly string[];
  /** The symbol, and then as in {@link Case.trades}. */
  readonly trades: readonly (readonly number[])[];
}

interface Golden {
  readonly candles: Readonly<
    Record<'time' | 'open' | 'high' | 'low' | 'close' | 'volume', readonly number[]>
  >;
  readonly signals: Readonly<Record<string, readonly number[]>>;
  readonly targets: readonly (number | null)[];
  readonly cases: readonly Case[];
  readonly portfolios: readonly PortfolioCase[];
}

// Made by bench/peers/vectorbt_golden.py with vectorbt 1.2.0.
const GOLDEN_SHA256 = 'be37547b5bfee739ed84d19895c38b7162aa8610438ff6bf27bea118fdd3d08b';
const goldenText = readFileSync(new URL('./golden/vectorbt.json', import.meta.url), 'utf8');
const golden = JSON.parse(goldenText) as Golden;

const column = (name: keyof Golden['candles']): Float64Array => Float64Array.from(golden.candles[name]);
const candles = checkCandles({
  openTimeMs: column('time'),
  open: column('open'),
  high: column('high'),
  low: column('low'),
  close: column('close'),
  volume: column('volume'),
});
const targets = Float64Array.from(golden.targets, (target) => target ?? Number.NaN);

function run(each: Case): SymbolResult {
  const { stopLoss, trailingStop, takeProfit, notional } = each;
  const settings: BacktestSettings = {
    execution: each.execution,
    initialCash: each.initialCash,
    costs: { takerFee: each.fee, slippage: each.slippage },
    exits: {
      ...(stopLoss === undefined ? {} : { stopLoss }),
      ...(trailingStop === undefined ? {} : { trailingStop }),
      ...(takeProfit === undefined ? {} : { takeProfit }),
    },
    ...(notional === undefined ? {} : { sizing: { kind: 'notional', notional } }),
  };
  const input =
    each.signals === undefined
      ? { candles, targets }
      : { candles, signals: Uint8Array.from(golden.signals[each.signals]!) };
  return backtest([input], settings)[0]!;
}

function assertNear(actual: number, expected: number, what: string): void {
  const distance = Math.abs(actual - expected);
  assert.ok(distance <= 1e-9 * Math.max(Math.abs(expected), 1e-3), `${what}: ${actual} is not ${expected}`);
}

function assertMetrics(metrics: SymbolResult['metrics'], expected: Case['metrics']): void {
  for (const [name, value] of Object.entries(expected)) {
    const metric: Metric = metrics[name as 'sharpe'];
    if (value === null) assert.equal(metric.kind, 'undefined', name);
    else assertNear(metric.kind === 'value' ? metric.value : Number.NaN, value, name);
  }
}

const inverted = (prices: Float64Array): Float64Array => prices.map((price) => 10_000 / price);

function portfolioCandles(each: PortfolioCase): readonly Candles[] {
  const { openTimeMs, open, high, low, close } = candles.candles;
  const inverse: Candles = {
    openTimeMs,
    open: inverted(open),
    high: inverted(low),
    low: inverted(high),
    close: inverted(close),
  };
  const backwards: Candles = {
    openTimeMs,
    open: close.toReversed(),
    high: high.toReversed(),
    low: low.toReversed(),
    close: open.toReversed(),
  };
  return [candles.candles, without(inverse, each.missing ?? [0, 0]), backwards];
}

function without(all: Candles, [from, to]: readonly [number, number]): Candles {
  const isThere = (_: number, row: number): boolean => row < from || row >= to;
  const [openTimeMs, open, high, low, close] = (['openTimeMs', 'open', 'high', 'low', 'close'] as const).map(
    (field) => all[field].filter(isThere),
  );
  return { openTimeMs: openTimeMs!, open: open!, high: high!, low: low!, close: close! };
}

function runPortfolio(each: PortfolioCase): PortfolioResult {
  const { notional, fraction, missing = [0, 0] } = each;
  const sizing =
    fraction === undefined
      ? notional !== undefined && { sizing: { kind: 'notional' as const, notional } }
      : { sizing: { kind: 'fraction' as const, fraction } };
  const symbols = portfolioCandles(each).map((own, symbol) => {
    const said = Uint8Array.from(each.signals[symbol]!, (digit) => parseInt(digit, 16));
    const isThere = (_: number, row: number): boolean => row < missing[0] || row >= missing[1];
    return { candles: checkCandles(own), signals: symbol === 1 ? said.filter(isThere) : said };
  });
  return backtestPortfolio(symbols, {
    execution: each.execution,
    initialCash: each.initialCash,
    costs: { takerFee: each.fee, slippage: each.slippage },
    ...sizing,
  });
}

describe('beside vectorbt', () => {
  it('reads the golden file that its sha256 names', () => {
    assert.equal(createHash('sha256').update(goldenText).digest('hex'), GOLDEN_SHA256);
    assert.ok(golden.cases.every(({ trades }) => trades.length >= 5));
    assert.ok(golden.portfolios.every(({ trades }) => trades.length >= 14));
  });

  for (const each of golden.cases) {
    it(`has the trades, equity and metrics of: ${each.name}`, () => {
      const result = run(each);
      assert.deepEqual(
        result.trades.map((t) => [
          t.entryRow,
          t.exitRow,
          t.side === 'long' ? 1 : -1,
          t.exitReason === 'open' ? 1 : 0,
        ]),
        each.trades.map((row) => [row[0], row[1], row[2], row[10]]),
      );
      result.trades.forEach((t, i) => {
        const found = [t.entryPrice, t.exitPrice, t.size, t.entryFees, t.exitFees, t.pnl, t.return];
        found.forEach((value, k) => assertNear(value, each.trades[i]![k + 3]!, `trade ${i}, field ${k}`));
      });
      each.equity.forEach((value, i) => assertNear(result.equity[20 * i]!, value, `equity ${i}`));
      assertMetrics(result.metrics, each.metrics);
    });
  }

  for (const each of golden.portfolios) {
    it(`shares an account among three symbols as it does: ${each.name}`, () => {
      const result = runPortfolio(each);
      const found = result.symbols.flatMap(({ trades }, symbol) => trades.map((t) => ({ symbol, ...t })));
      assert.deepEqual(
        found.map((t) => [
          t.symbol,
          t.entryRow,
          t.exitRow,
          t.side === 'long' ? 1 : -1,
          t.exitReason === 'open' ? 1 : 0,
        ]),
        each.trades.map((row) => [row[0], row[1], row[2], row[3], row[11]]),
      );
      found.forEach((t, i) => {
        const values = [t.entryPrice, t.exitPrice, t.size, t.entryFees, t.exitFees, t.pnl, t.return];
        values.forEach((value, k) => assertNear(value, each.trades[i]![k + 4]!, `trade ${i}, field ${k}`));
      });
      each.equity.forEach((value, i) => assertNear(result.equity[20 * i]!, value, `equity ${i}`));
      assertMetrics(result.metrics, each.metrics);
    });
  }

  it('makes the same signals from crossing averages', () => {
    const { close } = candles.candles;
    const [fast, slow] = [simpleMovingAverage(close, 5), simpleMovingAverage(close, 20)];
    for (const direction of ['long', 'short', 'both'] satisfies Direction[]) {
      const out = new Uint8Array(close.length);
      crossoverSignals({ fast, slow, direction }, out);
      assert.deepEqual([...out], golden.signals[direction]);
    }
  });
});
