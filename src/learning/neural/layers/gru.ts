/** Gated recurrent unit (Cho et al. 2014) with PyTorch's equations, gate order and two biases. */
import type { Value } from '../graph/graph.ts';
import { add, mul, sub } from '../operations/arithmetic.ts';
import { sigmoid, tanh } from '../operations/functions.ts';
import { split, splitEvenly } from '../operations/layout.ts';
import { matmul } from '../operations/matmul.ts';
import { type Cell, type RecurrentOptions, recurrent } from './recurrent.ts';
import type { Scope } from './scope.ts';

/**
 * r, z = σ(W_ih·x + b_ih + W_hh·h + b_hh), n = tanh(W_in·x + b_in + r·(W_hn·h + b_hn)), h' = (1 − z)·n + z·h.
 * The reset gate is applied after the product with h (cuDNN's form), so b_hn cannot leave the loop.
 */
const CELL: Cell = {
  gates: 3,
  states: 1,
  inputBias: (input) => input,
  next: ({ projected, states, weight, bias }) => {
    const h = states[0]!;
    const hidden = Number(h.shape[1]);
    const [gatesOfInput, newOfInput] = split(projected, [2 * hidden, hidden], 1) as [Value, Value];
    const ofState = add(matmul(h, weight), bias);
    const [gatesOfState, newOfState] = split(ofState, [2 * hidden, hidden], 1) as [Value, Value];
    const [r, z] = splitEvenly(sigmoid(add(gatesOfInput, gatesOfState)), 2, 1) as [Value, Value];
    const n = tanh(add(newOfInput, mul(r, newOfState)));
    return [add(n, mul(z, sub(h, n)))];
  },
};

/** `[T, B, in]` in order of time, from a zero state → hidden states `[lastSteps, B, hidden]` of the last layer. */
export function gru(scope: Scope, x: Value, options: RecurrentOptions): Value {
  return recurrent(scope, x, options, CELL);
}
