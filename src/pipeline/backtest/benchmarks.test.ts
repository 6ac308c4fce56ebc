import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Random } from '../../domain/core/index.ts';
import { runAccount } from './account.ts';
import { benchmarksOf, shuffledTrades } from './benchmarks.ts';
import { backtestConfig, walkMarket } from './markets.fixture.ts';
import { settingsOf } from './settings.ts';
import { signalsFor } from './signal-source.ts';

const market = walkMarket({ rows: 1_500 });
const config = backtestConfig({ strategy: 'random', entryRate: 0.02 });
const signals = signalsFor({ kind: 'prices' }, market, config, 1);
const settings = settingsOf(config, [market]);
const run = runAccount([market], [signals], settings);

describe('the same trades at random times', () => {
  // One that began on the last bar of all has no length yet, and gets that of a bar.
  it('have the same number, sides and lengths, wherever they fall', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1e6 }),
        fc.constantFrom('both', 'long', 'short'),
        (seed, direction) => {
          const own = backtestConfig({ ...config, direction });
          const traded = runAccount([market], [signalsFor({ kind: 'prices' }, market, own, seed)], settings);
          const place = { rows: market, delay: 1, openTimeMs: traded.openTimeMs };
          const said = shuffledTrades(traded.trades, place, Random.fromSeed(seed));
          const shuffled = runAccount([market], [said], settings);
          const sorted = (trades: typeof traded.trades) =>
            trades
              .map(({ side, entryRow, exitRow }) => `${side} ${Math.max(1, exitRow - entryRow)}`)
              .toSorted();
          assert.deepEqual(sorted(shuffled.trades), sorted(traded.trades));
          assert.deepEqual(
            shuffled.trades.map(({ side }) => side),
            traded.trades.map(({ side }) => side),
          );
        },
      ),
      { numRuns: 60 },
    );
  });

  it('turn over what the run turned over, even when it is always in the market', () => {
    const always = backtestConfig({ strategy: 'sma-crossover', fast: 5, slow: 20 });
    const crossing = runAccount(
      [market],
      [signalsFor({ kind: 'prices' }, market, always, 1)],
      settingsOf(always, [market]),
    );
    const place = { rows: market, delay: 1, openTimeMs: crossing.openTimeMs };
    const drawn = shuffledTrades(crossing.trades, place, Random.fromSeed(4));
    assert.equal(runAccount([market], [drawn], settings).trades.length, crossing.trades.length);
  });

  it('are drawn by the seed', () => {
    const draw = (seed: number) =>
      benchmarksOf(run, { markets: [market], config, seed, check: () => {} }).at(-1);
    assert.deepEqual(draw(1), draw(1));
    assert.notDeepEqual(draw(1), draw(2));
    assert.equal(draw(1)!.draws!.count, 20);
  });

  it('are not drawn where nothing was traded', () => {
    const idle = runAccount([market], [new Uint8Array(1_500)], settings);
    const ids = benchmarksOf(idle, { markets: [market], config, seed: 1, check: () => {} }).map(
      ({ id }) => id,
    );
    assert.deepEqual(ids, ['buy-and-hold', 'sma-crossover']);
  });
});
