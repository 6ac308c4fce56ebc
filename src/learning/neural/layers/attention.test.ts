import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type AttentionOptions, windowedAttention } from './attention.ts';
import { type Layer, evaluate, layoutsOf, normals } from './layer-check.ts';

const [STEPS, CHANNELS] = [11, 4];

function layer(options: AttentionOptions): Layer {
  return (scope, x) => windowedAttention(scope, x, options);
}

/** Steps whose output changes when step `changed` of the input does. */
async function influenceOf(changed: number, options: AttentionOptions): Promise<readonly number[]> {
  const x = normals(STEPS * CHANNELS);
  const before = await evaluate(layer(options), x, [STEPS, 1, CHANNELS]);
  x.fill(3, changed * CHANNELS, (changed + 1) * CHANNELS);
  const after = await evaluate(layer(options), x, [STEPS, 1, CHANNELS]);
  return Array.from({ length: STEPS }, (_, step) => step).filter((step) => {
    const row = (y: Float32Array) => y.subarray(step * CHANNELS, (step + 1) * CHANNELS).join();
    return row(before.y) !== row(after.y);
  });
}

describe('windowed attention', () => {
  it('lets a step see itself and what came before it within the window', async () => {
    const options = { heads: 2, window: 3, causal: true };
    assert.deepEqual(await influenceOf(4, options), [4, 5, 6]);
    assert.deepEqual(await influenceOf(0, options), [0, 1, 2]);
    assert.deepEqual(await influenceOf(10, options), [10]);
  });

  it('lets a step see both sides where it is not causal', async () => {
    const options = { heads: 1, window: 3, causal: false };
    assert.deepEqual(await influenceOf(4, options), [2, 3, 4, 5, 6]);
    assert.deepEqual(await influenceOf(10, options), [8, 9, 10]);
  });

  it('sees the step itself alone in a window of 1, and all in a long one', async () => {
    assert.deepEqual(await influenceOf(4, { heads: 1, window: 1, causal: true }), [4]);
    assert.equal((await influenceOf(4, { heads: 1, window: 100, causal: false })).length, STEPS);
  });

  it('gives a step the same output, whatever block it falls into', async () => {
    const x = normals(STEPS * CHANNELS);
    const options = { heads: 2, window: 3, causal: true };
    const whole = await evaluate(layer(options), x, [STEPS, 1, CHANNELS]);
    const later = await evaluate(layer(options), x.slice(CHANNELS), [STEPS - 1, 1, CHANNELS]);
    // The first two steps of the shorter sequence miss a step of their window.
    const [expected, actual] = [whole.y.slice(3 * CHANNELS), later.y.slice(2 * CHANNELS)];
    for (const [i, value] of actual.entries()) assert.ok(Math.abs(value - expected[i]!) < 1e-6);
  });

  it('refuses heads that do not divide the channels', () => {
    assert.throws(
      () => layoutsOf(layer({ heads: 3, window: 2, causal: true }), [STEPS, 1, CHANNELS]),
      /3 heads do not divide 4 channels/,
    );
  });
});
