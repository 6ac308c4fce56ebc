import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DataError } from '../core/index.ts';
import { checkLabelSpans } from './label-spans.ts';

const refusedAt = (code: string, row: number) => (error: unknown) =>
  error instanceof DataError && error.code === code && error.context['row'] === row;

describe('checkLabelSpans', () => {
  it('refuses rows whose label end is not known', () => {
    const spans = { timeMs: Float64Array.of(0, 1, 2), labelEndMs: Float64Array.of(5, Number.NaN, 7) };
    assert.throws(() => checkLabelSpans(spans), refusedAt('SPLIT_LABEL_END_MISSING', 1));
    const backwards = { timeMs: Float64Array.of(0, 1), labelEndMs: Float64Array.of(5, 1) };
    assert.throws(() => checkLabelSpans(backwards), refusedAt('SPLIT_LABEL_END_MISSING', 1));
  });

  it('refuses repeated and unordered times', () => {
    for (const times of [
      [0, 1, 1],
      [0, 2, 1],
    ]) {
      const spans = { timeMs: Float64Array.from(times), labelEndMs: new Float64Array(3).fill(9) };
      assert.throws(() => checkLabelSpans(spans), refusedAt('SPLIT_TIMES_UNORDERED', 2));
    }
  });

  it('refuses columns of different length', () => {
    assert.throws(
      () => checkLabelSpans({ timeMs: new Float64Array(2), labelEndMs: new Float64Array(1) }),
      DataError,
    );
  });
});
