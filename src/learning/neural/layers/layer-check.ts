/** For tests: one layer by itself, with its weights as one vector. */
import assert from 'node:assert/strict';
import { Random } from '../../../domain/core/index.ts';
import { encodeModel } from '../graph/encode.ts';
import { checkGradients } from '../graph/gradient-check.ts';
import { Graph, type Value } from '../graph/graph.ts';
import { floatTensor } from '../graph/tensor.ts';
import { Session } from '../runtime/session.ts';
import { type DropoutMask, type Layout, LayoutRecorder, Scope, flatWeights, initialise } from './scope.ts';

export type Layer = (scope: Scope, x: Value) => Value;

export function layoutsOf(layer: Layer, shape: readonly number[], training = false) {
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

/** Checks gradients by the input and by all parameters, as one vector, against finite differences. */
export async function checkLayer(layer: Layer, shape: readonly number[]): Promise<void> {
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

export interface Evaluated {
  readonly y: Float32Array;
  readonly flat: Float32Array;
  readonly layout: Layout;
  readonly updates: Readonly<Record<string, readonly number[]>>;
}

export async function evaluate(
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

export function normals(count: number): Float32Array {
  const random = Random.fromSeed(4);
  return Float32Array.from({ length: count }, () => random.normal());
}

export function assertClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 2e-6): void {
  assert.equal(actual.length, expected.length);
  for (let i = 0; i < actual.length; i++) {
    assert.ok(
      Math.abs(actual[i]! - expected[i]!) <= tolerance * Math.max(1, Math.abs(expected[i]!)),
      `element ${i}: ${actual[i]} is not ${expected[i]}`,
    );
  }
}

export function weightsOf({ flat, layout }: Evaluated): (name: string, index: number) => number {
  return (name, index) => flat[layout.slots.find((slot) => slot.name === name)!.offset + index]!;
}
