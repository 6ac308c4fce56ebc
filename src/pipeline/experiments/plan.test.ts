import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DataError, DAY_MS } from '../../domain/core/index.ts';
import { cutTable } from '../candle-scoring/index.ts';
import { generatedCandles, seriesOf, smallRecipe, START_MS } from './experiments.fixture.ts';
import { foldRows, planExperiment } from './plan.ts';

const recipe = smallRecipe();
const candles = generatedCandles('SIMUSDT', 60);
const series = seriesOf('SIMUSDT', candles, recipe);

describe('plan', () => {
  it('judges whole days that follow each other, each once, after the past of their fold', () => {
    const { folds, judgedDays } = planExperiment([series], { folds: 3, embargoMs: 0 }, recipe);
    assert.equal(folds.length, 3);
    for (const { stoppingStartMs, validationStartMs, validationEndMs } of folds) {
      for (const time of [stoppingStartMs, validationStartMs, validationEndMs])
        assert.equal(time % DAY_MS, 0);
      assert.ok(stoppingStartMs < validationStartMs && validationStartMs < validationEndMs);
    }
    assert.equal(folds[0]!.validationEndMs, folds[1]!.validationStartMs);
    assert.equal(judgedDays[0], folds[0]!.validationStartMs);
    assert.equal(judgedDays.at(-1)! + DAY_MS, folds[2]!.validationEndMs);
    judgedDays.forEach((day, i) => assert.ok(i === 0 || day === judgedDays[i - 1]! + DAY_MS));
  });

  it('lets no label of the past reach a boundary, less the embargo', () => {
    for (const embargoMs of [0, 7_200_000]) {
      const { folds } = planExperiment([series], { folds: 2, embargoMs }, recipe);
      for (const period of folds) {
        const { train, stopping, judged } = foldRows(series, period, { embargoMs, longestWindow: 60 });
        const lastEnd = (rows: Int32Array): number => series.labelEndMs[rows.at(-1)!]!;
        assert.ok(lastEnd(train) + embargoMs <= period.stoppingStartMs);
        assert.ok(lastEnd(stopping) + embargoMs <= period.validationStartMs);
        assert.equal(series.candles.openTimeMs[judged[0]!], period.validationStartMs);
        // The next candle's label would reach too far.
        assert.ok(series.labelEndMs[train.at(-1)! + 1]! + embargoMs > period.stoppingStartMs);
        assert.equal(judged.length, ((period.validationEndMs - period.validationStartMs) / DAY_MS) * 288);
      }
    }
  });

  it('leaves out days whose past has a hole, and candles just behind it', () => {
    const hole = 30 * 288 + 10;
    const before = cutTable(candles, { start: 0, end: hole });
    const after = cutTable(candles, { start: hole + 1, end: candles.rows });
    const joined = Object.fromEntries(
      (
        [
          'openTimeMs',
          'open',
          'high',
          'low',
          'close',
          'volume',
          'quoteVolume',
          'trades',
          'takerBuyVolume',
        ] as const
      ).map((name) => [name, Float64Array.of(...before[name], ...after[name])]),
    ) as unknown as typeof candles;
    const holed = seriesOf('SIMUSDT', { ...joined, rows: candles.rows - 1 }, recipe);
    const period = {
      stoppingStartMs: START_MS + 20 * DAY_MS,
      validationStartMs: START_MS + 25 * DAY_MS,
      validationEndMs: START_MS + 40 * DAY_MS,
    };
    const { judged } = foldRows(holed, period, { embargoMs: 0, longestWindow: 60 });
    const days = new Set(
      Array.from(judged, (row) => Math.floor((holed.candles.openTimeMs[row]! - START_MS) / DAY_MS)),
    );
    // The day of the hole has whole days before it; the next ones see the hole and its warm-up.
    assert.deepEqual(
      [...days].filter((day) => day >= 29 && day <= 34),
      [29, 30, 33, 34],
    );
  });

  it('says how many days are missing', () => {
    const few = seriesOf('SIMUSDT', cutTable(candles, { start: 0, end: 20 * 288 }), recipe);
    assert.throws(
      () => planExperiment([few], { folds: 3, embargoMs: 0 }, recipe),
      (error: unknown) =>
        error instanceof DataError &&
        error.code === 'EXPERIMENT_DAYS_FEW' &&
        /17 days \(2025-01-04 to 2025-01-20\).*too few for 3 folds: bring 28/.test(error.message),
    );
  });
});
