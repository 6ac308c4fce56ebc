import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConfigError, DataError, Random } from '../core/index.ts';
import { calibrateConformal } from './conformal.ts';

/** Rows whose classes are drawn from their own probabilities; `sharpen` makes the model overconfident about them. */
function drawn(rows: number, seed: number, sharpen = 1): { probabilities: Float64Array; labels: Int8Array } {
  const random = Random.fromSeed(seed);
  const probabilities = new Float64Array(rows * 3);
  const labels = new Int8Array(rows);
  for (let row = 0; row < rows; row++) {
    const weights = Array.from({ length: 3 }, () => Math.exp(1.5 * random.normal()));
    const total = weights.reduce((sum, w) => sum + w, 0);
    const u = random.uniform() * total;
    labels[row] = u < weights[0]! ? 0 : u < weights[0]! + weights[1]! ? 1 : 2;
    const sharpened = weights.map((w) => w ** sharpen);
    const norm = sharpened.reduce((sum, w) => sum + w, 0);
    sharpened.forEach((w, k) => (probabilities[row * 3 + k] = w / norm));
  }
  return { probabilities, labels };
}

function coverageOn(
  conformal: ReturnType<typeof calibrateConformal>,
  { probabilities, labels }: { probabilities: Float64Array; labels: Int8Array },
): number {
  let covered = 0;
  labels.forEach((label, row) => {
    const held = conformal.set(probabilities, row * 3, 3)[label]!;
    conformal.observe(held);
    if (held) covered++;
  });
  return covered / labels.length;
}

describe('calibrateConformal', () => {
  it('covers as often as promised, within one per cent', () => {
    const past = drawn(20_000, 1);
    for (const coverage of [0.8, 0.9, 0.95]) {
      const fixed = calibrateConformal(past.probabilities, past.labels, { coverage, rate: 0 });
      assert.ok(Math.abs(coverageOn(fixed, drawn(20_000, 2)) - coverage) < 0.01);
    }
  });

  it('finds back to its coverage when the model becomes overconfident, where a fixed level does not', () => {
    const past = drawn(20_000, 1);
    const shifted = drawn(20_000, 3, 4);
    const of = (rate: number): number =>
      coverageOn(calibrateConformal(past.probabilities, past.labels, { coverage: 0.9, rate }), shifted);
    assert.ok(Math.abs(of(0.005) - 0.9) < 0.01, `adaptive ${of(0.005)}`);
    assert.ok(Math.abs(of(0) - 0.9) > 0.02, `fixed ${of(0)}`);
  });

  it('admits everything when more is asked than the scores can show, nothing when far less', () => {
    const { probabilities, labels } = drawn(20, 4);
    const conformal = calibrateConformal(probabilities, labels, { coverage: 0.95, rate: 0.5 });
    conformal.observe(false);
    assert.deepEqual(conformal.set([0, 0.5, 0.5]), [true, true, true]);
    for (let i = 0; i < 60; i++) conformal.observe(true);
    assert.deepEqual(conformal.set([0, 0, 1]), [false, false, false]);
  });

  it('refuses a coverage that the rows cannot show', () => {
    const { probabilities, labels } = drawn(9, 4);
    assert.throws(() => calibrateConformal(probabilities, labels, { coverage: 0.95 }), DataError);
    assert.throws(() => calibrateConformal(probabilities, labels, { coverage: 1 }), ConfigError);
  });
});
