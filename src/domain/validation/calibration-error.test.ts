import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { topLabelCalibration } from './calibration-error.ts';

describe('topLabelCalibration', () => {
  it('follows a worked example', () => {
    // Confidences 0.9, 0.9, 0.6, 0.6 of which the second and the third are wrong.
    const probabilities = Float64Array.of(0.9, 0.1, 0.1, 0.9, 0.6, 0.4, 0.4, 0.6);
    const { ece, bins } = topLabelCalibration([0, 0, 1, 1], probabilities, 10);
    // Half the rows at |0.5 − 0.9|, half at |0.5 − 0.6|.
    assert.ok(Math.abs(ece - 0.25) < 1e-12);
    assert.deepEqual(
      bins.filter((bin) => bin.count > 0).map((bin) => [bin.upper, bin.count, bin.accuracy]),
      [
        [0.6, 2, 0.5],
        [0.9, 2, 0.5],
      ],
    );
    assert.ok(Number.isNaN(bins[0]!.confidence));
  });

  it('is 0 for certainty that is always right and 1 for certainty that never is', () => {
    const certain = Float64Array.of(1, 0, 0, 1, 0, 0);
    assert.equal(topLabelCalibration([0, 0], certain).ece, 0);
    assert.equal(topLabelCalibration([2, 1], certain).ece, 1);
  });
});
