import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../../../domain/core/index.ts';
import { encodeModel } from '../graph/encode.ts';
import { checkGradients } from '../graph/gradient-check.ts';
import { Graph, type Value } from '../graph/graph.ts';
import { floatTensor } from '../graph/tensor.ts';
import { scan } from '../operations/scan.ts';
import { Session } from '../runtime/session.ts';
import { batchNorm, normaliseByBatch } from './batch-norm.ts';
import { causalConvolution } from './causal-convolution.ts';
import { sequenceDropout } from './dropout.ts';
import { linear } from './linear.ts';
import { lstm } from './lstm.ts';
import { type DropoutMask, type Layout, LayoutRecorder, Scope, flatWeights, initialise } from './scope.ts';
import { standardise } from './standardise.ts';

type Layer = (scope: Scope, x: Value) => Value;

function layoutsOf(layer: Layer, shape: readonly number[], training = false) {
  const graph = new Graph();
  const parameters = new LayoutRecorder(graph);
  const buffers = new LayoutRecorder(graph);
  const masks: DropoutMask[] = [];
  const scope = new Scope({
    graph,
    training,
    parameters: parameters.source,
    buffers: buffers.source,
    updates: new Map(),
    masks,
  });
  layer(scope, graph.input('x', 'float32', shape));
  return { parameters: parameters.layout(), buffers: buffers.layout(), masks };
}

/** By the input and by all parameters, as one vector. */
async function checkLayer(layer: Layer, shape: readonly number[]): Promise<void> {
  const { parameters, buffers } = layoutsOf(layer, shape);
  await checkGradients({
    shapes: [shape, [parameters.size]],
    build: (x, flat) => {
      const noBuffers = () => {
        throw new Error(`unexpected buffer among ${buffers.size}`);
      };
      return layer(
        new Scope({
          graph: x.graph!,
          training: false,
          parameters: flatWeights(flat, parameters),
          buffers: noBuffers,
          updates: new Map(),
          masks: [],
        }),
        x,
      );
    },
    draw: (random) => 0.7 * random.normal(),
  });
}

interface Evaluated {
  readonly y: Float32Array;
  readonly flat: Float32Array;
  readonly layout: Layout;
  readonly updates: Readonly<Record<string, readonly number[]>>;
}

async function evaluate(
  layer: Layer,
  x: Float32Array,
  shape: readonly number[],
  options: { training?: boolean; masks?: Readonly<Record<string, Float32Array>> } = {},
): Promise<Evaluated> {
  const { training = false, masks = {} } = options;
  const layouts = layoutsOf(layer, shape, training);
  const graph = new Graph();
  const updates = new Map<string, Value>();
  const used: DropoutMask[] = [];
  const flat = initialise(layouts.parameters, Random.fromSeed(2));
  const y = layer(
    new Scope({
      graph,
      training,
      parameters: flatWeights(graph.input('parameters', 'float32', [flat.length]), layouts.parameters),
      buffers: flatWeights(graph.input('buffers', 'float32', [layouts.buffers.size]), layouts.buffers),
      updates,
      masks: used,
    }),
    graph.input('x', 'float32', shape),
  );
  const session = await Session.create(
    encodeModel({ graph, outputs: { y, ...Object.fromEntries(updates) } }),
  );
  const results = await session.run({
    x: floatTensor(shape, x),
    parameters: floatTensor([flat.length], flat),
    buffers: floatTensor([layouts.buffers.size], initialise(layouts.buffers, Random.fromSeed(3))),
    ...Object.fromEntries(used.map(({ name, shape }) => [name, floatTensor(shape.map(Number), masks[name])])),
  });
  await session.release();
  return {
    y: results['y']!.data as Float32Array,
    flat,
    layout: layouts.parameters,
    updates: Object.fromEntries(
      [...updates.keys()].map((name) => [name, Array.from(results[name]!.data, Number)]),
    ),
  };
}

function normals(count: number): Float32Array {
  const random = Random.fromSeed(4);
  return Float32Array.from({ length: count }, () => random.normal());
}

function assertClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 2e-6): void {
  assert.equal(actual.length, expected.length);
  for (let i = 0; i < actual.length; i++) {
    assert.ok(
      Math.abs(actual[i]! - expected[i]!) <= tolerance * Math.max(1, Math.abs(expected[i]!)),
      `element ${i}: ${actual[i]} is not ${expected[i]}`,
    );
  }
}

function weightsOf({ flat, layout }: Evaluated): (name: string, index: number) => number {
  return (name, index) => flat[layout.slots.find((slot) => slot.name === name)!.offset + index]!;
}

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
