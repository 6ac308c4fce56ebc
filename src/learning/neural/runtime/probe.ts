import { InvariantError } from '../../../domain/core/index.ts';
import { encodeModel } from '../graph/encode.ts';
import { Graph } from '../graph/graph.ts';
import { floatTensor } from '../graph/tensor.ts';
import { matmul } from '../operations/matmul.ts';
import { Session } from './session.ts';

/** Builds and runs the smallest model, `[[1, 2]] · [[3], [4]]`; says what computed it. @throws when it is not 11 */
export async function checkNeuralRuntime(): Promise<string> {
  const graph = new Graph();
  const product = matmul(graph.input('a', 'float32', [1, 2]), graph.input('b', 'float32', [2, 1]));
  const session = await Session.create(encodeModel({ graph, outputs: { product } }));
  try {
    const feeds = {
      a: floatTensor([1, 2], Float32Array.of(1, 2)),
      b: floatTensor([2, 1], Float32Array.of(3, 4)),
    };
    const value = Number((await session.run(feeds))['product']?.data[0]);
    if (value !== 11)
      throw new InvariantError(`a product that is 11 came out as ${value}`, { code: 'NEURAL_PROBE' });
    return 'computes';
  } finally {
    await session.release();
  }
}
