import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { classificationReport, logLoss, matthewsCorrelation } from './classification.ts';

interface Golden {
  readonly labels: readonly number[];
  readonly probabilities: readonly number[];
  readonly predictions: readonly number[];
  readonly confusion: readonly (readonly number[])[];
  readonly precision: readonly number[];
  readonly recall: readonly number[];
  readonly f1: readonly number[];
  readonly support: readonly number[];
  readonly accuracy: number;
  readonly macroF1: number;
  readonly mcc: number;
  readonly logLoss: number;
  readonly brier: number;
}

// Made by bench/peers/sklearn_golden.py with scikit-learn 1.9.1.
const GOLDEN_SHA256 = '376a2f6c26d50ded3474cb46673bac1cb910a4c7695fec15a70f98c66b821eda';
const goldenText = readFileSync(new URL('./golden/classification.json', import.meta.url), 'utf8');

function close(actual: number, expected: number, tolerance = 1e-12): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected}`);
}

describe('classificationReport', () => {
  it('gives the figures of scikit-learn', () => {
    assert.equal(createHash('sha256').update(goldenText).digest('hex'), GOLDEN_SHA256, 'golden file changed');
    const golden = JSON.parse(goldenText) as Golden;
    const report = classificationReport({
      labels: golden.labels,
      probabilities: Float64Array.from(golden.probabilities),
      predictions: golden.predictions,
    });
    assert.deepEqual(report.confusion, golden.confusion);
    report.classes.forEach((score, k) => {
      close(score.precision, golden.precision[k]!);
      close(score.recall, golden.recall[k]!);
      close(score.f1, golden.f1[k]!);
      assert.equal(score.support, golden.support[k]!);
    });
    for (const figure of ['accuracy', 'macroF1', 'mcc', 'logLoss', 'brier'] as const) {
      close(report[figure], golden[figure]);
    }
  });

  it('says which figures have no value when a class neither occurs nor is predicted', () => {
    const { classes, macroF1 } = classificationReport({
      labels: [0, 1],
      probabilities: Float64Array.of(1, 0, 0, 0, 1, 0),
      predictions: [0, 1],
    });
    assert.deepEqual(classes[2], {
      precision: Number.NaN,
      recall: Number.NaN,
      f1: 0,
      support: 0,
      predicted: 0,
    });
    close(macroF1, 2 / 3);
  });

  it('refuses rows without a label', () => {
    assert.throws(
      () =>
        classificationReport({ labels: [-1], probabilities: Float64Array.of(0.5, 0.5), predictions: [0] }),
      /every row needs a class/,
    );
  });
});

describe('matthewsCorrelation', () => {
  it('follows a binary example worked by hand, and is 0 without any variety', () => {
    // TP 6, FN 1, FP 2, TN 3 → (6·3 − 2·1) / √(8·7·5·4)
    close(matthewsCorrelation([6, 1, 2, 3], 2), 16 / Math.sqrt(8 * 7 * 5 * 4));
    assert.equal(matthewsCorrelation([5, 0, 5, 0], 2), 0);
  });
});

describe('logLoss', () => {
  it('charges a failed certainty 34.5 nats and no more', () => {
    close(logLoss([0], Float64Array.of(0, 1)), 34.538776394910684);
    close(logLoss([0, 1], Float64Array.of(0.5, 0.5, 0.75, 0.25)), (Math.log(2) + Math.log(4)) / 2);
  });
});
