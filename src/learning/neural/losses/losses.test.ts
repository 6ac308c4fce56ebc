/** Gradients and limits of all losses; values stand against PyTorch's in `../golden/losses.test.ts`. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConfigError } from '../../../domain/core/index.ts';
import { gradientsOf } from '../graph/differentiate.ts';
import { encodeModel } from '../graph/encode.ts';
import { checkGradients } from '../graph/gradient-check.ts';
import { Graph, type Value } from '../graph/graph.ts';
import { type Tensor, floatTensor, intTensor } from '../graph/tensor.ts';
import { add } from '../operations/arithmetic.ts';
import { scan } from '../operations/scan.ts';
import { Session } from '../runtime/session.ts';
import { infoNce, ntXent } from './contrastive.ts';
import { crossEntropy } from './cross-entropy.ts';
import { huber, maskedReconstruction, meanSquaredError } from './regression.ts';

/** Baked into the outermost graph of `like`, which may be the body of a loop. */
function given(like: Value, tensor: Tensor): Value {
  let graph = like.graph!;
  while (graph.parent !== undefined) graph = graph.parent;
  return graph.initialiser('given', tensor);
}

const labels = (like: Value) => given(like, intTensor([3, 2], Int32Array.of(0, -1, 2, 1, 1, 0)));
const rows = (like: Value) => given(like, floatTensor([3], Float32Array.of(1, 0, 1)));
const TAU = { temperature: 0.5 };

interface Case {
  readonly shapes: readonly (readonly number[])[];
  readonly build: (...inputs: readonly Value[]) => Value;
}

const pair = (build: (a: Value, b: Value) => Value): Case => ({
  shapes: [
    [3, 2],
    [3, 2],
  ],
  build: (a, b) => build(a, b),
});

const classWeights = [2, 1, 3];
const CASES: Readonly<Record<string, Case>> = {
  'cross-entropy with smoothing': {
    shapes: [[3, 2, 3]],
    build: (logits) => crossEntropy(logits, labels(logits), { classWeights, labelSmoothing: 0.2 }).loss,
  },
  'cross-entropy with focus and smoothing': {
    shapes: [[3, 2, 3]],
    build: (logits) =>
      crossEntropy(logits, labels(logits), { classWeights, labelSmoothing: 0.1, focalGamma: 2 }).loss,
  },
  'mean squared error': pair((a, b) => meanSquaredError(a, b).loss),
  'mean squared error, masked': pair((a, b) => meanSquaredError(a, b, rows(a)).loss),
  'masked reconstruction': pair((a, b) => maskedReconstruction(a, b, rows(a)).loss),
  // Far from |e| = δ, where the second derivative jumps.
  'huber, small errors': pair((a, b) => huber(a, b, { delta: 50 }).loss),
  'huber, large errors': pair((a, b) => huber(a, b, { delta: 1e-3, mask: rows(a) }).loss),
  infoNce: pair((a, b) => infoNce(a, b, TAU).loss),
  'infoNce, masked': pair((a, b) => infoNce(a, b, { ...TAU, mask: rows(a) }).loss),
  ntXent: pair((a, b) => ntXent(a, b, TAU).loss),
  'ntXent, masked': pair((a, b) => ntXent(a, b, { ...TAU, mask: rows(a) }).loss),
};

describe('losses, gradients against finite differences', () => {
  for (const [name, { shapes, build }] of Object.entries(CASES)) {
    it(name, async () => {
      await checkGradients({ shapes, build, step: 0.01 });
    });
    it(`${name}, in a loop`, async () => {
      await checkGradients({
        shapes: [[2, ...shapes[0]!], ...shapes.slice(1)],
        build: (x, ...others) =>
          scan({
            states: [],
            sequences: [x],
            body: (_, [slice]) => ({ states: [], outputs: [build(slice!, ...others)] }),
          }).outputs[0]!,
        step: 0.01,
      });
    });
  }
});

/** Loss and gradient by `a` of one run. */
async function run(loss: (a: Value, b: Value) => Value, a: readonly number[], b: readonly number[]) {
  const graph = new Graph();
  const shape = [a.length / 2, 2];
  const left = graph.input('a', 'float32', shape);
  const result = loss(left, graph.input('b', 'float32', shape));
  const [gradient] = gradientsOf(result, [left]);
  const session = await Session.create(encodeModel({ graph, outputs: { result, gradient: gradient! } }));
  const outcome = await session.run({
    a: floatTensor(shape, Float32Array.from(a)),
    b: floatTensor(shape, Float32Array.from(b)),
  });
  await session.release();
  return {
    loss: Number(outcome['result']!.data[0]),
    gradient: Array.from(outcome['gradient']!.data, Number),
  };
}

describe('losses', () => {
  it('contrastive: lowest where views agree and differ from others', async () => {
    const [a, b] = [
      [1, 0, 0, 1],
      [2, 0, 0, 3],
    ];
    for (const loss of [infoNce, ntXent]) {
      const alike = await run((x, y) => loss(x, y, { temperature: 0.1 }).loss, a, b);
      const swapped = await run((x, y) => loss(x, y, { temperature: 0.1 }).loss, a, [0, 3, 2, 0]);
      assert.ok(alike.loss < 1e-3, `${alike.loss}`);
      assert.ok(swapped.loss > 9, `${swapped.loss}`);
    }
  });

  it('contrastive: stay finite for a row of zeros, forward and backward', async () => {
    for (const loss of [infoNce, ntXent]) {
      const outcome = await run((x, y) => loss(x, y, TAU).loss, [0, 0, 1, 2], [1, 1, 0, 0]);
      assert.ok([outcome.loss, ...outcome.gradient].every(Number.isFinite));
    }
  });

  it('focal: finite gradients where a probability is 1', async () => {
    const outcome = await run(
      (x, y) => {
        const label = given(x, intTensor([1], Int32Array.of(1)));
        return crossEntropy(add(x, y), label, { classWeights: [1, 1], focalGamma: 1.5 }).loss;
      },
      [-200, 200],
      [0, 0],
    );
    assert.ok([outcome.loss, ...outcome.gradient].every(Number.isFinite));
  });

  it('refuse settings outside their range', () => {
    const logits = new Graph().input('logits', 'float32', [3, 2, 3]);
    assert.throws(
      () => crossEntropy(logits, labels(logits), { classWeights, labelSmoothing: 1, focalGamma: 0.5 }),
      (error: ConfigError) => {
        assert.deepEqual(
          error.problems.map(({ path }) => path),
          ['labelSmoothing', 'focalGamma'],
        );
        return error instanceof ConfigError;
      },
    );
    assert.throws(() => huber(logits, logits, { delta: 0 }), /delta must be above 0, is 0/);
  });

  it('name the shapes that do not fit', () => {
    const graph = new Graph();
    const a = graph.input('a', 'float32', [3, 2]);
    const b = graph.input('b', 'float32', [2, 3]);
    const mask = graph.input('mask', 'float32', [2]);
    assert.throws(() => meanSquaredError(a, b), /meanSquaredError: .*\[3, 2\] and \[2, 3\]/);
    assert.throws(() => huber(a, a, { delta: 1, mask }), /huber: .*\[3, 2\] and \[2\]/);
    assert.throws(() => infoNce(a, b, TAU), /infoNce: .*\[3, 2\] and \[2, 3\]/);
    assert.throws(() => ntXent(a, a, { ...TAU, mask }), /ntXent: .*\[3, 2\] and \[2\]/);
  });
});
