import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../../domain/core/index.ts';
import { binFeatures, binMemory } from './bins.ts';
import { Crew } from './crew.ts';
import { featureColumns, mirroredFeatures } from './features.ts';
import { growerMemory, TreeGrower } from './grower.ts';
import type { GrownTree } from './growing-tree.ts';
import { groupCount } from './histogram.ts';
import { HistogramPool } from './histogram-pool.ts';
import { type BoostingParameters, DEFAULT_BOOSTING } from './parameters.ts';
import { addTreeOutput, walkable } from './traversal.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e'];
const COLUMNS = NAMES.length;
const ROWS = 3000;

const random = Random.fromSeed(5);
const features = Float64Array.from({ length: ROWS * COLUMNS }, () =>
  random.uniform() < 0.1 ? Number.NaN : random.integer(40),
);
// Small integers, so that sums are exact in any order.
const gradients = Float32Array.from({ length: 2 * ROWS }, (_, i) =>
  i % 2 === 0 ? random.integer(41) - 20 : 1,
);
const binned = binFeatures(binMemory(ROWS, COLUMNS), featureColumns(features, NAMES), 255, Crew.alone());

function grow(
  changes: Partial<BoostingParameters>,
  { histograms, drawn = ROWS }: { readonly histograms?: number; readonly drawn?: number } = {},
): GrownTree & { readonly rows: Int32Array } {
  const parameters = { ...DEFAULT_BOOSTING, alpha: 0, minChildWeight: 0, ...changes };
  const memory = growerMemory(ROWS, COLUMNS, parameters);
  const few =
    histograms === undefined ? {} : { histograms: HistogramPool.memory(groupCount(COLUMNS), histograms) };
  const grower = new TreeGrower(binned, { ...memory, ...few }, { parameters, crew: Crew.alone() });
  const rows = Int32Array.from({ length: ROWS }, (_, row) => row);
  return { ...grower.grow(gradients, { rows, drawn, columns: Int32Array.of(0, 1, 2, 3, 4) }), rows };
}

const leafCount = ({ tree }: GrownTree): number => tree.left.filter((left) => left < 0).length;

describe('TreeGrower', () => {
  it('leaves every row, grown on or not, in the leaf that the tree sends it to', () => {
    // Deep enough for levels that are divided in several batches.
    for (const changes of [
      { maxDepth: 10 },
      { growPolicy: 'lossguide', maxDepth: 0, maxLeaves: 40 },
    ] as const) {
      const { tree, leaves, rows } = grow(changes, { drawn: 2500 });
      const margins = new Float32Array(ROWS);
      const walkers = { features: mirroredFeatures(features, NAMES), columns: COLUMNS, rows, outputs: 1 };
      addTreeOutput(walkable(tree, COLUMNS), { ...walkers, from: 0, to: ROWS, margins }, 0);
      let seen = 0;
      for (const { drawn, rest, output } of leaves) {
        for (const { from, to } of [drawn, rest]) {
          for (let i = from; i < to; i++) assert.equal(margins[rows[i]!], output + 0);
          seen += to - from;
        }
      }
      assert.equal(seen, ROWS);
      assert.ok(leaves.length > 30);
    }
  });

  it('grows the same tree when there is memory for one histogram only', () => {
    for (const changes of [
      { maxDepth: 6 },
      { growPolicy: 'lossguide', maxDepth: 0, maxLeaves: 30 },
    ] as const) {
      assert.deepEqual(grow(changes, { histograms: 1 }).tree, grow(changes).tree);
    }
  });

  it('stops at the most leaves that are allowed, whatever the policy', () => {
    for (const growPolicy of ['depthwise', 'lossguide'] as const) {
      assert.equal(leafCount(grow({ growPolicy, maxDepth: 8, maxLeaves: 11 })), 11);
    }
  });

  it('gains more from as many leaves when it follows the gain', () => {
    const total = (growPolicy: 'depthwise' | 'lossguide'): number =>
      grow({ growPolicy, maxDepth: 12, maxLeaves: 12 }).tree.gain.reduce((sum, gain) => sum + gain);
    assert.ok(total('lossguide') > total('depthwise'));
  });
});
