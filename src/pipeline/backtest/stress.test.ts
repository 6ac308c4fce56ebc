import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConfigError } from '../../domain/core/index.ts';
import { runAccount, runFrom } from './account.ts';
import type { BacktestConfig } from './backtest-config.ts';
import { onBars } from './execute.ts';
import { figuresOf, periodReturns, runSignificance } from './figures.ts';
import { gridOf, MOST_SETS } from './grid.ts';
import { backtestConfig, walkMarket } from './markets.fixture.ts';
import { costLabelOf, settingsOf } from './settings.ts';
import { signalsFor } from './signal-source.ts';
import { pathsOf, startsOf, stressed } from './stress.ts';

function runOf(more: Partial<BacktestConfig>, depth?: number) {
  const market = walkMarket({ rows: 4_000, ...(depth === undefined ? {} : { depth }) });
  const config = backtestConfig({ strategy: 'random', entryRate: 0.02, ...more });
  const signals = [signalsFor({ kind: 'prices' }, market, config, 1)];
  const run = runAccount([market], signals, settingsOf(config, [market]));
  return { market, run, plan: { markets: [market], signals, config, seed: 1 } };
}

describe('stress', () => {
  it('costs more, the more is charged, and nothing when nothing is', async () => {
    for (const depth of [undefined, 500]) {
      const { run, plan } = runOf({ size: 0.5 }, depth);
      const { tables, returnBeforeCosts } = await stressed(onBars(plan), plan, 'candles');
      const { costs } = tables;
      const returns = costs.map(({ totalReturn }) => totalReturn!);
      assert.deepEqual(
        returns,
        returns.toSorted((a, b) => b - a),
      );
      assert.equal(returns[1], figuresOf(run).figures.totalReturn);
      assert.ok(returnBeforeCosts! > returns[0]!);
    }
  });

  it('delays, starts later, and asks how much the books can carry', async () => {
    const { run, plan } = runOf({}, 500);
    const { run: own, tables } = await stressed(onBars(plan), plan, 'candles');
    assert.deepEqual(own, run);
    const { delays, capacity } = tables;
    const starts = startsOf(run, plan);
    const paths = pathsOf(run, periodReturns(run), plan);
    assert.deepEqual(
      delays.map(({ name }) => name),
      ['1 bar', '2 bars', '3 bars', '5 bars'],
    );
    assert.equal(delays[0]!.totalReturn, figuresOf(run).figures.totalReturn);
    assert.equal(starts.length, 8);
    assert.equal(starts[0]!.totalReturn, figuresOf(run).figures.totalReturn);
    const impacts = capacity.map(({ impact }) => impact!);
    assert.ok(impacts.at(-1)! > impacts[0]! && capacity.at(-1)!.cutOrders > 0);
    assert.equal(paths!.paths, 50);
    const [low, , middle, , high] = paths!.quantiles;
    assert.ok(low!.every((value, i) => value <= middle![i]! && middle![i]! <= high![i]!));
    const plain = runOf({}).plan;
    assert.deepEqual((await stressed(onBars(plain), plain, 'candles')).tables.capacity, []);
  });

  it('begins with money and without a position', () => {
    const { market, run, plan } = runOf({});
    const settings = settingsOf(plan.config, [market]);
    const late = runFrom(run.openTimeMs[1_000]!, { markets: [market], signals: plan.signals, settings });
    assert.deepEqual([late!.openTimeMs.length, late!.equity[0]], [3_000, 10_000]);
    assert.equal(
      runFrom(run.openTimeMs[3_999]!, { markets: [market], signals: plan.signals, settings }),
      null,
    );
  });
});

describe('figures', () => {
  it('are null where they do not exist, and say why', () => {
    const market = walkMarket({ rows: 100 });
    const idle = runAccount([market], [new Uint8Array(100)], settingsOf(backtestConfig(), [market]));
    const { figures, reasons } = figuresOf(idle);
    assert.deepEqual(
      [figures.totalReturn, figures.trades, figures.sharpe, figures.hitRatio],
      [0, 0, null, null],
    );
    assert.deepEqual([reasons['sharpe'], reasons['hitRatio']], ['returns-do-not-vary', 'no-closed-trades']);
    const significance = runSignificance(idle, periodReturns(idle), {
      trials: { count: 1, returns: [] },
      seed: 1,
      replicates: 100,
    });
    assert.deepEqual(
      [significance.sharpe, significance.deflatedSharpe, significance.overfitting],
      [null, null, null],
    );
  });

  it('take returns over the longest period of which there are thirty', () => {
    const hours = (rows: number, minutes: number): number => {
      const market = walkMarket({ rows, minutes });
      const run = runAccount([market], [new Uint8Array(rows)], settingsOf(backtestConfig(), [market]));
      return periodReturns(run).periodMs / 3_600_000;
    };
    assert.deepEqual(
      [hours(40 * 24, 60), hours(6 * 24, 60), hours(400, 5), hours(100, 5), hours(20, 5)],
      [24, 4, 1, 0.25, 1 / 12],
    );
  });

  it('are labelled when nobody pays so little', () => {
    const candles = [walkMarket({ rows: 10 })];
    const books = [walkMarket({ rows: 10, depth: 1 })];
    assert.equal(costLabelOf(backtestConfig(), candles), null);
    assert.equal(costLabelOf(backtestConfig({ takerFeeBps: 0 }), candles), 'NO FEES');
    assert.equal(costLabelOf(backtestConfig({ takerFeeBps: 0, slippageBps: 0 }), candles), 'ZERO COST');
    assert.equal(costLabelOf(backtestConfig({ takerFeeBps: 0, slippageBps: 0 }), books), 'NO FEES');
  });
});

describe('a grid', () => {
  const base = backtestConfig();
  const prices = { kind: 'prices' as const };

  it('is every combination that makes sense', () => {
    const { sets, skipped } = gridOf(['fast=5,50', 'slow=20,100', 'direction=long'], base, prices);
    assert.deepEqual([sets.length, skipped], [3, 1]);
    assert.deepEqual(sets[0]!.values, { fast: 5, slow: 20, direction: 'long' });
    assert.ok(gridOf([], base, prices).sets.length > 10);
  });

  it('refuses what cannot be varied, all at once', () => {
    const words = ['takerFeeBps=0,1', 'fast=-1,x', 'slow=', 'enter=1', 'enter=2'];
    assert.throws(
      () => gridOf(words, base, prices),
      (error: unknown) => error instanceof ConfigError && error.problems.length === 5,
    );
    const many = Array.from({ length: MOST_SETS + 1 }, (_, i) => i + 1).join();
    assert.throws(() => gridOf([`fast=${many}`], base, prices), /more than 2000/);
  });
});
