import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../../domain/core/index.ts';
import { drawColumns, drawnColumnCount, drawRows } from './sampling.ts';

describe('drawRows', () => {
  it('divides all rows into the stated share and the rest, anew each time', () => {
    const random = Random.fromSeed(1);
    const rows = new Int32Array(10_000);
    const count = drawRows(0.8, rows, random);
    assert.ok(Math.abs(count - 8000) < 200);
    assert.ok(rows.subarray(0, count).every((row, i) => i === 0 || row > rows[i - 1]!));
    assert.deepEqual(
      rows.slice().sort(),
      Int32Array.from({ length: 10_000 }, (_, row) => row),
    );
    const first = rows.slice();
    drawRows(0.8, rows, random);
    assert.notDeepEqual(rows, first);
  });

  it('draws every row when the share is 1', () => {
    const rows = new Int32Array(5);
    assert.equal(drawRows(1, rows, Random.fromSeed(1)), 5);
    assert.deepEqual([...rows], [0, 1, 2, 3, 4]);
  });
});

describe('drawColumns', () => {
  it('draws different columns in ascending order, each as often as any other', () => {
    const random = Random.fromSeed(2);
    const counts = new Int32Array(14);
    for (let draw = 0; draw < 2000; draw++) {
      const columns = drawColumns(14, drawnColumnCount(14, 0.8), random);
      assert.equal(columns.length, 11);
      assert.ok(columns.every((column, i) => i === 0 || column > columns[i - 1]!));
      columns.forEach((column) => (counts[column]! += 1));
    }
    assert.ok(
      counts.every((count) => Math.abs(count - (2000 * 11) / 14) < 100),
      counts.join(),
    );
  });

  it('draws one at least', () => {
    assert.equal(drawnColumnCount(3, 0.1), 1);
  });
});
