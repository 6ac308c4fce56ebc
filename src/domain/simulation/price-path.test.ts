import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../core/index.ts';
import { PricePath } from './price-path.ts';

describe('PricePath', () => {
  it('goes where the hidden market ends each minute', () => {
    const path = new PricePath(Random.fromSeed(1), 2);
    let logPrice = Math.log(2);
    for (const logReturn of [0.01, -0.02, 0]) {
      path.beginMinute(logReturn, 0.003);
      path.priceAt(0.2);
      path.priceAt(0.7);
      logPrice += logReturn;
      assert.ok(Math.abs(path.priceAt(1) - Math.exp(logPrice)) < 1e-12);
    }
  });

  it('is as wide as a Brownian bridge: variance t (1 − t) of the minute, whatever was asked before', () => {
    const path = new PricePath(Random.fromSeed(2), 1);
    const [runs, t] = [20_000, 0.6];
    let [sum, squares] = [0, 0];
    for (let i = 0; i < runs; i++) {
      path.beginMinute(0, 0.01);
      path.priceAt(0.1);
      path.priceAt(0.35);
      const x = Math.log(path.priceAt(t)) / 0.01;
      sum += x;
      squares += x * x;
    }
    assert.ok(Math.abs(sum / runs) < 4 * Math.sqrt((t * (1 - t)) / runs));
    assert.ok(Math.abs(squares / runs / (t * (1 - t)) - 1) < 4 * Math.sqrt(2 / runs));
  });
});
