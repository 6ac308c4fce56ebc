import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LOG_RETURN_FEATURE } from '../../domain/features/index.ts';
import { developmentTestSplit, walkForwardFolds } from '../../domain/validation/index.ts';
import { scalingOf } from '../../learning/neural/index.ts';
import type { Scaling } from '../../learning/neural/index.ts';
import { labelledWalk } from './bars.fixture.ts';
import { labelCheck, nextBarCheck, purgeCheck, scalerCheck } from './leaks.ts';
import type { SplitPair } from './leaks.ts';

const data = labelledWalk(1500);
const { bars, labels, spans } = data;
const width = bars.featureNames.length;
const split = developmentTestSplit(spans);
const trainRows = split.before.map((position) => data.rows[position]!);

describe('scalerCheck', () => {
  const stored = (rows: Int32Array): Scaling => {
    const { mean, deviation } = scalingOf(bars.features, width, rows);
    return { mean: mean.map(Math.fround), deviation: deviation.map(Math.fround) };
  };

  it('passes statistics of the training rows', () => {
    const check = scalerCheck({ stored: stored(trainRows), bars, trainRows });
    assert.equal(check.outcome, 'passed', check.detail);
    assert.equal(check.comparisons, 18);
  });

  it('fails by name when the scaler was fitted on all data', () => {
    const check = scalerCheck({ stored: stored(data.rows), bars, trainRows });
    assert.equal(check.outcome, 'failed');
    assert.equal(check.name, 'scaler on training rows');
    assert.match(check.detail, /^mean of body is .* on its \d+ training rows/);
  });
});

describe('labelCheck', () => {
  it('passes the labels of the definition', () => {
    const check = labelCheck(bars, labels);
    assert.equal(check.outcome, 'passed', check.detail);
    assert.equal(check.comparisons, 1490);
  });

  it('fails by name when labels are shifted by one minute, either way', () => {
    for (const by of [1, -1]) {
      const shift = <T extends Int8Array | Float64Array>(values: T): T => {
        const shifted = values.slice() as T;
        for (let row = 2; row < bars.rows - 30; row++) shifted[row] = values[row + by]!;
        return shifted;
      };
      const check = labelCheck(bars, {
        ...labels,
        label: shift(labels.label),
        futureReturn: shift(labels.futureReturn),
      });
      assert.equal(check.outcome, 'failed');
      assert.equal(check.name, 'labels from closes');
    }
  });

  it('fails when a label is said to be known earlier than it is', () => {
    const labelEndMs = labels.labelEndMs.map((ms) => ms - 60_000);
    assert.equal(labelCheck(bars, { ...labels, labelEndMs }).outcome, 'failed');
  });
});

describe('nextBarCheck', () => {
  /** The bars with one feature replaced. */
  const withFeature = (k: number, valueAt: (row: number) => number) => {
    const features = bars.features.slice();
    for (let row = 0; row < bars.rows - 1; row++) features[row * width + k] = valueAt(row);
    return { ...bars, features };
  };
  const returnAt = (row: number): number => bars.features[row * width + LOG_RETURN_FEATURE]!;

  it('passes features that end with their bar', () => {
    const check = nextBarCheck(data);
    assert.equal(check.outcome, 'passed', check.detail);
  });

  it('fails by name when a feature uses the next bar, even under noise', () => {
    const noisy = withFeature(6, (row) => returnAt(row + 1) + 0.0005 * bars.features[row * width + 6]!);
    const check = nextBarCheck({ ...data, bars: noisy });
    assert.equal(check.outcome, 'failed');
    assert.equal(check.name, 'no feature of the next bar');
    assert.match(check.detail, /^mean_obi explains \d+ % of the next minute’s return/);
  });

  it('fails when returns are those of the next close', () => {
    const check = nextBarCheck({
      ...data,
      bars: withFeature(LOG_RETURN_FEATURE, (row) => returnAt(row + 1)),
    });
    assert.equal(check.outcome, 'failed');
    assert.match(check.detail, /^log_ret_close at .* the closes up to it say/);
  });
});

describe('purgeCheck', () => {
  const folds = walkForwardFolds({ spans, rows: split.before, folds: 3 });
  const pairs: readonly SplitPair[] = [
    ...folds.map(({ stopping, validation }, k) => ({
      name: `fold ${k + 1}`,
      learned: stopping,
      judged: validation,
    })),
    { name: 'test', learned: split.before, judged: split.after },
  ];

  it('passes purged folds', () => {
    const check = purgeCheck(pairs, spans, 0);
    assert.equal(check.outcome, 'passed', check.detail);
    assert.equal(
      check.comparisons,
      pairs.reduce((sum, { learned }) => sum + learned.length, 0),
    );
  });

  it('fails by name when folds are not purged', () => {
    const unpurged = pairs.map((pair) => ({
      ...pair,
      learned: Int32Array.from({ length: pair.judged[0]! }, (_, i) => i),
    }));
    const check = purgeCheck(unpurged, spans, 0);
    assert.equal(check.outcome, 'failed');
    assert.equal(check.name, 'purged splits');
    assert.match(check.detail, /^fold 1: 10 labels that were learned from end after .*\(and 3 more\)$/);
  });

  it('fails when the embargo is not kept', () => {
    assert.equal(purgeCheck(pairs, spans, 5 * 60_000).outcome, 'failed');
  });
});
