import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { Random } from '../domain/core/index.ts';
import {
  type BoostingThreads,
  boostingToXgboostJson,
  predictBoosting,
  predictBoostingOn,
  trainBoosting,
} from '../learning/boosting/index.ts';
import { BoostingPool } from './boosting-threads.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'];
const random = Random.fromSeed(1);
const features = Float64Array.from({ length: 20_000 * 6 }, () =>
  random.uniform() < 0.05 ? Number.NaN : random.normal(),
);
const labels = Int8Array.from({ length: 20_000 }, (_, row) => (features[6 * row]! > random.normal() ? 1 : 0));
const validation = { features: features.subarray(0, 6 * 9000), labels: labels.subarray(0, 9000) };

const train = (threads?: BoostingThreads, more: { signal?: AbortSignal; onRound?: () => void } = {}) =>
  trainBoosting({
    features,
    labels,
    validation,
    featureNames: NAMES,
    parameters: { objective: 'binary:logistic', rounds: 4, maxDepth: 5 },
    seed: 1,
    threads,
    ...more,
  });

const pools = [2, 3].map((count) => new BoostingPool(count));
after(() => Promise.all(pools.map((pool) => pool.close())));

describe('boosting on threads', () => {
  it('gives the same model and predictions to the bit for any number of threads', async () => {
    const alone = await train();
    const predictions = predictBoosting(alone, features);
    for (const pool of pools) {
      const model = await train(pool);
      assert.equal(boostingToXgboostJson(model), boostingToXgboostJson(alone));
      assert.deepEqual(Float64Array.from(await predictBoostingOn(pool, model, features)), predictions);
    }
  });

  it('stops between rounds when it is told to, and its threads can be used again', async () => {
    const [pool] = pools;
    const stop = new AbortController();
    const onRound = (): void => stop.abort(new Error('enough'));
    await assert.rejects(train(pool, { signal: stop.signal, onRound }), /enough/);
    assert.equal((await train(pool)).trees.length, 4);
  });

  it('reports the failure of a thread instead of waiting for it', async () => {
    const missing: BoostingThreads = { count: 2, assist: () => Promise.reject(new Error('no thread')) };
    await assert.rejects(train(missing), /no thread/);
    // Memory for no column at all, which the thread only finds out once it is at work.
    const failing: BoostingThreads = {
      count: 2,
      assist: async (work) => {
        assert.ok(work.kind === 'training');
        await pools[0]!.assist({ ...work, grower: { ...work.grower, packed: new Int32Array(0) } });
      },
    };
    await assert.rejects(train(failing), /Invalid array length/);
  });
});
