/** A network as the trainer and the exporter see it, and the ways in which it becomes a model. */
import { createHash } from 'node:crypto';
import { type Random, invariant } from '../../../domain/core/index.ts';
import { encodeModel } from '../graph/encode.ts';
import { Graph, type Value } from '../graph/graph.ts';
import { LayoutRecorder, Scope, bakedWeights, flatWeights, initialise } from '../layers/scope.ts';
import type { DropoutMask, Layout, WeightSource } from '../layers/scope.ts';
import { SCALER_DEVIATION, SCALER_MEAN } from '../layers/standardise.ts';
import { pick, transpose } from '../operations/layout.ts';
import { softmax } from '../operations/reductions.ts';
import type { Scaling } from './scaling.ts';

/** The name of the dimension whose size is chosen at run time. */
export const BATCH = 'batch';

/** Classifies every step of a sequence by what came before it. */
export interface SequenceNetwork {
  readonly features: number;
  readonly classes: number;
  /** Bars that a decision sees. */
  readonly sequenceLength: number;
  /** Raw features `[T, batch, features]` in order of time → logits `[lastSteps, batch, classes]` of the last steps. */
  readonly build: (scope: Scope, input: Value, lastSteps: number) => Value;
}

export interface NetworkLayout {
  readonly parameters: Layout;
  readonly buffers: Layout;
}

/** All weights of a network. */
export interface Weights {
  /** `[layout.parameters.size]` */
  readonly parameters: Float32Array;
  /** `[layout.buffers.size]` */
  readonly buffers: Float32Array;
}

interface NetworkSources {
  readonly parameters: WeightSource;
  readonly buffers: WeightSource;
}

/** What building a network for training leaves behind besides its result. */
export interface BuiltNetwork {
  readonly logits: Value;
  readonly updates: ReadonlyMap<string, Value>;
  readonly masks: readonly DropoutMask[];
}

export function buildNetwork(
  network: SequenceNetwork,
  input: Value,
  options: NetworkSources & { readonly training: boolean; readonly lastSteps: number },
): BuiltNetwork {
  const { training, lastSteps, parameters, buffers } = options;
  invariant(input.graph !== undefined, 'buildNetwork: the input is a constant');
  const updates = new Map<string, Value>();
  const masks: DropoutMask[] = [];
  const scope = new Scope({ graph: input.graph, training, parameters, buffers, updates, masks });
  return { logits: network.build(scope, input, lastSteps), updates, masks };
}

/** Which weights the network has, found out by building it once. */
export function describeNetwork(network: SequenceNetwork): NetworkLayout {
  const graph = new Graph();
  const parameters = new LayoutRecorder(graph);
  const buffers = new LayoutRecorder(graph);
  const input = graph.input('input', 'float32', [network.sequenceLength, BATCH, network.features]);
  buildNetwork(network, input, {
    training: false,
    lastSteps: 1,
    parameters: parameters.source,
    buffers: buffers.source,
  });
  return { parameters: parameters.layout(), buffers: buffers.layout() };
}

/** The network on windows, its weights fed as two vectors: `logits [1, batch, classes]`. */
export function windowGraph(network: SequenceNetwork, layout: NetworkLayout, training: boolean) {
  const graph = new Graph();
  const input = graph.input('input', 'float32', [network.sequenceLength, BATCH, network.features]);
  const { logits, masks } = buildNetwork(network, input, {
    training,
    lastSteps: 1,
    parameters: flatWeights(
      graph.input('parameters', 'float32', [layout.parameters.size]),
      layout.parameters,
    ),
    buffers: flatWeights(graph.input('buffers', 'float32', [layout.buffers.size]), layout.buffers),
  });
  return { graph, outputs: { logits }, masks };
}

/** SHA-256 of what the network computes in training, whatever its weights. */
export function fingerprintOfNetwork(network: SequenceNetwork, layout: NetworkLayout): string {
  const { graph, outputs, masks } = windowGraph(network, layout, true);
  return createHash('sha256')
    .update(JSON.stringify(masks))
    .update(encodeModel({ graph, outputs }))
    .digest('hex');
}

/** Fresh weights, drawn in the order of the layout, with the given scaling of the raw features. */
export function initialWeights(layout: NetworkLayout, scaling: Scaling, random: Random): Weights {
  const parameters = initialise(layout.parameters, random);
  const buffers = initialise(layout.buffers, random);
  return withScaling(layout, { parameters, buffers }, scaling);
}

/** The same weights for raw features of another scale. */
export function withScaling(layout: NetworkLayout, weights: Weights, scaling: Scaling): Weights {
  const buffers = weights.buffers.slice();
  for (const slot of layout.buffers.slots) {
    if (slot.name === SCALER_MEAN) buffers.set(scaling.mean, slot.offset);
    if (slot.name === SCALER_DEVIATION) buffers.set(scaling.deviation, slot.offset);
  }
  return { parameters: weights.parameters, buffers };
}

/**
 * The model that is shipped, weights and scaling inside:
 * `window [batch, sequenceLength, features]` of raw features → `logits` and `probabilities [batch, classes]`.
 */
export function encodeServingModel(
  network: SequenceNetwork,
  layout: NetworkLayout,
  weights: Weights,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const graph = new Graph();
  const window = graph.input('window', 'float32', [BATCH, network.sequenceLength, network.features]);
  const { logits } = buildNetwork(network, transpose(window, [1, 0, 2]), {
    training: false,
    lastSteps: 1,
    parameters: bakedWeights(graph, weights.parameters, layout.parameters),
    buffers: bakedWeights(graph, weights.buffers, layout.buffers),
  });
  const last = pick(logits, 0, 0);
  return encodeModel({ graph, outputs: { logits: last, probabilities: softmax(last) }, metadata });
}
