/**
 * Encoders of MacroNet: many candles into steps, steps into one embedding.
 *
 * `patch` neighbouring candles become one step by a linear layer (Nie et al. 2023, *PatchTST*). The steps run through
 * one of three networks, and what these leave of every step is pooled by learned attention (Yang et al. 2016).
 */
import {
  type Shape,
  type Value,
  type Scope,
  add,
  attentionPooling,
  clamp,
  constant,
  div,
  floatTensor,
  layerNorm,
  linear,
  pick,
  reshape,
  staticDim,
  sub,
  tcnBlock,
  transformerBlock,
  transpose,
} from '../neural/index.ts';
import type { MacroConfig } from './macro-config.ts';
import { servedGru } from './served-gru.ts';

const KERNEL = 3;

/** Scaled features beyond this are cut off: one extreme candle must not outweigh a day. */
export const FEATURE_LIMIT = 10;

/** Raw features `[T, B, F]`, and centre and scale `[B, F]` of each sequence → scaled ones. */
export function scaled(x: Value, centre: Value, scale: Value): Value {
  return clamp(div(sub(x, centre), scale), FEATURE_LIMIT);
}

/** `[T, B, F] → [T/patch, B, patch·F]` */
export function intoPatches(x: Value, patch: number): Value {
  const steps = staticDim('intoPatches', x.shape, 0) / patch;
  const [, batch, features] = x.shape;
  const cut = transpose(reshape(x, [steps, patch, batch!, features!]), [0, 2, 1, 3]);
  return reshape(cut, [steps, batch!, patch * Number(features)]);
}

/** The way back of {@link intoPatches}. */
export function fromPatches(patches: Value, patch: number): Value {
  const steps = staticDim('fromPatches', patches.shape, 0);
  const [, batch, width] = patches.shape;
  const features = Number(width) / patch;
  const joined = transpose(reshape(patches, [steps, batch!, patch, features]), [0, 2, 1, 3]);
  const shape: Shape = [steps * patch, batch!, features];
  return reshape(joined, shape);
}

/** Scaled features `[T, B, F]` → states `[T/patch, B, channels]`. T may be shorter than the configured length. */
export function encodeSteps(scope: Scope, x: Value, config: MacroConfig): Value {
  const { encoder, patch, channels, layers, heads, attentionWindow, dropout } = config;
  const steps = linear(scope.within('patch'), intoPatches(x, patch), channels);
  switch (encoder) {
    case 'tcn': {
      let states = steps;
      for (let i = 0; i < layers; i++) {
        const options = { channels, kernel: KERNEL, dilation: 2 ** i, dropout };
        states = tcnBlock(scope.within(`tcn.${i}`), states, options);
      }
      return states;
    }
    case 'transformer': {
      const options = { heads, window: attentionWindow, causal: false, inner: 2 * channels, dropout };
      let states = add(steps, constant(positions(staticDim('encoder', steps.shape, 0), channels)));
      for (let i = 0; i < layers; i++) {
        states = transformerBlock(scope.within(`transformer.${i}`), states, options);
      }
      return layerNorm(scope.within('norm'), states);
    }
    case 'gru': {
      const lastSteps = staticDim('encoder', steps.shape, 0);
      return servedGru(scope.within('gru'), steps, { hidden: channels, layers, dropout, lastSteps });
    }
  }
}

/** States `[S, B, channels]` → embedding `[B, embedding]`. */
export function embed(scope: Scope, states: Value, { channels, embedding }: MacroConfig): Value {
  const pooled = attentionPooling(scope.within('pooling'), states, channels);
  return linear(scope.within('embedding'), pick(pooled, 0, 0), embedding);
}

/**
 * Sines and cosines `[steps, 1, channels]` of the distance from the last step (Vaswani et al. 2017, section 3.5): a
 * shorter sequence has the positions of the end of a longer one.
 */
function positions(steps: number, channels: number) {
  const tensor = floatTensor([steps, 1, channels]);
  for (let step = 0; step < steps; step++) {
    for (let k = 0; k < channels; k += 2) {
      const angle = (steps - 1 - step) / 10_000 ** (k / channels);
      tensor.data[step * channels + k] = Math.sin(angle);
      tensor.data[step * channels + k + 1] = Math.cos(angle);
    }
  }
  return tensor;
}
