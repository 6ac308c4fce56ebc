import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodeModel } from '../graph/encode.ts';
import { checkGradients } from '../graph/gradient-check.ts';
import { Graph } from '../graph/graph.ts';
import { floatTensor, intTensor } from '../graph/tensor.ts';
import { Session } from '../runtime/session.ts';
import { crossEntropy } from './cross-entropy.ts';

const LABELS = Int32Array.of(0, -1, 2, 1);
const WEIGHTS = [2, 1, 3];

describe('crossEntropy', () => {
  it('is the mean of −ln p weighted by class, over steps with a label', async () => {
    const graph = new Graph();
    const logits = graph.input('logits', 'float32', [2, 'batch', 3]);
    const labels = graph.input('labels', 'int32', [2, 'batch']);
    const session = await Session.create(
      encodeModel({ graph, outputs: { ...crossEntropy(logits, labels, { classWeights: WEIGHTS }) } }),
    );
    const values = Float32Array.of(1, 2, 3, 9, 9, 9, 0, 1, 0, 2, 0, -1);
    const { loss, weight } = await session.run({
      logits: floatTensor([2, 2, 3], values),
      labels: intTensor([2, 2], LABELS),
    });
    await session.release();
    let sum = 0;
    let total = 0;
    for (const [i, label] of LABELS.entries()) {
      if (label < 0) continue;
      const row = values.subarray(3 * i, 3 * i + 3);
      const logSum = Math.log(row.reduce((s, v) => s + Math.exp(v), 0));
      sum += WEIGHTS[label]! * (logSum - row[label]!);
      total += WEIGHTS[label]!;
    }
    assert.ok(Math.abs(Number(loss!.data[0]) - sum / total) < 1e-6);
    assert.equal(Number(weight!.data[0]), total);
  });

  it('has the gradient of finite differences', async () => {
    await checkGradients({
      shapes: [[2, 2, 3]],
      build: (logits) => {
        const labels = logits.graph!.initialiser('labels', intTensor([2, 2], LABELS));
        return crossEntropy(logits, labels, { classWeights: WEIGHTS }).loss;
      },
    });
  });

  it('names the shapes when labels do not fit', () => {
    const graph = new Graph();
    const logits = graph.input('logits', 'float32', [2, 4, 3]);
    const labels = graph.input('labels', 'int32', [4, 2]);
    assert.throws(() => crossEntropy(logits, labels, { classWeights: WEIGHTS }), /\[2, 4, 3\] and \[4, 2\]/);
  });
});
