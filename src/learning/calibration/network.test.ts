import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../../domain/core/index.ts';
import { networkProbabilities, networkTemperature } from './network.ts';

const CLASS_WEIGHTS = [2, 1, 2] as const;

/** Labels drawn from probabilities, and a softmax that states them under class weights and `sharpness` times too surely. */
function network(rows: number, sharpness: number) {
  const random = Random.fromSeed(5);
  const softmax = new Float64Array(rows * 3);
  const truth = new Float64Array(rows * 3);
  const labels = Int8Array.from({ length: rows }, (_, row) => {
    const odds = Float64Array.from({ length: 3 }, () => Math.exp(random.normal()));
    const total = odds.reduce((a, b) => a + b, 0);
    const stated = odds.map((odd, k) => odd ** sharpness * CLASS_WEIGHTS[k]!);
    const statedTotal = stated.reduce((a, b) => a + b, 0);
    for (let k = 0; k < 3; k++) {
      truth[row * 3 + k] = odds[k]! / total;
      softmax[row * 3 + k] = stated[k]! / statedTotal;
    }
    const draw = random.uniform() * total;
    return draw < odds[0]! ? 0 : draw < odds[0]! + odds[1]! ? 1 : 2;
  });
  return { softmax, truth, labels };
}

describe('calibration of a network', () => {
  it('undoes class weights and overconfidence', () => {
    const { softmax, truth } = network(50, 3);
    const found = networkProbabilities(softmax, { classWeights: CLASS_WEIGHTS, temperature: 3 });
    for (const [i, p] of found.entries()) assert.ok(Math.abs(p - truth[i]!) < 1e-12);
  });

  it('finds the temperature when there are outcomes enough, and keeps 1 when there are few', () => {
    const { softmax, labels } = network(4_000, 1.5);
    const many = { probabilities: softmax, labels };
    assert.ok(Math.abs(networkTemperature(many, CLASS_WEIGHTS) - 1.5) < 0.1);
    assert.equal(networkTemperature({ ...many, independent: 10 }, CLASS_WEIGHTS), 1);
  });

  it('leaves a network that is right alone', () => {
    const { softmax, labels } = network(4_000, 1);
    assert.equal(networkTemperature({ probabilities: softmax, labels }, CLASS_WEIGHTS), 1);
  });
});
