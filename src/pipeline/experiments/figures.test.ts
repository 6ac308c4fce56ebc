import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../../domain/core/index.ts';
import { EXPERIMENTS, familyOf } from './definitions.ts';
import { compare, outcomeOf, type SeedTables } from './compare.ts';
import { allDays, maxDrawdown, metricOf, pooled, type SeedDays, sharpe } from './figures.ts';

const DAYS = 280;

/** Ten signals a day that hit with probability `hit`, on days whose difficulty all seeds and variants share. */
function table(hit: number, seed: number, rebuilt = 0.5): SeedDays {
  const [common, own] = [Random.fromSeed(1), Random.fromSeed(seed)];
  const column = (value: (day: number) => number) =>
    Float64Array.from({ length: DAYS }, (_, day) => value(day));
  const hits = column(() => {
    const share = Math.min(1, Math.max(0, hit + 0.1 * common.normal()));
    return Array.from({ length: 10 }, () => own.uniform()).filter((drawn) => drawn < share).length;
  });
  const net = hits.map((count) => 0.001 * (count - 5));
  return {
    rows: column(() => 30),
    signals: column(() => 10),
    hits,
    classed: column(() => 10),
    precise: hits,
    trades: column(() => 3),
    net,
    gross: net,
    rebuilt: column((day) => (day < 5 ? Number.NaN : rebuilt)),
  };
}

const tables = (hit: number, first: number, rebuilt?: number): SeedTables =>
  [0, 1, 2].map((seed) => [0, 1].map((symbol) => table(hit, first + 2 * seed + symbol, rebuilt)));

const OPTIONS = { symbols: ['A', 'B'], familySize: 6, blockDays: 7, replicates: 399, seed: 1 };

describe('figures of days', () => {
  it('are what they are called', () => {
    const days = Int32Array.of(0, 1, 2, 3);
    const returns = Float64Array.of(0.1, -0.2, 0.05, -0.1);
    // 1.1, 0.88, 0.924, 0.8316 against the peak of 1.1.
    assert.ok(Math.abs(maxDrawdown(returns, days) - (1 - 0.8316 / 1.1)) < 1e-12);
    assert.ok(Math.abs(maxDrawdown(returns, Int32Array.of(1, 1)) - 0.36) < 1e-12);
    const [mean, deviation] = [-0.0375, Math.sqrt(0.056875 / 3)];
    assert.ok(Math.abs(sharpe(returns, days) - (mean / deviation) * Math.sqrt(365)) < 1e-9);
    assert.equal(sharpe(new Float64Array(4), days), 0);
  });

  it('of several symbols are counts together and accounts side by side', () => {
    const [a, b] = [table(0.5, 1), table(0.6, 2, 1.5)];
    const both = pooled([a, b]);
    const every = allDays(DAYS);
    const hits = (each: SeedDays): number => each.hits.reduce((sum, x) => sum + x, 0);
    assert.equal(metricOf('hitRatio', both, every), (hits(a) + hits(b)) / (20 * DAYS));
    assert.equal(both.net[7], (a.net[7]! + b.net[7]!) / 2);
    assert.equal(metricOf('reconstruction', both, every), 1);
    assert.ok(Number.isNaN(both.rebuilt[0]));
  });
});

describe('comparison', () => {
  it('finds an effect of the size asked for, and says by how much it differs from none', () => {
    const found = compare(EXPERIMENTS.e1, {
      ...OPTIONS,
      treatment: tables(0.56, 100),
      control: tables(0.5, 200),
    });
    assert.deepEqual(
      found.map(({ scope, isPooled }) => [scope, isPooled]),
      [
        ['all symbols', true],
        ['A', false],
        ['B', false],
      ],
    );
    const [all] = found;
    assert.equal(all!.outcome, 'criterion met');
    assert.ok(all!.lower > 0 && all!.lower < 0.06 && all!.upper > 0.06);
    assert.equal(all!.adjustedPValue, Math.min(1, 6 * all!.pValue));
    assert.ok(Math.abs(all!.margin - 0.05 * all!.control.estimate) < 1e-12);
    assert.equal(all!.seeds.length, 3);
  });

  it('finds none where there is none, and the opposite where that is true', () => {
    const outcome = (treatment: SeedTables, control: SeedTables): string =>
      compare(EXPERIMENTS.e1, { ...OPTIONS, treatment, control })[0]!.outcome;
    assert.equal(outcome(tables(0.5, 100), tables(0.5, 200)), 'no effect found');
    assert.equal(outcome(tables(0.44, 100), tables(0.5, 200)), 'opposite effect');
  });

  it('asks every metric of an experiment, lower ones the other way', () => {
    const found = compare(EXPERIMENTS.e2, {
      ...OPTIONS,
      treatment: tables(0.5, 100, 0.4),
      control: tables(0.5, 200, 0.5),
    });
    assert.equal(found.length, 6);
    const rebuilt = found.find(({ metric }) => metric === 'reconstruction')!;
    assert.ok(Math.abs(rebuilt.estimate + 0.1) < 1e-9);
    assert.equal(rebuilt.outcome, 'criterion met');
  });

  it('words every kind of result', () => {
    const outcome = (lower: number, upper: number, more: Partial<Parameters<typeof outcomeOf>[1]> = {}) =>
      outcomeOf(
        { lower, upper, estimate: (lower + upper) / 2, effectiveBlocks: 40 },
        {
          margin: 1,
          adjustedPValue: lower > 0 || upper < 0 ? 0.01 : 0.5,
          better: 'higher',
          sides: 'one',
          ...more,
        },
      );
    assert.equal(outcome(1, 3), 'criterion met');
    assert.equal(outcome(0.1, 0.5), 'effect below the criterion');
    assert.equal(outcome(-3, -1), 'opposite effect');
    assert.equal(outcome(-3, -1, { better: 'lower' }), 'criterion met');
    assert.equal(outcome(-0.5, 0.5), 'no effect found');
    assert.equal(outcome(-0.5, 1.5), 'cannot be concluded');
    assert.equal(outcome(-1.5, 0.5), 'no effect found');
    assert.equal(outcome(-1.5, 0.5, { sides: 'two' }), 'cannot be concluded');
    // What the correction leaves nothing of is no finding.
    assert.equal(outcome(0.1, 3, { adjustedPValue: 0.2 }), 'cannot be concluded');
    assert.equal(
      outcomeOf(
        { lower: 1, upper: 3, estimate: 2, effectiveBlocks: 4 },
        { margin: 1, adjustedPValue: 0.01, better: 'higher', sides: 'one' },
      ),
      'cannot be concluded',
    );
  });

  it('counts the questions of E1 to E4 together', () => {
    assert.equal(familyOf('e1', 2).tests, 18);
    assert.equal(familyOf('e4', 1).tests, 6);
    assert.equal(familyOf('unseen', 3).tests, 4);
  });
});
