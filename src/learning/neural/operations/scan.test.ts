import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodeModel } from '../graph/encode.ts';
import { checkGradients } from '../graph/gradient-check.ts';
import { Graph, type Value } from '../graph/graph.ts';
import { floatTensor } from '../graph/tensor.ts';
import { Session } from '../runtime/session.ts';
import { add, mul } from './arithmetic.ts';
import { tanh } from './functions.ts';
import { concat, pick, reshape, slice, transpose } from './layout.ts';
import { matmul } from './matmul.ts';
import { scan } from './scan.ts';

/** h' = tanh(x + h·W), the smallest recurrence with a weight. */
function recurrence(sequence: Value, start: Value, weight: Value, reverse = false) {
  return scan({
    states: [start],
    sequences: [sequence],
    reverse,
    body: ([h], [x]) => {
      const next = tanh(add(x!, matmul(h!, weight)));
      return { states: [next], outputs: [next] };
    },
  });
}

const SHAPES = [
  [4, 2, 3],
  [2, 3],
  [3, 3],
] as const;

describe('scan', () => {
  it('adds up as a plain loop does, from either end', async () => {
    const graph = new Graph();
    const x = graph.input('x', 'float32', ['steps', 1]);
    const start = graph.input('start', 'float32', [1]);
    const sum = (reverse: boolean) =>
      scan({
        states: [start],
        sequences: [x],
        reverse,
        body: ([total], [value]) => {
          const next = add(total!, value!);
          return { states: [next], outputs: [next] };
        },
      });
    const forward = sum(false);
    const backward = sum(true);
    const session = await Session.create(
      encodeModel({
        graph,
        outputs: { forward: forward.outputs[0]!, backward: backward.outputs[0]!, last: backward.states[0]! },
      }),
    );
    const {
      forward: up,
      backward: down,
      last,
    } = await session.run({
      x: floatTensor([3, 1], Float32Array.of(1, 2, 4)),
      start: floatTensor([1], Float32Array.of(10)),
    });
    await session.release();
    assert.deepEqual([...up!.data], [11, 13, 17]);
    assert.deepEqual([...down!.data], [17, 16, 14]);
    assert.deepEqual([...last!.data], [17]);
  });

  it('differentiates by sequence, initial state and weight, through every output', async () => {
    await checkGradients({ shapes: SHAPES, build: (x, h, w) => recurrence(x, h, w).outputs[0]! });
  });

  it('differentiates through the last state alone', async () => {
    await checkGradients({ shapes: SHAPES, build: (x, h, w) => recurrence(x, h, w).states[0]! });
  });

  it('differentiates a loop that runs backwards', async () => {
    await checkGradients({ shapes: SHAPES, build: (x, h, w) => recurrence(x, h, w, true).outputs[0]! });
  });

  it('accumulates step by step where one operation after the loop cannot do it', async () => {
    // A weight on the left, a weight that is concatenated, and a weight of lower rank than its stack.
    await checkGradients({
      shapes: [[3, 2, 2], [2, 2], [2, 2], [2]],
      build: (x, left, joined, scale) =>
        scan({
          states: [],
          sequences: [x],
          body: (_, [value]) => {
            const product = matmul(left, concat([value!, joined], 1));
            const row = pick(value!, 0, 0);
            return { states: [], outputs: [mul(product, reshape(mul(row, scale), [2, 1]))] };
          },
        }).outputs[0]!,
    });
  });

  it('takes what does not change out of the loop', () => {
    const graph = new Graph();
    const weight = graph.input('w', 'float32', [3, 3]);
    const x = graph.input('x', 'float32', [4, 2, 3]);
    scan({
      states: [],
      sequences: [x],
      body: (_, [value]) => ({ states: [], outputs: [matmul(value!, transpose(weight))] }),
    });
    assert.deepEqual(
      graph.nodes.map((node) => node.operation),
      ['Transpose', 'Scan'],
    );
  });

  it('differentiates a loop within a loop', async () => {
    await checkGradients({
      shapes: [
        [3, 4, 2, 3],
        [2, 3],
        [3, 3],
      ],
      build: (x, start, weight) =>
        scan({
          states: [start],
          sequences: [x],
          body: ([h], [inner]) => {
            const { states, outputs } = recurrence(inner!, h!, weight);
            return { states: [...states], outputs: [outputs[0]!] };
          },
        }).outputs[0]!,
    });
  });

  it('ignores outputs that the loss does not depend on', async () => {
    await checkGradients({
      shapes: SHAPES,
      build: (x, h, w) => slice(recurrence(x, h, w).outputs[0]!, 0, 1, 3),
    });
  });

  it('names the shapes when a state changes its shape or sequences differ in length', () => {
    const graph = new Graph();
    const x = graph.input('x', 'float32', [4, 2, 3]);
    const y = graph.input('y', 'float32', [5, 2, 3]);
    const h = graph.input('h', 'float32', [2, 3]);
    const body = () => ({ states: [transpose(h)], outputs: [] });
    assert.throws(() => scan({ states: [h], sequences: [x], body }), /Scan: state 0 .*\[2, 3\] and \[3, 2\]/);
    assert.throws(
      () => scan({ states: [h], sequences: [x, y], body }),
      /Scan: .*\[4, 2, 3\] and \[5, 2, 3\]/,
    );
  });
});
