import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../../../domain/core/index.ts';
import { gradientsOf } from '../graph/differentiate.ts';
import { encodeModel } from '../graph/encode.ts';
import { Graph, type Value } from '../graph/graph.ts';
import { type AttentionOptions, windowedAttention } from '../layers/attention.ts';
import { batchNorm } from '../layers/batch-norm.ts';
import { causalConvolution } from '../layers/causal-convolution.ts';
import { gru } from '../layers/gru.ts';
import { layerNorm } from '../layers/layer-norm.ts';
import { linear } from '../layers/linear.ts';
import { lstm } from '../layers/lstm.ts';
import { attentionPooling, averagePooling } from '../layers/pooling.ts';
import { LayoutRecorder, Scope, type WeightSource, initialise } from '../layers/scope.ts';
import { tcnBlock } from '../layers/tcn-block.ts';
import { transformerBlock } from '../layers/transformer-block.ts';
import { mul } from '../operations/arithmetic.ts';
import { reduceSum } from '../operations/broadcast.ts';
import { gelu, relu, sigmoid, tanh } from '../operations/functions.ts';
import { type NamedTensors, Session } from '../runtime/session.ts';
import { type Packed, absoluteError, readGolden, relativeError, unpacked } from './golden.ts';

type PackedByName = Readonly<Record<string, Packed>>;

interface Options extends AttentionOptions {
  readonly size: number;
  readonly channels: number;
  readonly kernel: number;
  readonly dilation: number;
  readonly hidden: number;
  readonly layers: number;
  readonly lastSteps: number;
  readonly inner: number;
  readonly training?: boolean;
}

interface Case {
  readonly name: string;
  readonly options: Options;
  /** Of all elements of 200 fresh layers. */
  readonly initial: Readonly<Record<string, { readonly deviation: number; readonly largest: number }>>;
  /** `[T, B, C]` */
  readonly x: Packed;
  readonly parameters: PackedByName;
  readonly buffers: PackedByName;
  /** The loss is the output's sum weighed by this. */
  readonly upstream: Packed;
  readonly output: Packed;
  readonly inputGradient: Packed;
  readonly parameterGradients: PackedByName;
  readonly nextBuffers: PackedByName;
}

// Made by bench/peers/neural_golden.py with PyTorch 2.15.0.
const GOLDEN = readGolden(
  'layers.json',
  'd94e67a22c00c93be69929f4d41c29a120c8e591dc0831f2051c585c0405f887',
) as { readonly cases: readonly Case[] };

const LAYERS: Readonly<Record<string, (scope: Scope, x: Value, options: Options) => Value>> = {
  linear: (scope, x, { size }) => linear(scope, x, size),
  causalConvolution,
  batchNorm,
  layerNorm,
  lstm: (scope, x, options) => lstm(scope, x, { ...options, dropout: 0 }),
  gru: (scope, x, options) => gru(scope, x, { ...options, dropout: 0 }),
  windowedAttention,
  transformerBlock: (scope, x, options) => transformerBlock(scope, x, { ...options, dropout: 0 }),
  attentionPooling: (scope, x, { size }) => attentionPooling(scope, x, size),
  averagePooling: (_, x, { size }) => averagePooling(x, size),
  tcnBlock: (scope, x, options) => tcnBlock(scope, x, { ...options, dropout: 0 }),
  gelu: (_, x) => gelu(x),
  relu: (_, x) => relu(x),
  tanh: (_, x) => tanh(x),
  sigmoid: (_, x) => sigmoid(x),
};

/** Fresh weights of as many layers, by name. */
function draw({ name, options, x }: Case, count: number): ReadonlyMap<string, readonly number[]> {
  const graph = new Graph();
  const [parameters, buffers] = [new LayoutRecorder(graph), new LayoutRecorder(graph)];
  const scope = new Scope({
    graph,
    training: false,
    parameters: parameters.source,
    buffers: buffers.source,
    updates: new Map(),
    masks: [],
  });
  LAYERS[name]!(scope, graph.input('x', 'float32', x.shape), options);
  const layout = parameters.layout();
  const random = Random.fromSeed(1);
  const drawn = Array.from({ length: count }, () => initialise(layout, random));
  return new Map(
    layout.slots.map(({ name: weight, offset, size }) => [
      weight,
      drawn.flatMap((flat) => Array.from(flat.subarray(offset, offset + size))),
    ]),
  );
}

