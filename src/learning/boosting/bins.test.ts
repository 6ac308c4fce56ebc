import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { DataError } from '../../domain/core/index.ts';
import { binFeatures, MISSING_CODE, toFloat32Features } from './bins.ts';

const value = fc.oneof(
  { weight: 6, arbitrary: fc.float({ min: -100, max: 100, noNaN: true }) },
  { weight: 3, arbitrary: fc.constantFrom(0, -0, 1, 2) },
  { weight: 1, arbitrary: fc.constant(Number.NaN) },
);

describe('binFeatures', () => {
  it('gives each value the one bin whose bounds hold it, and missing values their own', () => {
    fc.assert(
      fc.property(fc.array(value, { maxLength: 80 }), fc.integer({ min: 2, max: 20 }), (values, maxBins) => {
        const { codes, cuts, hasMissing } = binFeatures(Float32Array.from(values), 1, maxBins);
        assert.ok(cuts[0]!.length <= maxBins);
        assert.ok(cuts[0]!.every((cut, b) => b === 0 || cut > cuts[0]![b - 1]!));
        assert.equal(hasMissing[0], values.some(Number.isNaN));
        values.forEach((x, row) => {
          const code = codes[0]![row]!;
          if (Number.isNaN(x)) assert.equal(code, MISSING_CODE);
          else assert.ok(x < cuts[0]![code]! && (code === 0 || x >= cuts[0]![code - 1]!));
        });
      }),
    );
  });

  it('keeps few distinct values apart', () => {
    const { codes, cuts } = binFeatures(Float32Array.of(3, 1, 2, 1, 3), 1, 3);
    assert.deepEqual([...codes[0]!], [2, 0, 1, 0, 2]);
    assert.deepEqual([...cuts[0]!], [2, 3, Math.fround(6 + 1e-5)]);
  });

  it('fills bins evenly when there are many values', () => {
    const { codes } = binFeatures(
      Float32Array.from({ length: 1000 }, (_, i) => i),
      1,
      10,
    );
    const counts = new Int32Array(10);
    codes[0]!.forEach((code) => (counts[code]! += 1));
    assert.deepEqual(
      [...counts],
      Array.from({ length: 10 }, () => 100),
    );
  });

  it('reads columns of row-major features', () => {
    const { codes } = binFeatures(Float32Array.of(0, 30, 1, 20, 2, 10), 2, 255);
    assert.deepEqual(
      codes.map((column) => Array.from(column)),
      [
        [0, 1, 2],
        [2, 1, 0],
      ],
    );
  });
});

describe('toFloat32Features', () => {
  it('refuses what no float32 can hold, naming row and feature', () => {
    for (const bad of [Infinity, -1e300]) {
      assert.throws(
        () => toFloat32Features(Float64Array.of(1, 2, Number.NaN, bad), ['x', 'y']),
        (error: unknown) =>
          error instanceof DataError && error.context['row'] === 1 && error.context['feature'] === 'y',
      );
    }
  });
});
