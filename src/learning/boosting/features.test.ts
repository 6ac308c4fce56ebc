import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DataError } from '../../domain/core/index.ts';
import { featureColumns, mirroredFeatures } from './features.ts';

const NAMES = ['x', 'y'];

describe('features', () => {
  it('are laid out in columns for training', () => {
    const columns = featureColumns(Float64Array.of(1, 2, 3, Number.NaN, 5, 0.1), NAMES);
    assert.deepEqual(Float32Array.from(columns), Float32Array.of(1, 3, 5, 2, Number.NaN, 0.1));
  });

  it('are laid beside their negatives for walking', () => {
    const mirrored = mirroredFeatures(Float64Array.of(1, -2, Number.NaN, 0.1), NAMES);
    const expected = Float32Array.of(1, -1, -2, 2, Number.NaN, Number.NaN, 0.1, -0.1);
    assert.deepEqual([...mirrored], [...expected]);
  });

  it('are refused where no float32 can hold them, naming row and feature', () => {
    for (const bad of [Infinity, -1e300]) {
      for (const lay of [featureColumns, mirroredFeatures]) {
        assert.throws(
          () => lay(Float64Array.of(1, 2, Number.NaN, bad), NAMES),
          (error: unknown) =>
            error instanceof DataError && error.context['row'] === 1 && error.context['feature'] === 'y',
        );
      }
    }
  });
});
