import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Graph } from '../graph/graph.ts';
import { add, mul } from '../operations/arithmetic.ts';
import { tanh } from '../operations/functions.ts';
import { reshape } from '../operations/layout.ts';
import { scan } from '../operations/scan.ts';
import { peakBytes } from './memory.ts';

describe('peakBytes', () => {
  it('counts what is alive together, not what was', () => {
    const graph = new Graph();
    let x = graph.input('x', 'float32', ['batch', 10]);
    for (let i = 0; i < 5; i++) x = tanh(x);
    // An operand and its result.
    assert.equal(peakBytes({ graph, outputs: { x } }, 7), 2 * 7 * 10 * 4);
  });

  it('counts what a later operation still reads', () => {
    const graph = new Graph();
    const x = graph.input('x', 'float32', ['batch', 10]);
    const a = tanh(x);
    const b = tanh(a);
    const y = add(mul(tanh(b), b), a);
    // While the product is made: a, b, tanh(b) and the product.
    assert.equal(peakBytes({ graph, outputs: { y } }, 1), 4 * 10 * 4);
  });

  it('counts a view once, and what nothing depends on not at all', () => {
    const graph = new Graph();
    const x = graph.input('x', 'float32', ['batch', 10]);
    const y = reshape(tanh(reshape(x, ['10*batch'])), ['batch', 2, 5]);
    tanh(graph.input('unused', 'float32', [1000]));
    assert.equal(peakBytes({ graph, outputs: { y } }, 3), 2 * 3 * 10 * 4);
  });

  it('counts all steps that a loop leaves', () => {
    const graph = new Graph();
    const x = graph.input('x', 'float32', [50, 'batch', 4]);
    const state = graph.input('state', 'float32', ['batch', 4]);
    const { states, outputs } = scan({
      states: [state],
      sequences: [x],
      body: ([s], [step]) => {
        const next = add(s!, step!);
        return { states: [next], outputs: [next] };
      },
    });
    const bytes = peakBytes({ graph, outputs: { last: states[0]!, all: outputs[0]! } }, 2);
    assert.equal(bytes, (2 * 50 + 2) * 2 * 4 * 4);
  });
});
