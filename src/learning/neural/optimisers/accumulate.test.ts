import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../../../domain/core/index.ts';
import { gradientsOf } from '../graph/differentiate.ts';
import { encodeModel } from '../graph/encode.ts';
import { Graph } from '../graph/graph.ts';
import { type FloatTensor, floatTensor, intTensor, scalarTensor } from '../graph/tensor.ts';
import { crossEntropy } from '../losses/cross-entropy.ts';
import { reshape } from '../operations/layout.ts';
import { matmul } from '../operations/matmul.ts';
import { Session } from '../runtime/session.ts';
import { accumulateGradient, meanGradient } from './accumulate.ts';

const SIZE = 12;

function encodeModels() {
  const graph = new Graph();
  const weights = graph.input('weights', 'float32', [SIZE]);
  const x = graph.input('x', 'float32', ['batch', 4]);
  const labels = graph.input('labels', 'int32', ['batch']);
  const state = { sum: graph.input('sum', 'float32', [SIZE]), weight: graph.input('weight', 'float32', []) };
  const { loss, weight } = crossEntropy(matmul(x, reshape(weights, [4, 3])), labels, {
    classWeights: [2, 1, 5],
  });
  const [gradient] = gradientsOf(loss, [weights]);
  const next = accumulateGradient(state, gradient!, weight);
  const mean = new Graph();
  const total = { sum: mean.input('sum', 'float32', [SIZE]), weight: mean.input('weight', 'float32', []) };
  return {
    gradients: encodeModel({ graph, outputs: { 'next.sum': next.sum, 'next.weight': next.weight } }),
    means: encodeModel({ graph: mean, outputs: { mean: meanGradient(total) } }),
  };
}

describe('gradient accumulation', () => {
  it('gives the gradient of one large batch, whatever the small ones weigh', async () => {
    const { gradients, means } = encodeModels();
    const [step, finish] = [await Session.create(gradients), await Session.create(means)];
    const random = Random.fromSeed(5);
    const normals = (count: number) => Float32Array.from({ length: count }, () => random.normal());
    const weights = floatTensor([SIZE], normals(SIZE));
    const x = normals(9 * 4);
    const labels = Int32Array.of(0, 1, 1, 2, -1, 1, 0, 2, 1);
    const accumulated = async (borders: readonly number[]): Promise<Float32Array> => {
      let [sum, weight] = [floatTensor([SIZE]), scalarTensor(0)];
      for (const [i, end] of borders.slice(1).entries()) {
        const start = borders[i]!;
        const results = await step.run({
          weights,
          sum,
          weight,
          x: floatTensor([end - start, 4], x.slice(4 * start, 4 * end)),
          labels: intTensor([end - start], labels.slice(start, end)),
        });
        [sum, weight] = [results['next.sum'] as FloatTensor, results['next.weight'] as FloatTensor];
      }
      return (await finish.run({ sum, weight }))['mean']!.data as Float32Array;
    };
    const whole = await accumulated([0, 9]);
    const parts = await accumulated([0, 2, 3, 9]);
    await step.release();
    await finish.release();
    for (const [i, value] of parts.entries()) assert.ok(Math.abs(value - whole[i]!) < 1e-6);
    assert.ok(whole.some((value) => Math.abs(value) > 0.01));
  });
});
