import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { FeatureMonth, FeatureMonths } from '../../platform/storage/index.ts';
import { measureDrift, MIN_MONTH_ROWS, populationStability, reportDrift } from './drift.ts';
import { FindingLog } from './findings.ts';

const month = (index: number, facts: Partial<FeatureMonth> = {}): FeatureMonth => ({
  monthMs: Date.UTC(2025, index, 1),
  rows: 4 * MIN_MONTH_ROWS,
  mean: 0,
  standardDeviation: 1,
  median: 0,
  lowerQuartile: -0.6744897501960817,
  upperQuartile: 0.6744897501960817,
  least: -4,
  greatest: 4,
  binRows: [50, 50],
  ...facts,
});

const feature = (months: readonly FeatureMonth[]): FeatureMonths => ({
  feature: 'volatility',
  referenceMs: months[0]!.monthMs,
  edges: [0],
  months,
});

describe('drift', () => {
  it('computes the population stability index', () => {
    // (0.75 − 0.5) ln(0.75 / 0.5) + (0.25 − 0.5) ln(0.25 / 0.5) = 0.25 ln 3
    assert.ok(Math.abs(populationStability([10, 10], [300, 100]) - 0.25 * Math.log(3)) < 1e-15);
    assert.equal(populationStability([1, 2, 3], [10, 20, 30]), 0);
    assert.ok(Number.isFinite(populationStability([10, 10], [20, 0])));
  });

  it('marks months by index, by the median, by constancy, and leaves short ones unjudged', () => {
    const months = [
      month(0),
      month(1, { binRows: [52, 48] }),
      month(2, { binRows: [67, 33] }),
      month(3, { binRows: [75, 25] }),
      month(4, { median: 1.2 }),
      month(5, { least: 2, greatest: 2 }),
      month(6, { rows: MIN_MONTH_ROWS - 1, binRows: [100, 0] }),
    ];
    const [drift] = measureDrift([feature(months)]);
    assert.equal(drift?.reference, '2025-01');
    assert.deepEqual(
      drift.months.map(({ mark }) => mark),
      ['reference', 'steady', 'shift', 'drift', 'drift', 'constant', 'too-few-rows'],
    );
    assert.ok(Math.abs(drift.months[4]!.shift! - 1.2) < 1e-12);
    assert.equal(drift.months[6]!.psi, null);

    const log = new FindingLog();
    reportDrift([drift], log);
    assert.deepEqual(
      log.findings.map(({ check, count }) => [check, count]),
      [
        ['feature-constant', 1],
        ['feature-drift', 2],
        ['feature-shift', 1],
      ],
    );
    assert.match(log.findings[1]!.places[0]!.detail!, /most in 2025-04: PSI 0\.27/);
  });

  it('compares nothing without a reference, and no median with a reference without spread', () => {
    const [none] = measureDrift([{ ...feature([month(0)]), referenceMs: null }]);
    assert.deepEqual([none?.reference, none?.months[0]!.mark], [null, 'too-few-rows']);
    const [flat] = measureDrift([feature([month(0, { lowerQuartile: 0, upperQuartile: 0 }), month(1)])]);
    assert.equal(flat?.months[1]!.shift, null);
  });
});
