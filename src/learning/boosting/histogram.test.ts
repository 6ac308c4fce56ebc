import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Random } from '../../domain/core/index.ts';
import { accumulate, GROUP_HISTOGRAM, leftBins, packGroup, partition, subtract } from './histogram.ts';
import { HistogramPool, NO_HISTOGRAM } from './histogram-pool.ts';

const ROWS = 60;

function columnsOf(count: number, seed: number): { codes: Uint8Array[]; gradients: Float32Array } {
  const random = Random.fromSeed(seed);
  const codes = Array.from({ length: count }, () =>
    Uint8Array.from({ length: ROWS }, () => (random.uniform() < 0.1 ? 255 : random.integer(6))),
  );
  // Small integers, so that sums are exact in any order.
  const gradients = Float32Array.from({ length: 2 * ROWS }, () => random.integer(21) - 10);
  return { codes, gradients };
}

const allRows = Int32Array.from({ length: ROWS }, (_, row) => row);

function accumulated(
  codes: readonly Uint8Array[],
  gradients: Float32Array,
  range: { readonly from: number; readonly to: number },
): Float64Array {
  const packed = new Int32Array(ROWS);
  packGroup(codes, packed);
  const sums = new Float64Array(GROUP_HISTOGRAM);
  accumulate(sums, packed, gradients, { rows: allRows, ...range });
  return sums;
}

describe('accumulate', () => {
  it('sums the derivatives of each bin, for up to four columns', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.integer(), (count, seed) => {
        const { codes, gradients } = columnsOf(count, seed);
        const sums = accumulated(codes, gradients, { from: 10, to: 50 });
        codes.forEach((column, i) => {
          const expected = new Float64Array(512);
          for (let row = 10; row < 50; row++) {
            expected[2 * column[row]!]! += gradients[2 * row]!;
            expected[2 * column[row]! + 1]! += gradients[2 * row + 1]!;
          }
          assert.deepEqual(sums.subarray(512 * i, 512 * (i + 1)), expected);
        });
      }),
    );
  });

  it('leaves of a parent, less one child, the other child', () => {
    const { codes, gradients } = columnsOf(3, 1);
    const parent = accumulated(codes, gradients, { from: 0, to: ROWS });
    subtract(parent, accumulated(codes, gradients, { from: 0, to: 25 }));
    assert.deepEqual(parent, accumulated(codes, gradients, { from: 25, to: ROWS }));
  });
});

describe('HistogramPool', () => {
  const pool = new HistogramPool(HistogramPool.memory(2, 2), 2);

  it('hands out what it has, says so when it has no more, and takes back', () => {
    assert.deepEqual([pool.take(), pool.take(), pool.take()], [0, 1, NO_HISTOGRAM]);
    pool.release(NO_HISTOGRAM);
    pool.release(1);
    assert.deepEqual([pool.take(), pool.take()], [1, NO_HISTOGRAM]);
  });

  it('gives every group of every histogram memory of its own', () => {
    for (const [i, [histogram, group]] of [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ].entries()) {
      pool.group(histogram!, group!).fill(i);
    }
    assert.ok(pool.group(0, 1).every((x) => x === 1));
    assert.ok(pool.group(1, 0).every((x) => x === 2));
    assert.equal(pool.group(1, 1).length, GROUP_HISTOGRAM);
  });

  it('never reserves more than a bounded share of memory', () => {
    assert.ok(HistogramPool.memory(4, 2 ** 19).byteLength <= 256 * 2 ** 20);
  });
});

describe('partition', () => {
  it('divides a range by bin, keeps both sides in order and touches nothing else', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 0, max: 5 }), fc.boolean(), (seed, bin, missingLeft) => {
        const { codes } = columnsOf(1, seed);
        const rows = allRows.slice();
        const middle = partition(
          { rows, from: 5, to: 55 },
          codes[0]!,
          leftBins(bin, missingLeft),
          new Int32Array(ROWS),
        );
        const goesLeft = (row: number): boolean =>
          codes[0]![row] === 255 ? missingLeft : codes[0]![row]! <= bin;
        const range = [...allRows.subarray(5, 55)];
        assert.deepEqual([...rows.subarray(5, middle)], range.filter(goesLeft));
        assert.deepEqual(
          [...rows.subarray(middle, 55)],
          range.filter((row) => !goesLeft(row)),
        );
        assert.deepEqual([...rows.subarray(0, 5), ...rows.subarray(55)], [0, 1, 2, 3, 4, 55, 56, 57, 58, 59]);
      }),
    );
  });
});
