import { invariant } from '../../domain/core/index.ts';
import type { BoostedTrees } from './model.ts';
import { predictionsOf } from './objective.ts';
import { addTreeOutput, walkable } from './traversal.ts';

/** Rows that go through all trees together, so that they and their margins stay in cache. */
const BLOCK_ROWS = 256;

/**
 * Predictions `[rows × outputs]`, row-major: probabilities of the classes, the probability of class 1, or values.
 * Features are rounded to float32 before they are compared, and margins are summed in float32 and in the order of the
 * trees, as XGBoost does.
 *
 * @param features `[rows × model.featureNames.length]`, row-major; NaN is a missing value
 */
export function predictBoosting(model: BoostedTrees, features: Float64Array): Float64Array {
  const { outputs, baseMargins } = model;
  const columns = model.featureNames.length;
  const rows = features.length / columns;
  invariant(Number.isInteger(rows), 'features come in whole rows of one a feature name', {
    length: features.length,
    columns,
  });
  const trees = model.trees.map(walkable);
  const all = new Float32Array(rows * outputs).map((_, i) => baseMargins[i % outputs]!);
  const block = new Float32Array(BLOCK_ROWS * columns);
  const identity = Int32Array.from({ length: BLOCK_ROWS }, (_, i) => i);
  for (let start = 0; start < rows; start += BLOCK_ROWS) {
    const size = Math.min(BLOCK_ROWS, rows - start);
    block.set(features.subarray(start * columns, (start + size) * columns));
    const margins = all.subarray(start * outputs, (start + size) * outputs);
    const walkers = { features: block, columns, rows: identity.subarray(0, size), margins, outputs };
    trees.forEach((tree, t) => addTreeOutput(tree, walkers, t % outputs));
  }
  return predictionsOf(model.objective, all, outputs);
}
