/** A GRU that is trained by the engine's loop and served by ONNX's own operator, which is several times faster. */
import {
  type RecurrentOptions,
  type Scope,
  type Value,
  apply,
  concat,
  gru,
  reshape,
  slice,
  split,
  staticDim,
  uniformByFanIn,
} from '../neural/index.ts';

/** As the engine's `gru`, with the same weights; outside of training nothing flows back through it. */
export function servedGru(scope: Scope, x: Value, options: RecurrentOptions): Value {
  if (scope.training) return gru(scope, x, options);
  let states = x;
  for (let layer = 0; layer < options.layers; layer++)
    states = fusedLayer(scope, states, layer, options.hidden);
  return slice(states, 0, -options.lastSteps);
}

/**
 * `[T, B, in] → [T, B, hidden]`. ONNX's `GRU` orders its gates z, r, n where PyTorch has r, z, n, wants one axis for
 * directions, and both biases in one vector; `linear_before_reset` is cuDNN's and PyTorch's form.
 */
function fusedLayer(scope: Scope, x: Value, layer: number, hidden: number): Value {
  const [steps, batch] = x.shape;
  const inputs = staticDim('servedGru', x.shape, 2);
  const initialiser = uniformByFanIn(hidden);
  const weight = (name: string, columns: readonly number[]): Value => {
    const values = scope.parameter(`${name}_l${layer}`, [3 * hidden, ...columns], initialiser);
    const [r, z, n] = split(values, [hidden, hidden, hidden], 0) as [Value, Value, Value];
    return concat([z, r, n], 0);
  };
  const inputWeight = reshape(weight('weight_ih', [inputs]), [1, 3 * hidden, inputs]);
  const stateWeight = reshape(weight('weight_hh', [hidden]), [1, 3 * hidden, hidden]);
  const biases = reshape(concat([weight('bias_ih', []), weight('bias_hh', [])], 0), [1, 6 * hidden]);
  const states = apply({
    operation: 'GRU',
    inputs: [x, inputWeight, stateWeight, biases],
    shape: [steps!, 1, batch!, hidden],
    attributes: { hidden_size: { int: hidden }, linear_before_reset: { int: 1 } },
  });
  return reshape(states, [steps!, batch!, hidden]);
}
