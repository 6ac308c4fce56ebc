import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodeModel } from '../graph/encode.ts';
import { checkGradients } from '../graph/gradient-check.ts';
import { Graph, type Value } from '../graph/graph.ts';
import { floatTensor } from '../graph/tensor.ts';
import { Session } from '../runtime/session.ts';
import { hideSteps } from './mask-token.ts';
import { Scope } from './scope.ts';

const HIDDEN = floatTensor([3, 1], Float32Array.of(0, 1, 0));

function hidden(x: Value, token: Value): Value {
  const none = () => {
    throw new Error('no buffers');
  };
  const scope = new Scope({
    graph: x.graph!,
    training: true,
    parameters: () => token,
    buffers: none,
    updates: new Map(),
    masks: [],
  });
  return hideSteps(scope, x, x.graph!.initialiser('hidden', HIDDEN));
}

describe('hideSteps', () => {
  it('puts the token in the place of hidden steps', async () => {
    const graph = new Graph();
    const y = hidden(graph.input('x', 'float32', [3, 1, 2]), graph.input('token', 'float32', [2]));
    const session = await Session.create(encodeModel({ graph, outputs: { y } }));
    const results = await session.run({
      x: floatTensor([3, 1, 2], Float32Array.of(1, 2, 3, 4, 5, 6)),
      token: floatTensor([2], Float32Array.of(-7, -8)),
    });
    await session.release();
    assert.deepEqual([...results['y']!.data], [1, 2, -7, -8, 5, 6]);
  });

  it('has the gradient of finite differences, by input and token', async () => {
    await checkGradients({ shapes: [[3, 1, 2], [2]], build: hidden });
  });

  it('names the shapes when the mask does not fit', () => {
    const graph = new Graph();
    const token = graph.input('token', 'float32', [2]);
    assert.throws(
      () => hidden(graph.input('x', 'float32', [4, 1, 2]), token),
      /hideSteps: .*\[4, 1, 2\] and \[3, 1\]/,
    );
  });
});
