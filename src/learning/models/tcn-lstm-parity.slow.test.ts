/**
 * The whole base model against PyTorch's: same weights, same batches, no dropout. Its weights and batches are too many
 * for a file; `noise` makes them here as it does in the script that made the file.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { Random } from '../../domain/core/index.ts';
import {
  BATCH,
  Graph,
  type Layout,
  type NetworkLayout,
  type SequenceNetwork,
  Session,
  type StepOutcome,
  TrainStep,
  type TrainingBatch,
  type Weights,
  buildNetwork,
  crossEntropy,
  describeNetwork,
  encodeModel,
  flatWeights,
  floatTensor,
  gradientsOf,
  initialWeights,
  intTensor,
} from '../neural/index.ts';
import { tcnLstmNetwork } from './tcn-lstm.ts';

/** Some elements of a tensor, at even distances. */
type Spread = readonly number[];

interface Case {
  readonly channels: number;
  readonly hidden: number;
  readonly layers: number;
  readonly sequenceLength: number;
  readonly batch: number;
  readonly lastSteps: number;
  readonly served: Spread;
  readonly logits: Spread;
  readonly losses: readonly number[];
  readonly norms: readonly number[];
  readonly gradients: Readonly<Record<string, { readonly norm: number; readonly spread: Spread }>>;
  /** After as many AdamW steps as there are losses. */
  readonly weights?: Readonly<Record<string, Spread>>;
  readonly buffers?: Readonly<Record<string, Spread>>;
}

interface Golden {
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly classWeights: readonly number[];
  readonly cases: readonly Case[];
}

// Made by bench/peers/neural_golden.py with PyTorch 2.15.0.
const GOLDEN_SHA256 = 'a27e01823cfb26fd55c495518f20ea0bc50974697546cbf28282be6a4154377d';
const goldenText = readFileSync(new URL('../neural/golden/tcn-lstm.json', import.meta.url), 'utf8');
const golden = JSON.parse(goldenText) as Golden;

/** Uniform in [−1, 1): MurmurHash3's finaliser of the element's number and an FNV-1a hash of the name. */
function noise(name: string, count: number): Float32Array {
  let seed = 2_166_136_261;
  for (let i = 0; i < name.length; i++) seed = Math.imul(seed ^ name.charCodeAt(i), 16_777_619);
  return Float32Array.from({ length: count }, (_, i) => {
    let h = Math.imul(i, 2_654_435_761) ^ seed;
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    return ((h ^ (h >>> 16)) >>> 0) / 2 ** 31 - 1;
  });
}

function startingWeights(layout: NetworkLayout): Weights {
  const scaling = { mean: new Float64Array(9), deviation: new Float64Array(9).fill(1) };
  const weights = initialWeights(layout, scaling, Random.fromSeed(1));
  for (const { name, shape, offset, size } of layout.parameters.slots) {
    const fanIn = size / shape[0]!;
    const scale = shape.length === 1 ? 0.125 : 2 ** -Math.ceil(Math.log2(fanIn) / 2);
    const centre = name.endsWith('norm.weight') ? 1 : 0;
    weights.parameters.set(
      noise(name, size).map((value) => centre + scale * value),
      offset,
    );
  }
  return weights;
}

function batchOf(step: number, { sequenceLength, batch, lastSteps }: Case): TrainingBatch {
  const shape = [sequenceLength - 1 + lastSteps, batch, 9];
  const values = noise(`x ${step}`, shape[0]! * batch * 9).map((value) => 1.75 * value);
  const draws = noise(`labels ${step}`, lastSteps * batch).map((value) => value + 1);
  return {
    input: floatTensor(shape, values),
    labels: intTensor(
      [lastSteps, batch],
      Int32Array.from(draws, (draw) => Math.floor(1.5 * draw)),
    ),
  };
}

/** Logits, loss and the gradient of all parameters of the first batch, by batch statistics or running ones. */
async function firstPass(network: SequenceNetwork, example: Case, training: boolean) {
  const layout = describeNetwork(network);
  const weights = startingWeights(layout);
  const { input, labels } = batchOf(0, example);
  const graph = new Graph();
  const parameters = graph.input('parameters', 'float32', [layout.parameters.size]);
  const buffers = graph.input('buffers', 'float32', [layout.buffers.size]);
  const steps = input.shape[0]!;
  const { logits, masks } = buildNetwork(network, graph.input('input', 'float32', [steps, BATCH, 9]), {
    training,
    lastSteps: example.lastSteps,
    parameters: flatWeights(parameters, layout.parameters),
    buffers: flatWeights(buffers, layout.buffers),
  });
  const given = graph.input('labels', 'int32', [example.lastSteps, BATCH]);
  const { loss } = crossEntropy(logits, given, { classWeights: golden.classWeights });
  const [gradient] = gradientsOf(loss, [parameters]);
  const session = await Session.create(
    encodeModel({ graph, outputs: { logits, loss, gradient: gradient! } }),
  );
  const keepAll = masks.map(({ name, shape }) => {
    const tensor = floatTensor(shape.map((dim) => (dim === BATCH ? example.batch : Number(dim))));
    tensor.data.fill(1);
    return [name, tensor] as const;
  });
  const results = await session.run({
    parameters: floatTensor([layout.parameters.size], weights.parameters),
    buffers: floatTensor([layout.buffers.size], weights.buffers),
    input,
    labels,
    ...Object.fromEntries(keepAll),
  });
  await session.release();
  const dataOf = (name: keyof typeof results) => results[name]!.data as Float32Array;
  return { layout, logits: dataOf('logits'), loss: dataOf('loss')[0]!, gradient: dataOf('gradient') };
}

