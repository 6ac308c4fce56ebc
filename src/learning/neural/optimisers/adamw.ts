/** AdamW (Loshchilov & Hutter 2019) in PyTorch's form, on all parameters as one vector `[P]`. */
import type { Value } from '../graph/graph.ts';
import { add, div, mul, sub } from '../operations/arithmetic.ts';
import { sqrt } from '../operations/functions.ts';

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;

export interface AdamWState {
  readonly parameters: Value;
  readonly firstMoments: Value;
  readonly secondMoments: Value;
}

/** Scalars that change from step to step, computed in 64 bits by {@link adamWFactors}. */
export interface AdamWFactors<T> {
  /** lr / (1 − β₁ᵗ) */
  readonly stepSize: T;
  /** 1 − lr·λ: decay is decoupled from the gradient. */
  readonly decay: T;
  /** √(1 − β₂ᵗ) */
  readonly rootCorrection: T;
}

/** For step `step`, counted from 1. */
export function adamWFactors(step: number, learningRate: number, weightDecay: number): AdamWFactors<number> {
  return {
    stepSize: learningRate / (1 - BETA1 ** step),
    decay: 1 - learningRate * weightDecay,
    rootCorrection: Math.sqrt(1 - BETA2 ** step),
  };
}

/** The state after one step: θ' = decay·θ − stepSize·m' / (√v'/rootCorrection + ε). */
export function adamW(state: AdamWState, gradient: Value, factors: AdamWFactors<Value>): AdamWState {
  const firstMoments = add(mul(state.firstMoments, BETA1), mul(gradient, 1 - BETA1));
  const secondMoments = add(mul(state.secondMoments, BETA2), mul(mul(gradient, gradient), 1 - BETA2));
  const denominator = add(div(sqrt(secondMoments), factors.rootCorrection), EPSILON);
  const step = mul(div(firstMoments, denominator), factors.stepSize);
  return { parameters: sub(mul(state.parameters, factors.decay), step), firstMoments, secondMoments };
}
