import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Random } from '../../domain/core/index.ts';
import { accumulate, HistogramPool, leftBins, partition, subtract } from './histogram.ts';

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

describe('accumulate', () => {
  it('sums the derivatives of each bin, for any number of columns', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.integer(), (count, seed) => {
        const { codes, gradients } = columnsOf(count, seed);
        const histogram = new HistogramPool(count).acquire();
        accumulate(histogram, codes, gradients, { rows: allRows, from: 10, to: 50 });
        codes.forEach((column, slot) => {
          const expected = new Float64Array(512);
          for (let row = 10; row < 50; row++) {
            expected[2 * column[row]!]! += gradients[2 * row]!;
            expected[2 * column[row]! + 1]! += gradients[2 * row + 1]!;
          }
          assert.deepEqual(histogram.slots[slot], expected);
        });
      }),
    );
  });

  it('leaves of a parent, less one child, the other child', () => {
    const { codes, gradients } = columnsOf(3, 1);
    const pool = new HistogramPool(3);
    const [parent, left, right] = [pool.acquire(), pool.acquire(), pool.acquire()];
    accumulate(parent, codes, gradients, { rows: allRows, from: 0, to: ROWS });
    accumulate(left, codes, gradients, { rows: allRows, from: 0, to: 25 });
    accumulate(right, codes, gradients, { rows: allRows, from: 25, to: ROWS });
    subtract(parent, left);
    assert.deepEqual(parent.slots.slice(0, 3), right.slots.slice(0, 3));
  });
});

describe('HistogramPool', () => {
  it('hands a used histogram out again, empty', () => {
    const pool = new HistogramPool(2);
    const first = pool.acquire();
    first.buffer.fill(7);
    pool.release(first);
    const second = pool.acquire();
    assert.equal(second, first);
    assert.ok(second.buffer.every((x) => x === 0));
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
