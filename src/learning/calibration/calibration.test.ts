import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DataError, Random } from '../../domain/core/index.ts';
import { logLoss, topLabelCalibration } from '../../domain/validation/index.ts';
import { calibrate, CALIBRATION_METHODS, chooseCalibrator, fitCalibrator } from './calibration.ts';
import type { ScoredLabels } from './loss.ts';

/** Classes drawn from true probabilities; what the model says is a distortion of them. */
function rowsOf(
  count: number,
  seed: number,
  distort: (truth: readonly number[]) => readonly number[],
): ScoredLabels {
  const random = Random.fromSeed(seed);
  const probabilities = new Float64Array(count * 3);
  const labels = new Int8Array(count);
  for (let row = 0; row < count; row++) {
    const weights = [0.5, 1, 0.25].map((w) => w * Math.exp(random.normal()));
    const total = weights.reduce((sum, w) => sum + w, 0);
    const u = random.uniform() * total;
    labels[row] = u < weights[0]! ? 0 : u < weights[0]! + weights[1]! ? 1 : 2;
    const said = distort(weights.map((w) => w / total));
    const sum = said.reduce((a, b) => a + b, 0);
    said.forEach((p, k) => (probabilities[row * 3 + k] = p / sum));
  }
  return { probabilities, labels };
}

const overconfident = (truth: readonly number[]): readonly number[] => truth.map((p) => p ** 2.5);
const biased = (truth: readonly number[]): readonly number[] => [truth[0]! * 3, truth[1]!, truth[2]! * 3];

const lossOf = ({ probabilities, labels }: ScoredLabels): number => logLoss(labels, probabilities);

describe('fitCalibrator', () => {
  it('finds the temperature that an overconfident model needs', () => {
    const map = fitCalibrator('temperature', rowsOf(20_000, 1, overconfident));
    assert.ok(map.method === 'temperature' && Math.abs(map.temperature - 2.5) < 0.1, JSON.stringify(map));
  });

  for (const method of ['temperature', 'dirichlet', 'isotonic'] as const) {
    it(`${method} takes the error out of an overconfident model’s probabilities`, () => {
      const map = fitCalibrator(method, rowsOf(20_000, 1, overconfident));
      const { probabilities, labels } = rowsOf(20_000, 2, overconfident);
      const after = calibrate(map, probabilities, 3);
      const eceBefore = topLabelCalibration(labels, probabilities).ece;
      const eceAfter = topLabelCalibration(labels, after).ece;
      assert.ok(eceBefore > 0.1 && eceAfter < 0.02, `ECE ${eceBefore} → ${eceAfter}`);
      const truth = lossOf(rowsOf(20_000, 2, (p) => p));
      assert.ok(logLoss(labels, after) < truth + 0.01);
      for (let row = 0; row < 100; row++) {
        const sum = after[row * 3]! + after[row * 3 + 1]! + after[row * 3 + 2]!;
        assert.ok(Math.abs(sum - 1) < 1e-12);
      }
    });
  }

  it('isotonic curves rise and pass through pooled means', () => {
    const map = fitCalibrator('isotonic', {
      probabilities: Float64Array.of(0.1, 0.9, 0.2, 0.8, 0.3, 0.7, 0.4, 0.6),
      labels: [1, 0, 1, 0],
    });
    assert.deepEqual(map.method === 'isotonic' && map.curves[0], {
      from: [0.1, 0.2, 0.3, 0.4],
      // Certainty after four points is 1 / 6 away.
      to: [1 / 6, 0.5, 0.5, 1 - 1 / 6],
    });
  });

  it('survives a JSON round trip', () => {
    const { probabilities, labels } = rowsOf(500, 3, biased);
    const rows = { probabilities, labels: Array.from(labels, (label) => Math.min(label, 1)) };
    for (const method of CALIBRATION_METHODS) {
      const map = fitCalibrator(method, rows);
      const copy = JSON.parse(JSON.stringify(map)) as typeof map;
      assert.deepEqual(calibrate(copy, rows.probabilities, 3), calibrate(map, rows.probabilities, 3));
    }
  });
});

describe('chooseCalibrator', () => {
  it('takes the map that can undo a bias between the classes, which a temperature cannot', () => {
    const all = rowsOf(6_000, 5, biased);
    const { calibrator, heldOut } = chooseCalibrator(rowsOf(4_000, 3, biased), rowsOf(2_000, 4, biased), all);
    assert.equal(calibrator.method, 'dirichlet');
    assert.ok(heldOut.dirichlet < heldOut.temperature - 0.05);
    assert.ok(heldOut.temperature <= heldOut.none);
  });

  it('leaves probabilities alone that are right already', () => {
    const honest = (seed: number): ScoredLabels => rowsOf(3_000, seed, (p) => p);
    const { heldOut, calibrator } = chooseCalibrator(honest(1), honest(2), honest(3));
    assert.ok(heldOut.none < heldOut.isotonic);
    const { probabilities } = honest(4);
    const after = calibrate(calibrator, probabilities, 3);
    assert.ok(probabilities.every((p, i) => Math.abs(p - after[i]!) < 0.03));
  });

  it('does nothing when the judging rows hold too few independent outcomes to tell', () => {
    const [fit, judge] = [rowsOf(4_000, 3, biased), rowsOf(2_000, 4, biased)];
    const chosen = (independent: number) =>
      chooseCalibrator(fit, { ...judge, independent }, fit).calibrator.method;
    assert.deepEqual([chosen(2_000), chosen(2)], ['dirichlet', 'none']);
  });

  it('does nothing on fewer than ten outcomes, however alike they are', () => {
    const rows = 200;
    const always = {
      probabilities: Float64Array.from({ length: 3 * rows }, (_, i) => [0.3, 0.5, 0.2][i % 3]!),
      labels: new Int8Array(rows),
    };
    const chosen = (independent: number) =>
      chooseCalibrator(always, { ...always, independent }, always).calibrator.method;
    assert.equal(chosen(9), 'none');
    assert.notEqual(chosen(10), 'none');
  });

  it('refuses to choose on nothing', () => {
    const none = { probabilities: new Float64Array(0), labels: [] };
    assert.throws(() => chooseCalibrator(rowsOf(10, 1, biased), none, none), DataError);
  });
});