async function trained(network: SequenceNetwork, example: Case, threads: number) {
  const layout = describeNetwork(network);
  const random = Random.fromSeed(1);
  // PyTorch's model has no dropout.
  random.fillDropoutMask = (target) => {
    target.fill(1);
  };
  const step = await TrainStep.create({
    network,
    layout,
    weights: startingWeights(layout),
    labelledSteps: example.lastSteps,
    classWeights: golden.classWeights,
    weightDecay: golden.weightDecay,
    random,
    threads,
  });
  const outcomes: StepOutcome[] = [];
  for (let i = 0; i < example.losses.length; i++) {
    outcomes.push(await step.run(batchOf(i, example), golden.learningRate));
  }
  const { parameters, buffers } = step.weights();
  await step.release();
  return { layout, parameters, buffers, outcomes };
}

function spreadOf(values: Float32Array, most: number): Float32Array {
  const stride = Math.max(1, Math.ceil(values.length / most));
  return values.filter((_, i) => i % stride === 0);
}

function pieceOf(values: Float32Array, layout: Layout, name: string): Float32Array {
  const { offset, size } = layout.slots.find((slot) => slot.name === name)!;
  return values.subarray(offset, offset + size);
}

/** The largest distance, divided by the element, or by `floor` where the element is smaller. */
function worst(actual: ArrayLike<number>, expected: Spread, floor: number): number {
  assert.equal(actual.length, expected.length);
  return expected.reduce(
    (most, value, i) => Math.max(most, Math.abs(actual[i]! - value) / Math.max(Math.abs(value), floor)),
    0,
  );
}

/**
 * Batch norm takes away any shift that comes before it, so the gradient of that bias is zero, and what both sides
 * compute is rounding. AdamW divides it by its own size and walks with it.
 */
const isShiftBeforeNorm = (parameter: string): boolean => parameter.endsWith('conv.bias');

describe('the base model against PyTorch', () => {
  it('reads the golden file that its sha256 names', () => {
    assert.equal(createHash('sha256').update(goldenText).digest('hex'), GOLDEN_SHA256);
  });

  for (const example of golden.cases) {
    const { channels, hidden, layers, sequenceLength, lastSteps, losses } = example;
    const name = `${channels}/${hidden}/${layers}, ${lastSteps} of ${sequenceLength - 1 + lastSteps} steps`;
    const network = tcnLstmNetwork({ sequenceLength, channels, hidden, layers, dropout: 0 }, 9, 3);

    it(`${name}: logits within 1e-5, gradients within 1e-4`, async (t) => {
      const served = await firstPass(network, example, false);
      const { layout, logits, loss, gradient } = await firstPass(network, example, true);
      const forward = Math.max(
        worst(spreadOf(served.logits, 300), example.served, 1),
        worst(spreadOf(logits, 300), example.logits, 1),
        worst([loss], [losses[0]!], 1),
      );
      assert.ok(forward <= 1e-5, `logits are ${forward} away`);
      let backward = 0;
      for (const { name: parameter, size } of layout.parameters.slots) {
        const { norm, spread } = example.gradients[parameter]!;
        const piece = spreadOf(pieceOf(gradient, layout.parameters, parameter), 48);
        if (isShiftBeforeNorm(parameter)) {
          assert.ok(worst(piece, spread, 1) <= 1e-7);
          continue;
        }
        const error = worst(piece, spread, norm / Math.sqrt(size));
        assert.ok(error <= 1e-4, `gradient of ${parameter} is off by a share of ${error}`);
        backward = Math.max(backward, error);
      }
      t.diagnostic(`${name}: logits ${forward.toExponential(1)}, gradients ${backward.toExponential(1)}`);
    });

    const { weights, buffers } = example;
    if (weights === undefined || buffers === undefined) continue;

    for (const threads of [1, 2]) {
      it(`${name}: weights within 1e-4 after ${losses.length} AdamW steps, threads: ${threads}`, async (t) => {
        const {
          layout,
          parameters,
          buffers: statistics,
          outcomes,
        } = await trained(network, example, threads);
        const lossesHere = outcomes.map(({ loss }) => loss);
        assert.ok(worst(lossesHere, losses, 1) <= 1e-5);
        const norms = outcomes.map(({ gradientNorm }) => gradientNorm);
        assert.ok(worst(norms, example.norms, 1) <= 1e-4);
        const walk = losses.length * golden.learningRate;
        let distance = 0;
        for (const [parameter, spread] of Object.entries(weights)) {
          const error = worst(spreadOf(pieceOf(parameters, layout.parameters, parameter), 48), spread, 1);
          const isShift = isShiftBeforeNorm(parameter);
          assert.ok(error <= (isShift ? walk : 1e-4), `${parameter} is ${error} away`);
          if (!isShift) distance = Math.max(distance, error);
        }
        for (const [buffer, spread] of Object.entries(buffers)) {
          const error = worst(spreadOf(pieceOf(statistics, layout.buffers, buffer), 48), spread, 1);
          // The running mean follows the shift.
          assert.ok(error <= (buffer.endsWith('mean') ? walk : 1e-5), `${buffer} is ${error} away`);
        }
        t.diagnostic(`${name}: weights ${distance.toExponential(1)} after ${losses.length} steps`);
      });
    }
  }
});
