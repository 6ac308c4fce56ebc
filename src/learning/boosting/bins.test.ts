import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type BinnedFeatures, binFeatures, binMemory, MISSING_CODE } from './bins.ts';
import { Crew } from './crew.ts';

const value = fc.oneof(
  { weight: 6, arbitrary: fc.float({ min: -100, max: 100, noNaN: true }) },
  { weight: 3, arbitrary: fc.constantFrom(0, -0, 1, 2) },
  { weight: 1, arbitrary: fc.constant(Number.NaN) },
);

/** @param columns one array each, all of one length */
function bin(columns: readonly ArrayLike<number>[], maxBins: number): BinnedFeatures {
  const values = Float32Array.from(columns.flatMap((column) => Array.from(column)));
  const memory = binMemory(values.length / columns.length, columns.length);
  return binFeatures(memory, values, maxBins, Crew.alone());
}

describe('binFeatures', () => {
  it('gives each value the one bin whose bounds hold it, and missing values their own', () => {
    fc.assert(
      fc.property(fc.array(value, { maxLength: 80 }), fc.integer({ min: 2, max: 20 }), (values, maxBins) => {
        const { codes, cuts, hasMissing } = bin([values], maxBins);
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
    const { codes, cuts } = bin([[3, 1, 2, 1, 3]], 3);
    assert.deepEqual([...codes[0]!], [2, 0, 1, 0, 2]);
    assert.deepEqual([...cuts[0]!], [2, 3, Math.fround(6 + 1e-5)]);
  });

  it('fills bins evenly when there are many values', () => {
    const { codes } = bin([Array.from({ length: 1000 }, (_, i) => i)], 10);
    const counts = new Int32Array(10);
    codes[0]!.forEach((code) => (counts[code]! += 1));
    assert.ok(
      counts.every((count) => Math.abs(count - 100) <= 1),
      counts.join(),
    );
  });

  it('bins each column for itself', () => {
    const { codes } = bin(
      [
        [0, 1, 2],
        [30, 20, 10],
      ],
      255,
    );
    assert.deepEqual(
      codes.map((column) => Array.from(column)),
      [
        [0, 1, 2],
        [2, 1, 0],
      ],
    );
  });
});
