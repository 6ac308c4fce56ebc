import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ConfigError } from '../core/index.ts';
import { holmAdjusted } from './multiple-testing.ts';

const near = (actual: Float64Array, expected: readonly number[]): void => {
  assert.equal(actual.length, expected.length);
  for (const [i, value] of expected.entries()) assert.ok(Math.abs(actual[i]! - value) < 1e-12, `${i}`);
};

describe('Holm’s correction', () => {
  it('rejects what Benjamini & Hochberg (1995, section 4.1) report for a procedure of its kind', () => {
    // Fifteen endpoints of a thrombolysis trial; at 0.05 the first three are rejected.
    const pValues = [
      0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528,
      0.759, 1,
    ];
    const adjusted = holmAdjusted(pValues);
    near(adjusted.slice(0, 5), [0.0015, 0.0056, 0.0247, 0.114, 0.2211]);
    assert.equal(adjusted.filter((p) => p <= 0.05).length, 3);
  });

  it('keeps the order given and never puts a larger p-value below a smaller one', () => {
    near(holmAdjusted([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02]);
    near(holmAdjusted([0.5, 0.6]), [1, 1]);
    assert.deepEqual(holmAdjusted([]), new Float64Array(0));
  });

  it('is never below what the whole family would give when some of it is not known', () => {
    const p = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(p, { minLength: 1, maxLength: 6 }),
        fc.array(p, { maxLength: 6 }),
        (own, others) => {
          const whole = holmAdjusted([...own, ...others]);
          const alone = holmAdjusted(own, own.length + others.length);
          return alone.every((value, i) => value >= whole[i]! - 1e-12);
        },
      ),
    );
  });

  it('refuses what is no probability and a family that is too small', () => {
    assert.throws(
      () => holmAdjusted([0.2, -0.1, Number.NaN], 2),
      (error: unknown) => {
        assert.ok(error instanceof ConfigError);
        assert.deepEqual(
          error.problems.map(({ path }) => path),
          ['multipleTesting.pValues[1]', 'multipleTesting.pValues[2]', 'multipleTesting.familySize'],
        );
        return true;
      },
    );
  });
});
