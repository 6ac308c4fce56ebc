/**
 * MicroNet: the last candles through a causal branch, joined with MacroNet's embedding, into a score or three classes.
 * Every step of a sequence may be asked for an answer, so that one sequence teaches many labels.
 */
import { CLASS_COUNT } from '../../domain/core/index.ts';
import {
  BATCH,
  type Loss,
  type Scope,
  type Value,
  add,
  concat,
  crossEntropy,
  div,
  exp,
  filledWith,
  gelu,
  huber,
  linear,
  logSoftmax,
  maskedMean,
  meanSquaredError,
  mul,
  negate,
  reduceSum,
  reshape,
  sequenceDropout,
  slice,
  staticDim,
  sub,
  tanh,
  tcnBlock,
} from '../neural/index.ts';
import type { MicroConfig, MicroTrainingConfig } from './micro-config.ts';
import type { Objective } from './objective.ts';
import { servedGru } from './served-gru.ts';

const KERNEL = 3;

/** Buffers `[embedding]` with the statistics of the embeddings that were learned from. */
export const EMBEDDING_MEAN = 'embedding.mean';
export const EMBEDDING_DEVIATION = 'embedding.deviation';

export interface MicroInputs {
  /** Scaled features `[T, B, F]`. */
  readonly x: Value;
  /** `[B, embedding]`; without it the network has none. */
  readonly embedding: Value | undefined;
}

/**
 * Logits `[lastSteps, B, 1 or 3]`. A score is tanh of its logit.
 *
 * The joint layer is W·(state, embedding) + b = W₁·state + W₂·embedding + b: the embedding's half is computed once a
 * sequence and not at every step.
 */
export function microLogits(
  scope: Scope,
  { x, embedding }: MicroInputs,
  { config, lastSteps }: { readonly config: MicroConfig; readonly lastSteps: number },
): Value {
  const { hidden, dropout, output } = config;
  let joint = linear(scope.within('state'), branchStates(scope, x, config, lastSteps), hidden);
  if (embedding !== undefined) {
    const size = [staticDim('microLogits', embedding.shape, 1)];
    const mean = scope.buffer(EMBEDDING_MEAN, size, filledWith(0));
    const deviation = scope.buffer(EMBEDDING_DEVIATION, size, filledWith(1));
    const context = linear(scope.within('context'), div(sub(embedding, mean), deviation), hidden);
    joint = add(joint, reshape(context, [1, BATCH, hidden]));
  }
  const inner = sequenceDropout(scope.within('dropout'), gelu(joint), dropout);
  return linear(scope.within('head'), inner, output === 'score' ? 1 : CLASS_COUNT);
}

/** `[T, B, F] → [lastSteps, B, channels]` */
function branchStates(scope: Scope, x: Value, config: MicroConfig, lastSteps: number): Value {
  const { branch, sequenceLength, channels, layers, dropout } = config;
  if (branch === 'gru')
    return servedGru(scope.within('gru'), x, { hidden: channels, layers, dropout, lastSteps });
  let states = x;
  for (const [i, dilation] of dilationsFor(sequenceLength).entries()) {
    const options = { channels, kernel: KERNEL, dilation, dropout };
    states = tcnBlock(scope.within(`cnn.${i}`), states, options);
  }
  return slice(states, 0, -lastSteps);
}

/** 1, 2, 4, … until a step sees `length` candles: with kernel 3 blocks up to dilation d see 1 + 2·(2·d − 1). */
export function dilationsFor(length: number): readonly number[] {
  const dilations: number[] = [];
  for (let seen = 1; seen < length; seen += (KERNEL - 1) * dilations.at(-1)!) {
    dilations.push(2 ** dilations.length);
  }
  return dilations;
}

/** A score in [−1, 1] from its logit: tanh(x) = 2·σ(2x) − 1, twice a probability of "up" less one. */
export function scoreOf(logits: Value): Value {
  return tanh(reshape(logits, logits.shape.slice(0, -1)));
}

interface ObjectiveOptions {
  readonly model: MicroConfig;
  readonly training: MicroTrainingConfig;
  readonly features: number;
}

/** Error of the labelled steps, less `confidencePenalty` times the mean entropy of the answers while training. */
export function microObjective({ model, training, features }: ObjectiveOptions): Objective {
  const { labelledSteps, confidencePenalty } = training;
  return (graph, scope) => {
    const steps = model.sequenceLength - 1 + labelledSteps;
    const x = graph.input('window', 'float32', [steps, BATCH, features]);
    const embedding =
      model.embedding === 0 ? undefined : graph.input('embedding', 'float32', [BATCH, model.embedding]);
    const mask = graph.input('mask', 'float32', [labelledSteps, BATCH]);
    const logits = microLogits(scope, { x, embedding }, { config: model, lastSteps: labelledSteps });
    const labels = (type: 'int32' | 'float32'): Value => graph.input('labels', type, [labelledSteps, BATCH]);
    const { loss, weight } =
      model.output === 'score'
        ? scoreLoss(scoreOf(logits), { target: labels('float32'), mask }, training)
        : crossEntropy(logits, labels('int32'), training);
    if (!scope.training || confidencePenalty === 0) return { loss, weight };
    const entropy = maskedMean('confidencePenalty', entropyOf(logits, model), mask).loss;
    return { loss: sub(loss, mul(entropy, confidencePenalty)), weight };
  };
}

function scoreLoss(
  score: Value,
  { target, mask }: { readonly target: Value; readonly mask: Value },
  { scoreLoss: kind, huberDelta }: MicroTrainingConfig,
): Loss {
  return kind === 'mse'
    ? meanSquaredError(score, target, mask)
    : huber(score, target, { delta: huberDelta, mask });
}

/** −Σ p·ln p `[N, B]` in nats: of the classes, or of the two outcomes whose probabilities a score stands for. */
function entropyOf(logits: Value, { output }: MicroConfig): Value {
  const both = output === 'score' ? concat([logits, negate(logits)], -1) : logits;
  const logProbabilities = logSoftmax(both);
  return negate(reduceSum(mul(exp(logProbabilities), logProbabilities), [-1]));
}
