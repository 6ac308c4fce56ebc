/** The base model: four TCN blocks and an LSTM. Source: QuantGod, `Hybrid_TCN_LSTM`. */
import type { Value } from '../neural/index.ts';
import {
  type Scope,
  type SequenceNetwork,
  gelu,
  linear,
  lstm,
  sequenceDropout,
  standardise,
  tcnBlock,
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
        x = tcnBlock(scope.within(`tcn.${i}`), x, {
          channels: config.channels,
          kernel: KERNEL,
          dilation,
          dropout: config.dropout / 2,
        });
      }
      const { hidden, layers, dropout } = config;
      const states = lstm(scope.within('lstm'), x, { hidden, layers, dropout, lastSteps });
      return head(scope.within('head'), states, hidden, classes);
    },
  };
}

/** `[N, B, hidden] → [N, B, classes]` */
function head(scope: Scope, states: Value, hidden: number, classes: number): Value {
  const inner = gelu(linear(scope.within('0'), states, Math.floor(hidden / 2)));
  return linear(scope.within('1'), sequenceDropout(scope.within('dropout'), inner, HEAD_DROPOUT), classes);
}
