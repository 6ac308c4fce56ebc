import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../../domain/core/index.ts';
import { significanceOf, trialsOf } from './index.ts';

function normals(days: number, mean: number, seed: number): Float64Array {
  const random = Random.fromSeed(seed);
  return Float64Array.from({ length: days }, () => mean + 0.01 * random.normal());
}

const value = (metric: { kind: string; value?: number }): number => metric.value ?? Number.NaN;

describe('significanceOf', () => {
  it('trusts a strong record, and less after a search', () => {
    const daily = normals(365, 0.001, 1);
    const alone = significanceOf(daily, { seed: 1 });
    assert.ok(value(alone.probabilistic) > 0.9);
    assert.ok(alone.interval!.lower < value(alone.sharpe) && value(alone.sharpe) < alone.interval!.upper);
    assert.equal(value(alone.deflated), value(alone.probabilistic));
    const trials = trialsOf(Array.from({ length: 100 }, (_, seed) => normals(365, 0, seed)));
    assert.ok(Math.abs(trials.variance - 1 / 365) < 0.001);
    const searched = significanceOf(daily, { seed: 1, trials });
    assert.ok(value(searched.deflated) < value(alone.deflated) - 0.1);
  });

  it('says why there is nothing to say', () => {
    const flat = significanceOf(new Float64Array(100), { seed: 1 });
    assert.deepEqual(flat.sharpe, { kind: 'undefined', reason: 'returns-do-not-vary' });
    assert.equal(flat.interval, null);
    assert.deepEqual(significanceOf(normals(2, 0, 1), { seed: 1 }).deflated, {
      kind: 'undefined',
      reason: 'too-short',
    });
    const losing = significanceOf(normals(100, -0.01, 1), { seed: 1 });
    assert.deepEqual(losing.minimumPeriods, { kind: 'undefined', reason: 'never' });
  });
});
