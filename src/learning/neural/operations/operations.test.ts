import { describe, it } from 'node:test';
import { checkGradients } from '../graph/gradient-check.ts';
import type { Value } from '../graph/graph.ts';
import { add, div, mul, negate, sub } from './arithmetic.ts';
import { expandLike, reduceSum } from './broadcast.ts';
import { clamp, erf, exp, gelu, log, power, relu, sigmoid, sqrt, tanh } from './functions.ts';
import { concat, pad, pick, reshape, slice, split, transpose } from './layout.ts';
import { matmul } from './matmul.ts';
import { normaliseRows } from './normalise.ts';
import { logSoftmax, logSumExp, reduceMean, softmax } from './reductions.ts';
import { scan } from './scan.ts';

interface Case {
  readonly shapes: readonly (readonly number[])[];
  readonly build: (...inputs: readonly Value[]) => Value;
  /** Keeps inputs away from where the function is not smooth or not defined. */
  readonly positive?: boolean;
}

const unary = (operation: (x: Value) => Value, positive = false): Case => ({
  shapes: [[2, 3]],
  build: (x) => operation(x),
  positive,
});

const binary = (operation: (a: Value, b: Value) => Value, a: number[], b: number[]): Case => ({
  shapes: [a, b],
  build: (x, y) => operation(x, y),
  positive: true,
});

/** Every differentiable operation. All shapes keep their rank of two or more in the first input: see the loop below. */
const CASES: Readonly<Record<string, Case>> = {
  add: binary(add, [2, 3], [2, 3]),
  'add, broadcast': binary(add, [2, 3], [3]),
  sub: binary(sub, [2, 3], [2, 3]),
  'sub, broadcast to a higher rank': binary(sub, [2, 3], [4, 1, 3]),
  mul: binary(mul, [2, 3], [2, 3]),
  'mul, broadcast': binary(mul, [2, 3], [2, 1]),
  'mul, broadcast to a higher rank': binary(mul, [2, 3], [4, 1, 3]),
  'mul, both broadcast': binary(mul, [1, 3], [2, 1]),
  div: binary(div, [2, 3], [2, 3]),
  'div, broadcast': binary(div, [2, 3], [1, 3]),
  negate: unary(negate),
  exp: unary(exp),
  log: unary(log, true),
  sqrt: unary(sqrt, true),
  tanh: unary(tanh),
  sigmoid: unary(sigmoid),
  erf: unary(erf),
  gelu: unary(gelu),
  'relu, above 0': unary(relu, true),
  'relu, below 0': unary((x) => relu(negate(x)), true),
  power: unary((x) => power(x, 2.5), true),
  'power of 1': unary((x) => power(x, 1), true),
  'clamp, within': unary((x) => clamp(x, 2), true),
  'clamp, beyond': unary((x) => add(clamp(x, 0.3), x), true),
  softmax: unary(softmax),
  logSoftmax: unary(logSoftmax),
  logSumExp: unary(logSumExp),
  normaliseRows: { shapes: [[2, 4], [4], [4]], build: (x, y, z) => normaliseRows(x, y, z, 1e-5) },
  'reduceSum, all': unary((x) => reduceSum(x)),
  'reduceSum, one axis': unary((x) => reduceSum(x, [0])),
  'reduceSum, kept': unary((x) => reduceSum(x, [-1], true)),
  'reduceMean, all': unary((x) => reduceMean(x)),
  'reduceMean, one axis': unary((x) => reduceMean(x, [1])),
  'reduceMean, kept': unary((x) => reduceMean(x, [0], true)),
  expandLike: {
    shapes: [
      [2, 1],
      [4, 2, 3],
    ],
    build: (x, y) => mul(expandLike(x, y), y),
  },
  reshape: unary((x) => reshape(x, [3, 2])),
  transpose: { shapes: [[2, 3, 4]], build: (x) => transpose(x, [2, 0, 1]) },
  slice: unary((x) => slice(x, 1, 1, 3)),
  'slice from the end': unary((x) => slice(x, -1, -2)),
  pad: unary((x) => pad(x, 0, 2, 1)),
  pick: unary((x) => pick(x, 0, -1)),
  concat: {
    shapes: [
      [2, 3],
      [2, 2],
    ],
    build: (x, y) => concat([x, y, x], 1),
  },
  split: {
    shapes: [[2, 5]],
    build: (x) => {
      const [first, , last] = split(x, [2, 1, 2], 1);
      return mul(first!, last!);
    },
  },
  'matmul, matrices': {
    shapes: [
      [2, 3],
      [3, 4],
    ],
    build: (x, y) => matmul(x, y),
  },
  'matmul, batch × matrix': {
    shapes: [
      [2, 2, 3],
      [3, 4],
    ],
    build: (x, y) => matmul(x, y),
  },
  'matmul, batch × batch': {
    shapes: [
      [2, 2, 3],
      [2, 3, 2],
    ],
    build: (x, y) => matmul(x, y),
  },
  'matmul, broadcast batches': {
    shapes: [
      [2, 3],
      [2, 3, 2],
    ],
    build: (x, y) => matmul(x, y),
  },
};

describe('gradients against finite differences', () => {
  for (const [name, { shapes, build, positive }] of Object.entries(CASES)) {
    const draw = positive ? { draw: (random: { uniform(): number }) => 0.5 + random.uniform() } : {};
    it(name, async () => {
      await checkGradients({ shapes, build, ...draw });
    });
    // In a loop the first operand changes from step to step, and the others are the same at every step.
    it(`${name}, in a loop`, async () => {
      await checkGradients({
        shapes: [[3, ...shapes[0]!], ...shapes.slice(1)],
        build: (x, ...others) =>
          scan({
            states: [],
            sequences: [x],
            body: (_, [slice]) => ({ states: [], outputs: [build(slice!, ...others)] }),
          }).outputs[0]!,
        ...draw,
      });
    });
  }
});
