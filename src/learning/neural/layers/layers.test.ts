import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../../../domain/core/index.ts';
import { checkGradients } from '../graph/gradient-check.ts';
import { scan } from '../operations/scan.ts';
import { windowedAttention } from './attention.ts';
import { batchNorm, normaliseByBatch } from './batch-norm.ts';
import { causalConvolution } from './causal-convolution.ts';
import { sequenceDropout } from './dropout.ts';
import { gru } from './gru.ts';
import {
  type Layer,
  assertClose,
  checkLayer,
  evaluate,
  layoutsOf,
  normals,
  weightsOf,
} from './layer-check.ts';
import { layerNorm } from './layer-norm.ts';
import { linear } from './linear.ts';
import { lstm } from './lstm.ts';
import { attentionPooling, averagePooling } from './pooling.ts';
import { initialise } from './scope.ts';
import { standardise } from './standardise.ts';
import { transformerBlock } from './transformer-block.ts';

describe('layers, gradients against finite differences', () => {
  it('linear', async () => {
    await checkLayer((scope, x) => linear(scope, x, 2), [2, 2, 3]);
  });
  it('causal convolution', async () => {
    await checkLayer(
      (scope, x) => causalConvolution(scope, x, { channels: 2, kernel: 3, dilation: 2 }),
      [6, 2, 2],
    );
  });
  it('LSTM, two layers, all steps', async () => {
    await checkLayer(
      (scope, x) => lstm(scope, x, { hidden: 2, layers: 2, dropout: 0, lastSteps: 4 }),
      [4, 2, 3],
    );
  });
  it('LSTM, last step', async () => {
    await checkLayer(
      (scope, x) => lstm(scope, x, { hidden: 3, layers: 1, dropout: 0, lastSteps: 1 }),
      [5, 2, 2],
    );
  });
  it('GRU, two layers, all steps', async () => {
    await checkLayer(
      (scope, x) => gru(scope, x, { hidden: 2, layers: 2, dropout: 0, lastSteps: 4 }),
      [4, 2, 3],
    );
  });
  it('GRU, last step', async () => {
    await checkLayer(
      (scope, x) => gru(scope, x, { hidden: 3, layers: 1, dropout: 0, lastSteps: 1 }),
      [5, 2, 2],
    );
  });
  it('layer normalisation', async () => {
    await checkLayer(layerNorm, [2, 2, 3]);
  });
  it('attention, causal, in blocks', async () => {
    await checkLayer(
      (scope, x) => windowedAttention(scope, x, { heads: 2, window: 2, causal: true }),
      [5, 1, 4],
    );
  });
  it('attention, both ways, in blocks', async () => {
    await checkLayer(
      (scope, x) => windowedAttention(scope, x, { heads: 1, window: 2, causal: false }),
      [5, 2, 2],
    );
  });
  it('transformer block', async () => {
    await checkLayer(
      (scope, x) => transformerBlock(scope, x, { heads: 1, window: 4, causal: true, inner: 3, dropout: 0 }),
      [4, 1, 3],
    );
  });
  it('attention pooling', async () => {
    await checkLayer((scope, x) => attentionPooling(scope, x, 3), [4, 2, 2]);
  });
  it('average pooling', async () => {
    await checkGradients({ shapes: [[4, 2, 2]], build: (x) => averagePooling(x, 2) });
  });
  it('batch normalisation by batch statistics', async () => {
    await checkGradients({
      shapes: [[4, 3, 2], [2], [2]],
      build: (x, gamma, beta) => normaliseByBatch(x, gamma, beta).result,
    });
  });
  it('batch normalisation in a loop', async () => {
    await checkGradients({
      shapes: [[3, 6, 2], [2], [2]],
      build: (x, gamma, beta) =>
        scan({
          states: [],
          sequences: [x],
          body: (_, [slice]) => ({ states: [], outputs: [normaliseByBatch(slice!, gamma, beta).result] }),
        }).outputs[0]!,
    });
  });
});