/** Output, gradients by `x` and all parameters, and new buffers, by name. */
async function run({ name, options, x, parameters, buffers, upstream }: Case): Promise<NamedTensors> {
  const graph = new Graph();
  const asked = new Map<string, Value>();
  const given =
    (known: PackedByName): WeightSource =>
    (weight, shape) => {
      assert.deepEqual(shape, known[weight]?.shape, `shape of ${weight}`);
      const value = graph.input(weight, 'float32', shape);
      if (known === parameters) asked.set(weight, value);
      return value;
    };
  const updates = new Map<string, Value>();
  const scope = new Scope({
    graph,
    training: options.training ?? false,
    parameters: given(parameters),
    buffers: given(buffers),
    updates,
    masks: [],
  });
  // The number of sequences is known only at run time, as in a training step.
  const sequences = (key: string, { shape: [steps, , channels] }: Packed) =>
    graph.input(key, 'float32', [steps!, 'batch', channels!]);
  const input = sequences('x', x);
  const output = LAYERS[name]!(scope, input, options);
  const loss = reduceSum(mul(output, sequences('upstream', upstream)));
  assert.deepEqual([...asked.keys()].toSorted(), Object.keys(parameters).toSorted());
  const sources = [input, ...asked.values()];
  const gradients = gradientsOf(loss, sources).map(
    (gradient, i) => [`d.${sources[i]!.name}`, gradient] as const,
  );
  const changes = [...updates].map(([key, value]) => [`next.${key}`, value] as const);
  const outputs = { output, ...Object.fromEntries([...gradients, ...changes]) };
  const session = await Session.create(encodeModel({ graph, outputs }));
  const feeds = Object.entries({ x, upstream, ...parameters, ...buffers }).map(([key, value]) => [
    key,
    unpacked(value),
  ]);
  const results = await session.run(Object.fromEntries(feeds) as NamedTensors);
  await session.release();
  return results;
}

describe('layers against PyTorch', () => {
  for (const example of GOLDEN.cases) {
    const name = `${example.name} ${JSON.stringify(example.options)}`;

    it(`${name}: initial weights`, () => {
      const drawn = draw(example, 200);
      assert.deepEqual([...drawn.keys()].toSorted(), Object.keys(example.initial).toSorted());
      for (const [weight, { deviation, largest }] of Object.entries(example.initial)) {
        const values = drawn.get(weight)!;
        const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
        const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
        const most = values.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
        assert.ok(Math.abs(most - largest) <= 0.02 * largest, `largest of ${weight}: ${most}, ${largest}`);
        const distance = Math.abs(Math.sqrt(variance) - deviation);
        assert.ok(
          distance <= 0.06 * deviation,
          `deviation of ${weight}: ${Math.sqrt(variance)}, ${deviation}`,
        );
      }
    });

    it(`${name}: output and gradients`, async () => {
      const results = await run(example);
      const dataOf = (name: string) => results[name]!.data as Float32Array;
      assert.deepEqual([...results['output']!.shape], example.output.shape);
      const forward = absoluteError(dataOf('output'), example.output.data);
      assert.ok(forward <= 1e-5, `output is ${forward} away`);
      for (const [name, { data }] of Object.entries({
        x: example.inputGradient,
        ...example.parameterGradients,
      })) {
        const actual = dataOf(`d.${name}`);
        if (name === 'conv.bias') {
          // Batch norm takes any shift away again: the gradient is zero, and what is left on both sides is rounding.
          assert.ok(absoluteError(actual, data) <= 1e-5);
          continue;
        }
        const backward = relativeError(actual, data);
        assert.ok(backward <= 1e-4, `gradient of ${name} is off by a share of ${backward}`);
      }
      if (example.options.training !== true) return;
      for (const [name, { data }] of Object.entries(example.nextBuffers)) {
        const distance = absoluteError(dataOf(`next.${name}`), data);
        assert.ok(distance <= 1e-5, `${name} is ${distance} away`);
      }
    });
  }
});
