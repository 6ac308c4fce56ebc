import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { add, mul } from '../operations/arithmetic.ts';
import { reduceMean } from '../operations/reductions.ts';
import { reduceSum } from '../operations/broadcast.ts';
import { concat, reshape, slice, split, transpose } from '../operations/layout.ts';
import { matmul } from '../operations/matmul.ts';
import { Session } from '../runtime/session.ts';
import { gradientsOf } from './differentiate.ts';
import { encodeModel } from './encode.ts';
import { Graph } from './graph.ts';
import { dimProduct } from './shape.ts';
import { floatTensor } from './tensor.ts';

describe('shapes', () => {
  it('are checked when the graph is built, with the operation and both shapes in the message', () => {
    const graph = new Graph();
    const a = graph.input('a', 'float32', [2, 3]);
    const b = graph.input('b', 'float32', [4, 2]);
    const ids = graph.input('ids', 'int32', [2]);
    assert.throws(() => add(a, b), /Add: .*\[2, 3\] and \[4, 2\]/);
    assert.throws(() => matmul(a, b), /MatMul: .*\[2, 3\] and \[4, 2\]/);
    assert.throws(() => concat([a, b], 0), /concat: .*\[2, 3\] and \[4, 2\]/);
    assert.throws(() => reshape(a, [4, 2]), /reshape: .*\[2, 3\] and \[4, 2\]/);
    assert.throws(() => split(a, [1, 1], 1), /split: .*\[2, 3\]/);
    assert.throws(() => slice(a, 1, 2, 5), /slice: .*\[2, 3\]/);
    assert.throws(() => slice(a, 2, 0, 1), /slice: no axis 2 in: \[2, 3\]/);
    assert.throws(() => transpose(a, [0, 0]), /transpose: .*\[2, 3\]/);
    assert.throws(() => mul(ids, ids), /Mul: needs float32, got int32/);
  });

  it('multiply named dimensions in one canonical form', () => {
    assert.equal(dimProduct([4, 'batch', 2]), '8*batch');
    assert.equal(dimProduct(['batch', 'a']), dimProduct(['a', 'batch']));
    assert.equal(dimProduct(['8*batch', 2]), '16*batch');
  });

  it('keep a named dimension through broadcasting, and refuse two different names', () => {
    const graph = new Graph();
    const a = graph.input('a', 'float32', ['batch', 3]);
    const b = graph.input('b', 'float32', ['other', 3]);
    const row = graph.input('row', 'float32', [1, 3]);
    assert.deepEqual(mul(a, row).shape, ['batch', 3]);
    assert.throws(() => mul(a, b), /\[batch, 3\] and \[other, 3\]/);
  });
});

describe('a graph', () => {
  it('runs with any size of a named dimension, forward and backward', async () => {
    const graph = new Graph();
    const x = graph.input('x', 'float32', ['batch', 2]);
    const loss = reduceMean(mul(x, x));
    const [gradient] = gradientsOf(loss, [x]);
    const session = await Session.create(encodeModel({ graph, outputs: { gradient: gradient! } }));
    for (const batch of [1, 3]) {
      const { gradient: dx } = await session.run({
        x: floatTensor([batch, 2], new Float32Array(2 * batch).fill(3)),
      });
      assert.deepEqual([...dx!.data], new Array(2 * batch).fill(3 / batch));
    }
    await session.release();
  });

  it('refuses values of another graph', () => {
    const a = new Graph().input('a', 'float32', [2]);
    const b = new Graph().input('b', 'float32', [2]);
    assert.throws(() => add(a, b), /belongs to another graph/);
  });

  it('refuses to differentiate what is no scalar or does not depend on the source', () => {
    const graph = new Graph();
    const a = graph.input('a', 'float32', [2]);
    const b = graph.input('b', 'float32', [2]);
    assert.throws(() => gradientsOf(a, [a]), /must be a scalar: \[2\]/);
    assert.throws(() => gradientsOf(reduceSum(a), [b]), /does not depend on b/);
  });

  it('gives the same bytes in every build', () => {
    const build = () => {
      const graph = new Graph();
      const x = graph.input('x', 'float32', ['batch', 2]);
      const w = graph.initialiser('w', floatTensor([2, 2], Float32Array.of(1, 2, 3, 4)));
      const loss = reduceSum(mul(matmul(x, w), 0.5));
      return encodeModel({ graph, outputs: { loss, dw: gradientsOf(loss, [w])[0]! } });
    };
    assert.deepEqual(build(), build());
  });
});

describe('a session', () => {
  it('says which input is missing or misshapen, and which bytes are no model', async () => {
    const graph = new Graph();
    const x = graph.input('x', 'float32', [2]);
    const session = await Session.create(encodeModel({ graph, outputs: { y: mul(x, 2) } }));
    await assert.rejects(session.run({}), /input x is missing/);
    await assert.rejects(session.run({ x: floatTensor([3]) }), /x \[3\]/);
    await session.release();
    await assert.rejects(Session.create(Uint8Array.of(1, 2, 3)), /refuses the model/);
  });

  it('writes into the memory that it is given', async () => {
    const graph = new Graph();
    const x = graph.input('x', 'float32', [2]);
    const session = await Session.create(encodeModel({ graph, outputs: { y: mul(x, 2) } }));
    const y = floatTensor([2]);
    await session.run({ x: floatTensor([2], Float32Array.of(1, 2)) }, { y });
    await session.release();
    assert.deepEqual([...y.data], [2, 4]);
  });
});
