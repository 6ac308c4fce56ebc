import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../../domain/core/index.ts';
import { permutationImportance, trainBoosting } from './index.ts';

const NAMES = ['strong', 'weak', 'none'];

function rowsOf(seed: number): { features: Float64Array; labels: Float64Array } {
  const random = Random.fromSeed(seed);
  const features = Float64Array.from({ length: 500 * 3 }, () => random.normal());
  const labels = new Float64Array(500).map(
    (_, row) => 3 * features[3 * row]! + features[3 * row + 1]! + 0.2 * random.normal(),
  );
  return { features, labels };
}

const parameters = { objective: 'reg:squarederror', rounds: 60, maxDepth: 3, eta: 0.2 } as const;
const model = await trainBoosting({ ...rowsOf(1), featureNames: NAMES, parameters, seed: 1 });

describe('permutationImportance', () => {
  it('ranks features by what the loss on fresh rows gains from them', () => {
    const rows = rowsOf(2);
    const before = rows.features.slice();
    const found = permutationImportance(model, rows, { repeats: 5, seed: 1 });
    assert.deepEqual(
      found.map(({ feature }) => feature),
      NAMES,
    );
    // Shuffled, the strong feature leaves about √2 times its coefficient as error.
    assert.ok(Math.abs(found[0]!.lossIncrease - 4) < 0.5, `${found[0]!.lossIncrease}`);
    assert.ok(Math.abs(found[2]!.lossIncrease) < 0.02, `${found[2]!.lossIncrease}`);
    assert.ok(found[0]!.standardDeviation > 0);
    assert.deepEqual(rows.features, before);
  });

  it('repeats with its seed, and draws anew with another', () => {
    const importanceOf = (seed: number) => permutationImportance(model, rowsOf(2), { repeats: 2, seed });
    assert.deepEqual(importanceOf(3), importanceOf(3));
    assert.notDeepEqual(importanceOf(3), importanceOf(4));
  });
});
