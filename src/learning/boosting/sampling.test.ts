import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../../domain/core/index.ts';
import { drawColumns, drawnColumnCount, RowSampler } from './sampling.ts';

describe('RowSampler', () => {
  it('divides all rows into the stated share and the rest, each in order, anew each time', () => {
    const sampler = new RowSampler(10_000, 0.8, Random.fromSeed(1));
    const first = sampler.draw();
    assert.ok(Math.abs(first.drawn.length - 8000) < 200);
    assert.ok(first.drawn.every((row, i) => i === 0 || row > first.drawn[i - 1]!));
    assert.deepEqual(
      Int32Array.of(...first.drawn, ...first.rest).sort(),
      Int32Array.from({ length: 10_000 }, (_, row) => row),
    );
    const firstDrawn = first.drawn.slice();
    assert.notDeepEqual(sampler.draw().drawn, firstDrawn);
  });

  it('draws every row when the share is 1', () => {
    const { drawn, rest } = new RowSampler(5, 1, Random.fromSeed(1)).draw();
    assert.deepEqual([...drawn], [0, 1, 2, 3, 4]);
    assert.equal(rest.length, 0);
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
