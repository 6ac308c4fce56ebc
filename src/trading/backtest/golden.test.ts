import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { backtest, type SymbolResult } from './backtest.ts';
import { checkCandles } from './candles.ts';
import type { Metric } from './metric.ts';
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

interface Golden {
  readonly candles: Readonly<
    Record<'time' | 'open' | 'high' | 'low' | 'close' | 'volume', readonly number[]>
  >;
  readonly signals: Readonly<Record<string, readonly number[]>>;
  readonly targets: readonly (number | null)[];
  readonly cases: readonly Case[];
}

// Made by bench/peers/vectorbt_golden.py with vectorbt 1.2.0.
const GOLDEN_SHA256 = '4bae488d50718a4f26fab3c54e4433ce6d415d2e5cd52759febc14ee8a8772a5';
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

describe('beside vectorbt', () => {
  it('reads the golden file that its sha256 names', () => {
    assert.equal(createHash('sha256').update(goldenText).digest('hex'), GOLDEN_SHA256);
    assert.ok(golden.cases.every(({ trades }) => trades.length >= 5));
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
      for (const [name, expected] of Object.entries(each.metrics)) {
        const metric: Metric = result.metrics[name as 'sharpe'];
        if (expected === null) assert.equal(metric.kind, 'undefined', name);
        else assertNear(metric.kind === 'value' ? metric.value : Number.NaN, expected, name);
      }
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
