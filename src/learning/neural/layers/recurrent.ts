/**
 * What LSTM and GRU share: PyTorch's weights, layers on top of each other, and one loop over time. A cell is only
 * its equations; the gradient of the loop follows from them.
 */
import type { Value } from '../graph/graph.ts';
import { staticDim } from '../graph/shape.ts';
import { zerosLike } from '../operations/fill.ts';
import { pick, reshape, slice, transpose } from '../operations/layout.ts';
import { scan } from '../operations/scan.ts';
import { sequenceDropout } from './dropout.ts';
import { uniformByFanIn } from './initialisers.ts';
import { affine } from './linear.ts';
import type { Scope } from './scope.ts';

export interface RecurrentOptions {
  readonly hidden: number;
  readonly layers: number;
  /** Between layers, on whole channels of a sequence (PyTorch drops single elements). */
  readonly dropout: number;
  /** How many steps of the last layer are wanted, counted from the end. */
  readonly lastSteps: number;
}

export interface CellStep {
  /** W_ih·x + the bias of {@link Cell.inputBias}, `[B, gates·hidden]`. */
  readonly projected: Value;
  /** `[B, hidden]` each. */
  readonly states: readonly Value[];
  /** W_hhᵀ, `[hidden, gates·hidden]`. */
  readonly weight: Value;
  /** b_hh, `[gates·hidden]`. */
  readonly bias: Value;
}

export interface Cell {
  /** Blocks of `hidden` rows in the weights. */
  readonly gates: number;
  /** How many tensors go from step to step. The first is what the layer puts out. */
  readonly states: number;
  /** What is added to W_ih·x before the loop, from b_ih and b_hh. */
  readonly inputBias: (input: Value, state: Value) => Value;
  readonly next: (step: CellStep) => readonly Value[];
}

/** `[T, B, in]` in order of time, from zero states → first states `[lastSteps, B, hidden]` of the last layer. */
export function recurrent(scope: Scope, x: Value, options: RecurrentOptions, cell: Cell): Value {
  const { layers, dropout, lastSteps } = options;
  const steps = staticDim('recurrent', x.shape, 0);
  let sequence = x;
  for (let layer = 0; layer < layers; layer++) {
    const input = layer === 0 ? x : sequenceDropout(scope.within(`dropout${layer}`), sequence, dropout);
    const wanted = layer === layers - 1 ? lastSteps : steps;
    sequence = recurrentLayer(scope, input, { ...options, layer, lastSteps: wanted, cell });
  }
  return sequence;
}

/** The inputs of all steps are multiplied at once, before the loop. */
function recurrentLayer(
  scope: Scope,
  x: Value,
  options: RecurrentOptions & { readonly layer: number; readonly cell: Cell },
): Value {
  const { hidden, layer, lastSteps, cell } = options;
  const inputs = staticDim('recurrent', x.shape, 2);
  const rows = cell.gates * hidden;
  const initialiser = uniformByFanIn(hidden);
  const inputWeight = scope.parameter(`weight_ih_l${layer}`, [rows, inputs], initialiser);
  const stateWeight = scope.parameter(`weight_hh_l${layer}`, [rows, hidden], initialiser);
  const inputBias = scope.parameter(`bias_ih_l${layer}`, [rows], initialiser);
  const stateBias = scope.parameter(`bias_hh_l${layer}`, [rows], initialiser);
  const projected = affine(x, transpose(inputWeight), cell.inputBias(inputBias, stateBias));
  const zeros = zerosLike(slice(pick(projected, 0, 0), 1, 0, hidden));
  const { states, outputs } = scan({
    states: new Array<Value>(cell.states).fill(zeros),
    sequences: [projected],
    body: (states, [step]) => {
      const next = cell.next({ projected: step!, states, weight: transpose(stateWeight), bias: stateBias });
      return { states: next, outputs: lastSteps === 1 ? [] : [next[0]!] };
    },
  });
  const last = states[0]!;
  return lastSteps === 1 ? reshape(last, [1, ...last.shape]) : slice(outputs[0]!, 0, -lastSteps);
}
