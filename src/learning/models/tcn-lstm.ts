/** The base model: four TCN blocks and an LSTM. Source: QuantGod, `Hybrid_TCN_LSTM`. */
import type { Value } from '../neural/index.ts';
import {
  type Scope,
  type SequenceNetwork,
  add,
  batchNorm,
  causalConvolution,
  gelu,
  linear,
  lstm,
  sequenceDropout,
  standardise,
} from '../neural/index.ts';
import type { TcnLstmConfig } from './tcn-lstm-config.ts';

const DILATIONS = [1, 2, 4, 8] as const;
const KERNEL = 3;
const HEAD_DROPOUT = 0.4;

export function tcnLstmNetwork(config: TcnLstmConfig, features: number, classes: number): SequenceNetwork {
  return {
    features,
    classes,
    sequenceLength: config.sequenceLength,
    build: (scope, input, lastSteps) => {
      let x = standardise(scope, input);
      for (const [i, dilation] of DILATIONS.entries()) {
        x = tcnBlock(scope.within(`tcn.${i}`), x, config, dilation);
      }
      const { hidden, layers, dropout } = config;
      const states = lstm(scope.within('lstm'), x, { hidden, layers, dropout, lastSteps });
      return head(scope.within('head'), states, hidden, classes);
    },
  };
}

/** `[T, B, in] → [T, B, channels]`: causal convolution → batch norm → GELU → spatial dropout, plus a residual. */
function tcnBlock(scope: Scope, x: Value, config: TcnLstmConfig, dilation: number): Value {
  const { channels } = config;
  const convolved = causalConvolution(scope.within('conv'), x, { channels, kernel: KERNEL, dilation });
  const activated = gelu(batchNorm(scope.within('norm'), convolved));
  const dropped = sequenceDropout(scope.within('dropout'), activated, config.dropout / 2);
  const residual =
    x.shape.at(-1) === channels
      ? x
      : causalConvolution(scope.within('residual'), x, { channels, kernel: 1, dilation: 1 });
  return add(dropped, residual);
}

/** `[N, B, hidden] → [N, B, classes]` */
function head(scope: Scope, states: Value, hidden: number, classes: number): Value {
  const inner = gelu(linear(scope.within('0'), states, Math.floor(hidden / 2)));
  return linear(scope.within('1'), sequenceDropout(scope.within('dropout'), inner, HEAD_DROPOUT), classes);
}
