/**
 * The base model: four TCN blocks and an LSTM, over a window or bar by bar. Source: QuantGod, `Hybrid_TCN_LSTM`.
 */
import type { Value } from '../neural/index.ts';
import {
  LSTM_CELL,
  type Scope,
  type SequenceNetwork,
  affine,
  concat,
  gelu,
  linear,
  lstm,
  pick,
  reshape,
  sequenceDropout,
  slice,
  split,
  standardise,
  tcnBlock,
  transpose,
  uniformByFanIn,
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

/** What one bar leaves for the next: the last inputs of every TCN block, then h and c of every LSTM layer. */
function stateShapes({ channels, hidden, layers }: TcnLstmConfig, features: number): readonly number[][] {
  const histories = DILATIONS.map((dilation, i) => [
    (KERNEL - 1) * dilation,
    1,
    i === 0 ? features : channels,
  ]);
  const states = Array.from({ length: 2 * layers }, () => [1, hidden]);
  return [...histories, ...states];
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((size, dim) => size * dim, 1);

/** Length of the state vector of {@link tcnLstmStep}. */
export function tcnLstmStateSize(config: TcnLstmConfig, features: number): number {
  return stateShapes(config, features).reduce((sum, shape) => sum + sizeOf(shape), 0);
}

/**
 * One bar of the serving network, from the same weights: raw `bar [1, 1, features]` and `state [S]` →
 * `logits [1, 1, classes]` and the state for the next bar. A state of zeros stands before the first bar of a window.
 */
export function tcnLstmStep(
  scope: Scope,
  inputs: { readonly bar: Value; readonly state: Value },
  { config, classes }: { readonly config: TcnLstmConfig; readonly classes: number },
): { readonly logits: Value; readonly state: Value } {
  const { channels, hidden, layers } = config;
  const shapes = stateShapes(config, Number(inputs.bar.shape.at(-1)));
  const pieces = split(inputs.state, shapes.map(sizeOf), 0).map((piece, i) => reshape(piece, shapes[i]!));
  const next: Value[] = [];
  let x = standardise(scope, inputs.bar);
  for (const [i, dilation] of DILATIONS.entries()) {
    const history = pieces[i]!;
    // The bars under the kernel's taps side by side: on them the block is one without dilation.
    const taps = Array.from({ length: KERNEL - 1 }, (_, k) =>
      slice(history, 0, k * dilation, k * dilation + 1),
    );
    next.push(concat([slice(history, 0, 1), x], 0));
    const options = { channels, kernel: KERNEL, dilation: 1, dropout: 0 };
    x = slice(tcnBlock(scope.within(`tcn.${i}`), concat([...taps, x], 0), options), 0, -1);
  }
  let row = pick(x, 0, 0);
  for (let layer = 0; layer < layers; layer++) {
    const at = DILATIONS.length + 2 * layer;
    const states = lstmStep(scope.within('lstm'), row, { layer, hidden, states: pieces.slice(at, at + 2) });
    next.push(...states);
    row = states[0]!;
  }
  const logits = head(scope.within('head'), reshape(row, [1, 1, hidden]), hidden, classes);
  const flat = next.map((value) => reshape(value, [sizeOf(value.shape.map(Number))]));
  return { logits, state: concat(flat, 0) };
}

/** `[1, in]` and `[h, c]`, `[1, hidden]` each → the next `[h, c]`. */
function lstmStep(
  scope: Scope,
  x: Value,
  options: { readonly layer: number; readonly hidden: number; readonly states: readonly Value[] },
): readonly Value[] {
  const { layer, hidden, states } = options;
  const rows = LSTM_CELL.gates * hidden;
  const initialiser = uniformByFanIn(hidden);
  const weight = (name: string, shape: readonly number[]) =>
    scope.parameter(`${name}_l${layer}`, shape, initialiser);
  const inputWeight = weight('weight_ih', [rows, Number(x.shape[1])]);
  const stateWeight = weight('weight_hh', [rows, hidden]);
  const inputBias = weight('bias_ih', [rows]);
  const bias = weight('bias_hh', [rows]);
  const projected = affine(x, transpose(inputWeight), LSTM_CELL.inputBias(inputBias, bias));
  return LSTM_CELL.next({ projected, states, weight: transpose(stateWeight), bias });
}
