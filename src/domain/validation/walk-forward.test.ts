import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ConfigError, DataError } from '../core/index.ts';
import type { LabelSpans } from './label-spans.ts';
import { developmentTestSplit, type Fold, purgedTail, walkForwardFolds } from './walk-forward.ts';

/** Uneven times and labels of uneven length, so that neither rows nor a fixed lookahead stand in for time. */
const spansWithEmbargo = fc.record({
  rows: fc.array(
    fc.record({ step: fc.integer({ min: 1, max: 30 }), length: fc.integer({ min: 1, max: 40 }) }),
    { minLength: 120, maxLength: 400 },
  ),
  embargoMs: fc.integer({ min: 0, max: 50 }),
  folds: fc.integer({ min: 1, max: 6 }),
});

function spansOf(rows: readonly { step: number; length: number }[]): LabelSpans {
  let time = 0;
  const timeMs = Float64Array.from(rows, ({ step }) => (time += step));
  return { timeMs, labelEndMs: timeMs.map((at, row) => at + rows[row]!.length) };
}

/** By brute force over all pairs: no label of `past` reaches within the embargo of any row of `future`. */
function leaks(spans: LabelSpans, past: Int32Array, future: Int32Array, embargoMs: number): boolean {
  return past.some((row) =>
    future.some((later) => spans.labelEndMs[row]! + embargoMs > spans.timeMs[later]!),
  );
}

/** `undefined` when the random data are too few for the split, which is refused. */
function unlessRefused<T>(split: () => T): T | undefined {
  try {
    return split();
  } catch (error) {
    if (error instanceof DataError) return undefined;
    throw error;
  }
}

describe('developmentTestSplit', () => {
  it('never lets a development label reach into the test period', () => {
    fc.assert(
      fc.property(spansWithEmbargo, ({ rows, embargoMs }) => {
        const spans = spansOf(rows);
        const { before, after, boundaryMs, purged } = developmentTestSplit(spans, { embargoMs });
        assert.ok(!leaks(spans, before, after, embargoMs));
        assert.equal(after.length, Math.round(rows.length * 0.1));
        assert.equal(before.length + purged + after.length, rows.length);
        assert.equal(spans.timeMs[after[0]!], boundaryMs);
        assert.equal(after.at(-1), rows.length - 1);
      }),
    );
  });

  it('purges exactly the rows that reach too far', () => {
    const timeMs = Float64Array.from({ length: 100 }, (_, i) => i);
    const split = developmentTestSplit({ timeMs, labelEndMs: timeMs.map((t) => t + 7) }, { embargoMs: 3 });
    assert.equal(split.boundaryMs, 90);
    assert.equal(split.before.at(-1), 80);
    assert.equal(split.purged, 9);
  });
});

describe('walkForwardFolds', () => {
  it('rolls over the last blocks only when asked to', () => {
    const timeMs = Float64Array.from({ length: 120 }, (_, i) => i);
    const spans = { timeMs, labelEndMs: timeMs.map((t) => t + 1) };
    const expanding = walkForwardFolds({ spans, folds: 5 });
    const rolling = walkForwardFolds({ spans, folds: 5, pastBlocks: 2 });
    assert.deepEqual(
      rolling.map((fold) => fold.train[0]),
      [0, 0, 20, 40, 60],
    );
    assert.ok(expanding.every((fold) => fold.train[0] === 0));
    assert.deepEqual(
      rolling.map((fold) => fold.validation),
      expanding.map((fold) => fold.validation),
    );
    assert.throws(() => walkForwardFolds({ spans, pastBlocks: 0 }), ConfigError);
  });

  it('never leaks, in any fold, into its stopping slice or its validation block', () => {
    let refused = 0;
    fc.assert(
      fc.property(spansWithEmbargo, ({ rows, embargoMs, folds }) => {
        const spans = spansOf(rows);
        const result = unlessRefused(() => walkForwardFolds({ spans, embargoMs, folds }));
        if (result === undefined) refused++;
        for (const fold of result ?? []) {
          assert.ok(!leaks(spans, fold.train, fold.stopping, embargoMs));
          assert.ok(!leaks(spans, fold.train, fold.validation, embargoMs));
          assert.ok(!leaks(spans, fold.stopping, fold.validation, embargoMs));
          assert.ok(fold.train.length > 0 && fold.stopping.length > 0 && fold.validation.length > 0);
        }
      }),
    );
    assert.ok(refused < 50, 'most random cases must be splittable for this test to mean something');
  });

  it('judges every row after the first block once, in order, each fold with a longer past', () => {
    fc.assert(
      fc.property(spansWithEmbargo, ({ rows, folds }) => {
        const result = unlessRefused(() => walkForwardFolds({ spans: spansOf(rows), folds }));
        if (result === undefined) return;
        const first = Math.floor(rows.length / (folds + 1));
        assert.deepEqual(
          result.flatMap((fold: Fold) => [...fold.validation]),
          Array.from({ length: rows.length - first }, (_, i) => first + i),
        );
        result.slice(1).forEach((fold, k) => assert.ok(fold.train.length > result[k]!.train.length));
      }),
    );
  });

  it('splits only the rows it is given', () => {
    const timeMs = Float64Array.from({ length: 200 }, (_, i) => i);
    const spans = { timeMs, labelEndMs: timeMs.map((t) => t + 2) };
    const rows = developmentTestSplit(spans).before;
    const folds = walkForwardFolds({ spans, rows });
    assert.equal(folds.length, 5);
    assert.equal(folds.at(-1)!.validation.at(-1), rows.at(-1));
  });

  it('refuses fewer rows than it can split, and bad options all at once', () => {
    const timeMs = Float64Array.of(0, 1, 2);
    const spans = { timeMs, labelEndMs: timeMs.map((t) => t + 1) };
    assert.throws(() => walkForwardFolds({ spans }), DataError);
    assert.throws(
      () => walkForwardFolds({ spans, folds: 0, embargoMs: -1, stoppingShare: 1 }),
      (error: unknown) => error instanceof ConfigError && error.problems.length === 3,
    );
    assert.throws(() => purgedTail({ spans, share: 0 }), ConfigError);
  });
});
