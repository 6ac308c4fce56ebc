import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BUY, SELL } from '../../domain/core/index.ts';
import { developmentTestSplit } from '../../domain/validation/index.ts';
import { FIXTURE_LABEL, labelledWalk } from './bars.fixture.ts';
import { predictionSetScore } from './sets.ts';
import { labelsAt } from './test-rows.ts';

const data = labelledWalk(1200);
const { before: development, after: test } = developmentTestSplit(data.spans);
const labels = labelsAt(data, test);
const { thresholdShort, thresholdLong, lookaheadMinutes } = FIXTURE_LABEL;
const options = {
  rule: {
    conformal: {
      coverage: 0.9,
      rate: 0,
      level: 0.1,
      scores: Float64Array.from({ length: 99 }, (_, i) => 0.5 + i / 1000),
    },
    outcome: { thresholdShort, thresholdLong, lookaheadMinutes },
  },
  resampling: { expectedBlockRows: lookaheadMinutes, replicates: 50, seed: 1 },
};
const scoreOf = (probabilityOfTruth: number) => {
  const probabilities = new Float64Array(test.length * 3).fill((1 - probabilityOfTruth) / 2);
  labels.forEach((label, i) => (probabilities[i * 3 + label] = probabilityOfTruth));
  return predictionSetScore({ data, development, test }, probabilities, options);
};

describe('predictionSetScore', () => {
  it('counts what sure and right probabilities give: one class each, all true', () => {
    const score = scoreOf(0.98);
    assert.equal(score.covered, 1);
    assert.deepEqual(score.sizes, [0, test.length, 0, 0]);
    assert.equal(score.signals, labels.filter((label) => label === BUY || label === SELL).length);
    assert.equal(score.precision, 1);
  });

  it('counts what sure and wrong probabilities give: sets of the other two or of none, no signal', () => {
    const score = scoreOf(0.02);
    assert.equal(score.covered, 0);
    assert.equal(score.signals, 0);
    assert.ok(Number.isNaN(score.precision));
  });
});
