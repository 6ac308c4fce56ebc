import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import { BUY, DAY_MS, NEUTRAL, SELL } from '../../domain/core/index.ts';
import { generatedCandles, seriesOf, smallRecipe, START_MS } from './experiments.fixture.ts';
import { experimentFitFile, readExperimentFit, writeExperimentFit } from './fit-store.ts';
import { type Decisions, holdReturns, judge } from './judge.ts';

const recipe = smallRecipe();
const series = seriesOf('SIMUSDT', generatedCandles('SIMUSDT', 12), recipe);
const days = Float64Array.from([5, 6, 7, 8], (day) => START_MS + day * DAY_MS);
const options = { recipe, days, costBps: 5 };
const rows = Int32Array.from({ length: 4 * 288 }, (_, i) => 5 * 288 + i);

const decided = (direction: (row: number) => number): Decisions => ({
  series,
  rows,
  directions: Int8Array.from(rows, direction),
});
const sum = (column: Float64Array): number => column.reduce((total, value) => total + value, 0);

describe('judging decisions', () => {
  it('counts signals and hits by day', () => {
    const perfect = judge(
      decided((row) => (series.outcome[row]! > 0 ? BUY : SELL)),
      options,
    );
    assert.deepEqual(perfect.signals, perfect.hits);
    assert.deepEqual([...perfect.rows], [288, 288, 288, 288]);
    assert.ok(sum(perfect.net) > 0 && sum(perfect.gross) > sum(perfect.net));
    const wrong = judge(
      decided((row) => (series.outcome[row]! > 0 ? SELL : BUY)),
      options,
    );
    assert.equal(sum(wrong.hits), 0);
    assert.equal(sum(wrong.precise), 0);
    assert.ok(sum(wrong.gross) < 0);
  });

  it('pays for every fill, on a tenth of the account, and holds as long as the label looks', () => {
    const one = judge(
      decided((row) => (row === rows[10] ? BUY : NEUTRAL)),
      options,
    );
    assert.equal(sum(one.trades), 1);
    const { open } = series.candles;
    const [entry, exit] = [open[rows[10]! + 1]!, open[rows[10]! + 1 + recipe.label.horizonCandles]!];
    assert.ok(Math.abs(one.gross[0]! - 0.1 * (exit / entry - 1)) < 1e-9);
    // 5 bps of what is bought and of what is sold.
    const invested = 0.1 / (1 + 5e-4);
    const net = invested * (exit / entry) * (1 - 5e-4) - invested * (1 + 5e-4);
    assert.ok(Math.abs(one.net[0]! - net) < 1e-9);
    assert.equal(sum(one.net.slice(1)), 0);
  });

  it('of no signals is nothing, and of holding what the price did', () => {
    const none = judge(
      decided(() => NEUTRAL),
      options,
    );
    assert.equal(sum(none.net), 0);
    assert.equal(sum(none.signals), 0);
    const held = holdReturns(series, { ...options, costBps: 0 });
    const { open, close } = series.candles;
    // The order of the first close is executed at the second open.
    const total = held.reduce((equity, value) => equity * (1 + value), 1) - 1;
    assert.ok(Math.abs(total - 0.1 * (close[9 * 288 - 1]! / open[5 * 288 + 1]! - 1)) < 1e-9);
  });
});

describe('kept trainings', () => {
  it('come back bit for bit, or not at all', async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'fits-'));
    try {
      const file = experimentFitFile(folder, 'abc');
      assert.equal(await readExperimentFit(file), null);
      const fit = {
        symbols: [{ symbol: 'A', rows: Int32Array.of(1, 2), scores: Float64Array.of(0.1, Number.NaN) }],
        labels: 3,
      };
      await writeExperimentFit(file, fit);
      assert.deepEqual(await readExperimentFit(file), fit);
      const text = await readFile(file, 'utf8');
      await writeFile(file, text.replace('"labels":3', '"labels":4'));
      assert.equal(await readExperimentFit(file), null);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
