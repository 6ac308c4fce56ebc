import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gradientsOf } from '../graph/differentiate.ts';
import { encodeModel } from '../graph/encode.ts';
import { Graph, type Value } from '../graph/graph.ts';
import { intTensor } from '../graph/tensor.ts';
import { type ContrastiveOptions, infoNce, ntXent } from '../losses/contrastive.ts';
import { type CrossEntropyOptions, crossEntropy } from '../losses/cross-entropy.ts';
import type { Loss } from '../losses/loss.ts';
import { huber, maskedReconstruction, meanSquaredError } from '../losses/regression.ts';
import { type NamedTensors, Session } from '../runtime/session.ts';
import { type Packed, readGolden, relativeError, unpacked } from './golden.ts';

type PackedByName = Readonly<Record<string, Packed>>;

interface Case {
  readonly name: string;
  readonly options: CrossEntropyOptions & ContrastiveOptions & { readonly delta: number };
  /** Inputs that have gradients. */
  readonly learned: PackedByName;
  /** Labels and masks. */
  readonly fixed: PackedByName;
  readonly loss: number;
  readonly gradients: PackedByName;
}

// Made by bench/peers/neural_golden.py with PyTorch 2.15.0.
const GOLDEN = readGolden(
  'losses.json',
  '049d30cc645565a4b5bfa71c8861ecb459045bd836e2dca1369f7e8d6b9a8beb',
) as { readonly cases: readonly Case[] };

type Inputs = Readonly<Record<string, Value>>;

/** An absent mask stays absent. */
function withMask<T extends object>(options: T, { mask }: Inputs): T & { readonly mask?: Value } {
  return mask === undefined ? options : { ...options, mask };
}

const LOSSES: Readonly<Record<string, (inputs: Inputs, options: Case['options']) => Loss>> = {
  crossEntropy: ({ logits, labels }, options) => crossEntropy(logits!, labels!, options),
  meanSquaredError: ({ prediction, target, mask }) => meanSquaredError(prediction!, target!, mask),
  maskedReconstruction: ({ prediction, target, mask }) => maskedReconstruction(prediction!, target!, mask!),
  huber: (inputs, options) => huber(inputs['prediction']!, inputs['target']!, withMask(options, inputs)),
  infoNce: (inputs, options) => infoNce(inputs['a']!, inputs['b']!, withMask(options, inputs)),
  ntXent: (inputs, options) => ntXent(inputs['a']!, inputs['b']!, withMask(options, inputs)),
};

async function run({ name, options, learned, fixed }: Case): Promise<NamedTensors> {
  const graph = new Graph();
  // The number of rows is known only at run time, as in a training step.
  const axis = name === 'infoNce' || name === 'ntXent' ? 0 : 1;
  const inputs: Record<string, Value> = {};
  const feeds: Record<string, NamedTensors[string]> = {};
  for (const [key, value] of Object.entries({ ...learned, ...fixed })) {
    const shape = value.shape.map((dim, i) => (i === axis ? 'batch' : dim));
    const isLabels = key === 'labels';
    inputs[key] = graph.input(key, isLabels ? 'int32' : 'float32', shape);
    feeds[key] = isLabels ? intTensor(value.shape, Int32Array.from(value.data)) : unpacked(value);
  }
  const { loss } = LOSSES[name]!(inputs, options);
  const names = Object.keys(learned);
  const gradients = gradientsOf(
    loss,
    names.map((key) => inputs[key]!),
  );
  const outputs = {
    loss,
    ...Object.fromEntries(gradients.map((gradient, i) => [`d.${names[i]}`, gradient])),
  };
  const session = await Session.create(encodeModel({ graph, outputs }));
  const results = await session.run(feeds);
  await session.release();
  return results;
}

describe('losses against PyTorch', () => {
  for (const example of GOLDEN.cases) {
    const { name, options, fixed } = example;
    it(`${name} ${JSON.stringify(options)} ${Object.keys(fixed).join()}`, async () => {
      const results = await run(example);
      const forward = Math.abs(Number(results['loss']!.data[0]) - example.loss);
      assert.ok(forward <= 1e-5, `the loss is ${forward} away`);
      for (const [key, { data }] of Object.entries(example.gradients)) {
        const backward = relativeError(results[`d.${key}`]!.data as Float32Array, data);
        assert.ok(backward <= 1e-4, `gradient of ${key} is off by a share of ${backward}`);
      }
    });
  }
});
