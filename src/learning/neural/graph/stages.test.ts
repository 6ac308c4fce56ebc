import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { allReduce } from '../operations/all-reduce.ts';
import { add, mul } from '../operations/arithmetic.ts';
import { reduceSum } from '../operations/broadcast.ts';
import { reshape } from '../operations/layout.ts';
import { scan } from '../operations/scan.ts';
import { Graph } from './graph.ts';
import { stagesOf } from './stages.ts';

const namesOf = (values: readonly { readonly name: string }[]) => values.map(({ name }) => name);

describe('stagesOf', () => {
  it('cuts before the first node that reads a sum, and forms independent sums together', () => {
    const graph = new Graph();
    const x = graph.input('x', 'float32', ['batch', 2]);
    const [ofX, ofSquares] = [reduceSum(x), reduceSum(mul(x, x))];
    const [first, second] = [allReduce(ofX), allReduce(ofSquares)];
    const result = reduceSum(add(mul(x, first), second));
    const [before, after, ...rest] = stagesOf(graph, [allReduce(result)]);
    assert.equal(rest.length, 0);
    assert.deepEqual(
      before!.sums.map(({ summand, total }) => [summand, total]),
      [
        [ofX, first],
        [ofSquares, second],
      ],
    );
    assert.deepEqual(namesOf(before!.outputs), namesOf([ofX, ofSquares]));
    assert.deepEqual(new Set(after!.inputs), new Set([x, first, second]));
    assert.deepEqual(namesOf(after!.outputs), namesOf([result]));
  });

  it('keeps what only one stage reads inside of it', () => {
    const graph = new Graph();
    const x = graph.input('x', 'float32', ['batch', 2]);
    const inside = mul(x, x);
    const kept = add(inside, 1);
    const stages = stagesOf(graph, [mul(kept, allReduce(reduceSum(kept)))]);
    assert.ok(!stages[0]!.outputs.includes(inside));
    assert.ok(stages[0]!.outputs.includes(kept));
  });

  it('makes a view anew where it is read, instead of copying it', () => {
    const graph = new Graph();
    const x = graph.input('x', 'float32', ['batch', 2]);
    const squares = mul(x, x);
    const view = reshape(squares, ['2*batch']);
    const stages = stagesOf(graph, [mul(view, allReduce(reduceSum(view)))]);
    assert.ok(stages[0]!.outputs.includes(squares));
    assert.ok(!stages[0]!.outputs.includes(view));
    assert.ok(stages[1]!.inputs.includes(squares));
  });

  it('refuses a loop that sums over shards', () => {
    const graph = new Graph();
    const x = graph.input('x', 'float32', [3, 'batch']);
    const { outputs } = scan({
      states: [],
      sequences: [x],
      body: (_, [row]) => ({ states: [], outputs: [allReduce(reduceSum(row!))] }),
    });
    assert.throws(() => stagesOf(graph, [outputs[0]!]), /a loop cannot sum over shards/);
  });
});
