/** Long short-term memory (Hochreiter & Schmidhuber 1997) with PyTorch's equations, gate order and two biases. */
import type { Value } from '../graph/graph.ts';
import { staticDim } from '../graph/shape.ts';
import { add, mul } from '../operations/arithmetic.ts';
import { zerosLike } from '../operations/fill.ts';
import { sigmoid, tanh } from '../operations/functions.ts';
import { pick, reshape, slice, splitEvenly, transpose } from '../operations/layout.ts';
import { matmul } from '../operations/matmul.ts';
import { scan } from '../operations/scan.ts';
import { sequenceDropout } from './dropout.ts';
import { uniformByFanIn } from './initialisers.ts';
import { affine } from './linear.ts';
import type { Scope } from './scope.ts';

export interface LstmOptions {
  readonly hidden: number;
  readonly layers: number;
  /** Between layers, on whole channels of a sequence. */
  readonly dropout: number;
  /** How many steps of the last layer are wanted, counted from the end. */
  readonly lastSteps: number;
}

/** `[T, B, in]` in order of time, from zero states → hidden states `[lastSteps, B, hidden]` of the last layer. */
export function lstm(scope: Scope, x: Value, options: LstmOptions): Value {
  const { hidden, layers, dropout, lastSteps } = options;
  const steps = staticDim('lstm', x.shape, 0);
  let sequence = x;
  for (let layer = 0; layer < layers; layer++) {
    const input = layer === 0 ? x : sequenceDropout(scope.within(`dropout${layer}`), sequence, dropout);
    const wanted = layer === layers - 1 ? lastSteps : steps;
    sequence = lstmLayer(scope, input, { hidden, layer, lastSteps: wanted });
  }
  return sequence;
}

/**
 * i, f, o = σ(…), g = tanh(…) of W_ih·x + b_ih + W_hh·h + b_hh; c' = f·c + i·g; h' = o·tanh(c').
 * The inputs of all steps are multiplied at once, before the loop.
 */
function lstmLayer(
  scope: Scope,
  x: Value,
  options: { readonly hidden: number; readonly layer: number; readonly lastSteps: number },
): Value {
  const { hidden, layer, lastSteps } = options;
  const inputs = staticDim('lstm', x.shape, 2);
  const initialiser = uniformByFanIn(hidden);
  const inputWeight = scope.parameter(`weight_ih_l${layer}`, [4 * hidden, inputs], initialiser);
  const stateWeight = scope.parameter(`weight_hh_l${layer}`, [4 * hidden, hidden], initialiser);
  const inputBias = scope.parameter(`bias_ih_l${layer}`, [4 * hidden], initialiser);
  const stateBias = scope.parameter(`bias_hh_l${layer}`, [4 * hidden], initialiser);
  const projected = affine(x, transpose(inputWeight), add(inputBias, stateBias));
  const zeros = zerosLike(slice(pick(projected, 0, 0), 1, 0, hidden));
  const { states, outputs } = scan({
    states: [zeros, zeros],
    sequences: [projected],
    body: ([h, c], [step]) => {
      const gates = add(step!, matmul(h!, transpose(stateWeight)));
      const [i, f, g, o] = splitEvenly(gates, 4, 1) as [Value, Value, Value, Value];
      const cell = add(mul(sigmoid(f), c!), mul(sigmoid(i), tanh(g)));
      const next = mul(sigmoid(o), tanh(cell));
      return { states: [next, cell], outputs: lastSteps === 1 ? [] : [next] };
    },
  });
  const last = states[0]!;
  return lastSteps === 1 ? reshape(last, [1, ...last.shape]) : slice(outputs[0]!, 0, -lastSteps);
}