describe('layers, values', () => {
  it('a causal convolution is the sum over its taps, and sees nothing of the future', async () => {
    const [steps, inputs, channels, dilation] = [7, 2, 3, 2];
    const x = normals(steps * inputs);
    const layer: Layer = (scope, input) => causalConvolution(scope, input, { channels, kernel: 3, dilation });
    const evaluated = await evaluate(layer, x, [steps, 1, inputs]);
    const weight = weightsOf(evaluated);
    const expected: number[] = [];
    for (let t = 0; t < steps; t++) {
      for (let c = 0; c < channels; c++) {
        let sum = weight('bias', c);
        for (let k = 0; k < 3; k++) {
          const at = t - (2 - k) * dilation;
          if (at < 0) continue;
          for (let j = 0; j < inputs; j++)
            sum += weight('weight', (c * inputs + j) * 3 + k) * x[at * inputs + j]!;
        }
        expected.push(sum);
      }
    }
    assertClose(evaluated.y, expected);
    const changed = x.slice();
    changed.fill(9, 4 * inputs);
    const { y } = await evaluate(layer, changed, [steps, 1, inputs]);
    assert.deepEqual(y.slice(0, 4 * channels), evaluated.y.slice(0, 4 * channels));
  });

  it("an LSTM follows PyTorch's equations", async () => {
    const [steps, inputs, hidden] = [5, 3, 2];
    const x = normals(steps * inputs);
    const evaluated = await evaluate(
      (scope, input) => lstm(scope, input, { hidden, layers: 1, dropout: 0, lastSteps: steps }),
      x,
      [steps, 1, inputs],
    );
    const weight = weightsOf(evaluated);
    const sigma = (v: number) => 1 / (1 + Math.exp(-v));
    let h = new Array<number>(hidden).fill(0);
    let c = new Array<number>(hidden).fill(0);
    const expected: number[] = [];
    for (let t = 0; t < steps; t++) {
      const gate = (row: number): number => {
        let sum = weight('bias_ih_l0', row) + weight('bias_hh_l0', row);
        for (let j = 0; j < inputs; j++) sum += weight('weight_ih_l0', row * inputs + j) * x[t * inputs + j]!;
        for (let j = 0; j < hidden; j++) sum += weight('weight_hh_l0', row * hidden + j) * h[j]!;
        return sum;
      };
      c = c.map((old, k) => sigma(gate(hidden + k)) * old + sigma(gate(k)) * Math.tanh(gate(2 * hidden + k)));
      h = c.map((cell, k) => sigma(gate(3 * hidden + k)) * Math.tanh(cell));
      expected.push(...h);
    }
    assertClose(evaluated.y, expected);
  });

  it('batch norm normalises by the batch while training and keeps running statistics', async () => {
    const x = normals(12 * 2);
    const { y, updates } = await evaluate(batchNorm, x, [6, 2, 2], { training: true });
    for (let channel = 0; channel < 2; channel++) {
      const values = Array.from({ length: 12 }, (_, i) => x[2 * i + channel]!);
      const mean = values.reduce((sum, v) => sum + v, 0) / 12;
      const squares = values.reduce((sum, v) => sum + (v - mean) ** 2, 0);
      assertClose(
        Array.from({ length: 12 }, (_, i) => y[2 * i + channel]!),
        values.map((v) => (v - mean) / Math.sqrt(squares / 12 + 1e-5)),
      );
      // PyTorch: momentum 0.1, unbiased variance, from mean 0 and variance 1.
      assertClose([updates['running_mean']![channel]!], [0.1 * mean]);
      assertClose([updates['running_var']![channel]!], [0.9 + (0.1 * squares) / 11]);
    }
    const serving = await evaluate(batchNorm, x, [6, 2, 2]);
    assertClose(
      serving.y,
      x.map((v) => v / Math.sqrt(1 + 1e-5)),
    );
  });

  it('dropout drops a channel at all steps of a sequence alike, and nothing when serving', async () => {
    const x = normals(3 * 2 * 2);
    const layer: Layer = (scope, input) => sequenceDropout(scope, input, 0.5);
    const mask = Float32Array.of(0, 2, 2, 0);
    const { y } = await evaluate(layer, x, [3, 2, 2], { training: true, masks: { mask } });
    assertClose(
      y,
      x.map((v, i) => v * mask[i % 4]!),
    );
    const served = await evaluate(layer, x, [3, 2, 2]);
    assert.deepEqual(served.y, x);
  });

  it('recurrent layers drop between them, a channel at all steps alike', async () => {
    const layer: Layer = (scope, input) =>
      gru(scope, input, { hidden: 3, layers: 2, dropout: 0.5, lastSteps: 4 });
    const run = (x: Float32Array, mask: Float32Array) =>
      evaluate(layer, x, [4, 1, 2], { training: true, masks: { 'dropout1.mask': mask } });
    const none = new Float32Array(3);
    const [x, other] = [normals(8), normals(8).map((value) => -value)];
    // With all channels gone, the second layer knows nothing of the input.
    assert.deepEqual((await run(other, none)).y, (await run(x, none)).y);
    const some = Float32Array.of(2, 0, 2);
    assert.notDeepEqual((await run(other, some)).y, (await run(x, some)).y);
    assert.deepEqual(layoutsOf(layer, [4, 1, 2], true).masks, [
      { name: 'dropout1.mask', shape: [1, 1, 3], keep: 0.5 },
    ]);
  });

  it('standardise starts as the identity', async () => {
    const x = normals(6);
    const { y } = await evaluate(standardise, x, [3, 2]);
    assert.deepEqual(y, x);
  });
});

describe('a scope', () => {
  it('names weights by their path and refuses two of one name', () => {
    const layer: Layer = (scope, x) => linear(scope.within('b'), linear(scope.within('a'), x, 2), 3);
    const { parameters } = layoutsOf(layer, [1, 4]);
    assert.deepEqual(
      parameters.slots.map(({ name, shape, offset }) => [name, shape.join('×'), offset]),
      [
        ['a.weight', '2×4', 0],
        ['a.bias', '2', 8],
        ['b.weight', '3×2', 10],
        ['b.bias', '3', 16],
      ],
    );
    assert.throws(
      () => layoutsOf((scope, x) => linear(scope, linear(scope, x, 2), 2), [1, 2]),
      /two are called/,
    );
  });

  it('initialises as PyTorch does: uniform within one over the root of the fan-in', () => {
    const { parameters } = layoutsOf((scope, x) => linear(scope, x, 400), [1, 25]);
    const values = initialise(parameters, Random.fromSeed(1));
    const largest = values.reduce((max, v) => Math.max(max, Math.abs(v)), 0);
    const variance = values.reduce((sum, v) => sum + v * v, 0) / values.length;
    assert.ok(largest <= Math.fround(0.2) && largest > 0.199);
    assert.ok(Math.abs(variance - 0.04 / 3) < 3e-4);
  });
});
