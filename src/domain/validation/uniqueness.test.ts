import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { averageUniqueness } from './uniqueness.ts';

describe('averageUniqueness', () => {
  it('is one for labels that do not overlap and a share for those that do', () => {
    const timeMs = Float64Array.of(0, 10, 20, 100);
    assert.deepEqual(
      [...averageUniqueness({ timeMs, labelEndMs: Float64Array.of(10, 20, 30, 110) })],
      [1, 1, 1, 1],
    );
    // [0,20) and [10,30): each alone for half of its span, shared for the other.
    const shared = averageUniqueness({ timeMs: Float64Array.of(0, 10), labelEndMs: Float64Array.of(20, 30) });
    assert.deepEqual([...shared], [0.75, 0.75]);
  });

  it('equals the mean over single milliseconds', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({ step: fc.integer({ min: 1, max: 9 }), length: fc.integer({ min: 1, max: 25 }) }),
          {
            minLength: 1,
            maxLength: 30,
          },
        ),
        (rows) => {
          let time = 0;
          const timeMs = Float64Array.from(rows, ({ step }) => (time += step));
          const labelEndMs = timeMs.map((at, row) => at + rows[row]!.length);
          const alive = (ms: number): number =>
            timeMs.filter((start, row) => start <= ms && ms < labelEndMs[row]!).length;
          averageUniqueness({ timeMs, labelEndMs }).forEach((found, row) => {
            let sum = 0;
            for (let ms = timeMs[row]!; ms < labelEndMs[row]!; ms++) sum += 1 / alive(ms);
            assert.ok(Math.abs(found - sum / rows[row]!.length) < 1e-12);
          });
        },
      ),
    );
  });
});
