import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MINUTE_MS, NO_LABEL } from '../../domain/core/index.ts';
import { developmentTestSplit } from '../../domain/validation/index.ts';
import { recentBars } from './baselines.ts';
import { FIXTURE_LABEL, labelledWalk } from './bars.fixture.ts';
import { lastKnownLabels, persistenceJudge } from './persistence.ts';
import { decisionsOf } from './score.ts';
import { sliceScores, trailingVolatility } from './slices.ts';

const data = labelledWalk(1200, 60);
const { before: development, after: test } = developmentTestSplit(data.spans);
const all = Int32Array.from(data.rows.keys());

describe('persistence', () => {
  it('says the class that was known when the bar closed: the one of a horizon ago', () => {
    const known = lastKnownLabels(data, all);
    const { lookaheadMinutes } = FIXTURE_LABEL;
    known.forEach((label, i) => {
      const row = data.rows[i]!;
      const source = row - lookaheadMinutes;
      assert.equal(label, source < data.rows[0]! ? NO_LABEL : data.labels.label[source]);
      if (label !== NO_LABEL)
        assert.ok(data.labels.labelEndMs[source]! <= data.bars.minuteMs[row]! + MINUTE_MS);
    });
  });

  it('does not change when the future does', () => {
    const other = { ...data, labels: { ...data.labels, label: data.labels.label.slice() } };
    const from = data.rows[test[0]!]!;
    other.labels.label.fill(0, from + 30);
    const judged = test.slice(0, 30);
    assert.deepEqual(lastKnownLabels(other, judged), lastKnownLabels(data, judged));
  });

  it('decides for it, and gives the shares of what followed as probabilities', () => {
    const judge = persistenceJudge({ data, development, test });
    assert.deepEqual(decisionsOf(judge), lastKnownLabels(data, test));
    for (let i = 0; i < test.length; i++) {
      const sum = judge.probabilities.subarray(i * 3, i * 3 + 3).reduce((a, b) => a + b, 0);
      assert.ok(Math.abs(sum - 1) < 1e-12);
    }
  });
});

describe('recentBars', () => {
  it('holds the last bar and means up to it, in windows that the model sees', () => {
    const { featureNames, columns } = recentBars(data, 20);
    const width = data.bars.featureNames.length;
    assert.equal(featureNames.length, 3 * width);
    assert.equal(featureNames.at(-1), 'log_volume_mean_15');
    const position = 50;
    const row = data.rows[position]!;
    const found = columns(Int32Array.of(position));
    assert.deepEqual(found.slice(0, width), data.bars.features.slice(row * width, (row + 1) * width));
    let mean = 0;
    for (let back = 0; back < 5; back++) mean += data.bars.features[(row - back) * width + 2]! / 5;
    assert.ok(Math.abs(found[width + 2]! - mean) < 1e-12);
  });
});

describe('slices', () => {
  it('put every test row into one part of each kind', () => {
    const probabilities = Float64Array.from({ length: test.length * 3 }, (_, i) => [0.5, 0.3, 0.2][i % 3]!);
    const slices = sliceScores(
      { data, development, test },
      { id: 'audited', name: '', probabilities, decision: [2, 1, 2] },
      { sequenceLength: 60, resampling: { expectedBlockRows: 10, replicates: 50, seed: 1 } },
    );
    for (const by of ['month', 'volatility', 'confidence'] as const) {
      const own = slices.filter((slice) => slice.by === by);
      assert.equal(
        own.reduce((sum, { rows }) => sum + rows, 0),
        test.length,
        by,
      );
      for (const { macroF1, macroF1Interval } of own) {
        assert.ok(macroF1Interval[0] <= macroF1 && macroF1 <= macroF1Interval[1]);
      }
    }
    assert.deepEqual(
      slices.filter(({ by }) => by === 'confidence').map(({ name }) => name),
      ['0.5 – 0.6'],
    );
  });

  it('know volatility from the bars up to the row alone', () => {
    const [first] = trailingVolatility(data, Int32Array.of(100), 20);
    const width = data.bars.featureNames.length;
    const features = data.bars.features.slice().fill(9, (data.rows[100]! + 1) * width);
    const [same] = trailingVolatility({ ...data, bars: { ...data.bars, features } }, Int32Array.of(100), 20);
    assert.equal(first, same);
  });
});
