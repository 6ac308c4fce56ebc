/** For tests: gradients of the graph against finite differences of the same graph's loss. */
import assert from 'node:assert/strict';
import { Random } from '../../../domain/core/index.ts';
import { mul } from '../operations/arithmetic.ts';
import { reduceSum } from '../operations/broadcast.ts';
import { Session } from '../runtime/session.ts';
import { gradientsOf } from './differentiate.ts';
import { encodeModel } from './encode.ts';
import { Graph, type Value, constant } from './graph.ts';
import { type FloatTensor, floatTensor } from './tensor.ts';

export interface GradientCheckOptions {
  /** Shapes of the inputs that are differentiated. */
  readonly shapes: readonly (readonly number[])[];
  readonly build: (...inputs: readonly Value[]) => Value;
  /** Draws one input value; standard normal by default. */
  readonly draw?: (random: Random) => number;
  readonly step?: number;
  readonly tolerance?: number;
}

/**
 * Weighs the result's elements with fixed random numbers into a loss, and compares every partial derivative with
 * the five-point stencil (error O(h⁴)) of the loss, whose sum is formed in 64 bits to keep 32-bit noise small.
 */
export async function checkGradients(options: GradientCheckOptions): Promise<void> {
  const { shapes, build, draw = (random) => random.normal(), step = 0.03, tolerance = 2e-3 } = options;
  const random = Random.fromSeed(1);
  const graph = new Graph();
  const inputs = shapes.map((shape, i) => graph.input(`x${i}`, 'float32', shape));
  const result = build(...inputs);
  const size = result.shape.reduce<number>((product, dim) => product * Number(dim), 1);
  const weights = Float32Array.from({ length: size }, () => random.normal());
  const loss = reduceSum(mul(result, constant(floatTensor(result.shape.map(Number), weights))));
  const gradients = gradientsOf(loss, inputs);
  const session = await Session.create(
    encodeModel({
      graph,
      outputs: { result, ...Object.fromEntries(gradients.map((gradient, i) => [`d${i}`, gradient])) },
    }),
    { quickStart: true },
  );
  const feeds: Record<string, FloatTensor> = {};
  for (const [i, shape] of shapes.entries()) {
    const tensor = floatTensor(shape);
    for (let k = 0; k < tensor.data.length; k++) tensor.data[k] = draw(random);
    feeds[`x${i}`] = tensor;
  }
  const lossAt = async (): Promise<number> => {
    const { data } = (await session.run(feeds, {}, ['result']))['result'] as FloatTensor;
    return data.reduce((sum, value, i) => sum + value * weights[i]!, 0);
  };
  const outcome = await session.run(feeds);
  for (const [i, shape] of shapes.entries()) {
    const analytic = outcome[`d${i}`] as FloatTensor;
    assert.deepEqual([...analytic.shape], [...shape], `shape of gradient ${i}`);
    const { data } = feeds[`x${i}`]!;
    for (let k = 0; k < data.length; k++) {
      const held = data[k]!;
      let slope = 0;
      for (const [offset, weight] of STENCIL) {
        data[k] = held + offset * step;
        slope += (weight * (await lossAt())) / (12 * step);
      }
      data[k] = held;
      const error = Math.abs(slope - analytic.data[k]!);
      assert.ok(
        error <= tolerance * Math.max(1, Math.abs(slope)),
        `d${i}[${k}]: graph ${analytic.data[k]}, differences ${slope}`,
      );
    }
  }
  await session.release();
}

const STENCIL = [
  [-2, 1],
  [-1, -8],
  [1, 8],
  [2, -1],
] as const;
