import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Random } from '../../domain/core/index.ts';
import { mirror } from './features.ts';
import type { Tree } from './model.ts';
import { addTreeOutput, walkable } from './traversal.ts';

const COLUMNS = 3;

/** A random tree of `splits` inner nodes, unbalanced, siblings not beside each other. */
function randomTree(splits: number, random: Random): Tree {
  const nodes = 2 * splits + 1;
  const ids = Int32Array.from({ length: nodes - 1 }, (_, i) => i + 1);
  random.shuffle(ids);
  const left = new Int32Array(nodes).fill(-1);
  const right = new Int32Array(nodes).fill(-1);
  const leaves = [0];
  for (let i = 0; i < splits; i++) {
    const [node] = leaves.splice(random.integer(leaves.length), 1);
    left[node!] = ids[2 * i]!;
    right[node!] = ids[2 * i + 1]!;
    leaves.push(left[node!]!, right[node!]!);
  }
  const each = (draw: () => number): number[] => Array.from({ length: nodes }, draw);
  return {
    left,
    right,
    feature: Int32Array.from(each(() => random.integer(COLUMNS))),
    threshold: Float32Array.from(each(() => random.integer(7) - 3)),
    defaultLeft: Uint8Array.from(each(() => random.integer(2))),
    gain: new Float32Array(nodes),
    cover: new Float32Array(nodes),
    weight: new Float32Array(nodes),
  };
}

/** The rule of the format, step by step. */
function outputOf(tree: Tree, row: Float64Array): number {
  let node = 0;
  while (tree.left[node]! >= 0) {
    const value = row[tree.feature[node]!]!;
    const goesLeft = Number.isNaN(value) ? tree.defaultLeft[node] === 1 : value < tree.threshold[node]!;
    node = goesLeft ? tree.left[node]! : tree.right[node]!;
  }
  return tree.threshold[node]!;
}

describe('addTreeOutput', () => {
  it('brings every row to the leaf that the rule of the format says', () => {
    const values = [-Infinity, -3, -2, -1, 0, 1, 2, 3, Infinity, Number.NaN];
    fc.assert(
      fc.property(fc.integer(), fc.nat(12), fc.nat(13), (seed, splits, count) => {
        const random = Random.fromSeed(seed);
        const tree = randomTree(splits, random);
        const features = Float64Array.from(
          { length: 14 * COLUMNS },
          () => values[random.integer(values.length)]!,
        );
        const rows = Int32Array.from({ length: count }, () => random.integer(14));
        const margins = new Float32Array(14 * 2);
        const mirrored = new Float32Array(2 * features.length);
        mirror(features, { from: 0, to: features.length }, mirrored);
        const walkers = { columns: COLUMNS, rows, from: 1, to: count, margins, outputs: 2 };
        addTreeOutput(walkable(tree, COLUMNS), { features: mirrored, ...walkers }, 1);
        const expected = new Float32Array(14 * 2);
        rows.subarray(1).forEach((row) => {
          expected[2 * row + 1]! += outputOf(tree, features.subarray(row * COLUMNS, (row + 1) * COLUMNS));
        });
        assert.deepEqual(margins, expected);
      }),
    );
  });
});
