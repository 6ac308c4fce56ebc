import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ConfigError, DataError } from '../core/index.ts';
import { combinatorialSplits } from './combinatorial.ts';
import type { LabelSpans } from './label-spans.ts';

const spansOf = (rows: readonly { step: number; length: number }[]): LabelSpans => {
  let time = 0;
  const timeMs = Float64Array.from(rows, ({ step }) => (time += step));
  return { timeMs, labelEndMs: timeMs.map((at, row) => at + rows[row]!.length) };
};

describe('combinatorialSplits', () => {
  it('lets no training span touch a judged span plus embargo, by brute force', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({ step: fc.integer({ min: 1, max: 20 }), length: fc.integer({ min: 1, max: 30 }) }),
          {
            minLength: 60,
            maxLength: 150,
          },
        ),
        fc.integer({ min: 0, max: 30 }),
        fc.integer({ min: 2, max: 6 }),
        (rows, embargoMs, groups) => {
          const spans = spansOf(rows);
          let plan;
          try {
            plan = combinatorialSplits({ spans, groups, judged: Math.min(2, groups - 1), embargoMs });
          } catch (error) {
            if (error instanceof DataError) return;
            throw error;
          }
          for (const split of plan.splits) {
            for (const row of split.train) {
              for (const judged of split.validation) {
                const before = spans.labelEndMs[row]! + embargoMs <= spans.timeMs[judged]!;
                const after = spans.timeMs[row]! >= spans.labelEndMs[judged]! + embargoMs;
                assert.ok(before || after, `row ${row} touches ${judged}`);
              }
            }
            assert.equal(split.train.length + split.validation.length + split.purged, rows.length);
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('gives every group to every path exactly once', () => {
    const spans = spansOf(Array.from({ length: 600 }, () => ({ step: 1, length: 3 })));
    const { splits, paths, groups } = combinatorialSplits({ spans, groups: 6, judged: 2 });
    assert.equal(splits.length, 15);
    assert.equal(paths, 5);
    assert.deepEqual(
      groups.flatMap((group) => Array.from(group)),
      Array.from({ length: 600 }, (_, i) => i),
    );
    const seen = splits.flatMap((split) =>
      split.groups.map((group, i) => `${group} on path ${split.paths[i]}`),
    );
    assert.equal(new Set(seen).size, 6 * paths);
    assert.equal(seen.length, 6 * paths);
  });

  it('refuses groups that cannot be, and a lookahead that leaves nothing', () => {
    const spans = spansOf(Array.from({ length: 50 }, () => ({ step: 1, length: 100 })));
    assert.throws(() => combinatorialSplits({ spans, groups: 5, judged: 5 }), ConfigError);
    assert.throws(() => combinatorialSplits({ spans, groups: 5 }), /nothing is left to learn from/);
    assert.throws(() => combinatorialSplits({ spans, groups: 51 }), /cannot make 51 groups/);
  });
});
