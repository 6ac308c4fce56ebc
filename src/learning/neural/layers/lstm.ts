/** Long short-term memory (Hochreiter & Schmidhuber 1997) with PyTorch's equations, gate order and two biases. */
import type { Value } from '../graph/graph.ts';
import { add, mul } from '../operations/arithmetic.ts';
import { sigmoid, tanh } from '../operations/functions.ts';
import { splitEvenly } from '../operations/layout.ts';
import { matmul } from '../operations/matmul.ts';
import { type Cell, type RecurrentOptions, recurrent } from './recurrent.ts';
import type { Scope } from './scope.ts';

/** i, f, o = σ(…), g = tanh(…) of W_ih·x + b_ih + W_hh·h + b_hh; c' = f·c + i·g; h' = o·tanh(c'). */
export const LSTM_CELL: Cell = {
  gates: 4,
  states: 2,
  inputBias: add,
  next: ({ projected, states: [h, c], weight }) => {
    const gates = add(projected, matmul(h!, weight));
    const [i, f, g, o] = splitEvenly(gates, 4, 1) as [Value, Value, Value, Value];
    const cell = add(mul(sigmoid(f), c!), mul(sigmoid(i), tanh(g)));
    return [mul(sigmoid(o), tanh(cell)), cell];
  },
};

/** `[T, B, in]` in order of time, from zero states → hidden states `[lastSteps, B, hidden]` of the last layer. */
export function lstm(scope: Scope, x: Value, options: RecurrentOptions): Value {
  return recurrent(scope, x, options, LSTM_CELL);
}
