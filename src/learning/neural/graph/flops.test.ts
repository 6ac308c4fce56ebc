import assert from 'node:assert/strict';
import { it } from 'node:test';
import { matmul } from '../operations/matmul.ts';
import { scan } from '../operations/scan.ts';
import { matrixFlops } from './flops.ts';
import { Graph } from './graph.ts';

it('counts matrix products, those of a loop at every step', () => {
  const graph = new Graph();
  const x = graph.input('x', 'float32', [7, 'batch', 3]);
  const w = graph.input('w', 'float32', [3, 3]);
  const once = matmul(x, w);
  const h = graph.input('h', 'float32', ['batch', 3]);
  const { states } = scan({
    states: [h],
    sequences: [once],
    body: ([state]) => ({ states: [matmul(state!, w)], outputs: [] }),
  });
  const eachStep = 2 * 5 * 3 * 3;
  assert.equal(matrixFlops({ graph, outputs: { once } }, { batch: 5 }), 7 * eachStep);
  assert.equal(matrixFlops({ graph, outputs: { once, h: states[0]! } }, { batch: 5 }), 14 * eachStep);
});
