/** Losses of numbers against numbers. Masks: see `loss.ts`. */
import { invariant } from '../../../domain/core/index.ts';
import type { Value } from '../graph/graph.ts';
import { sameShape, shapeError } from '../graph/shape.ts';
import { mul, sub } from '../operations/arithmetic.ts';
import { clamp } from '../operations/functions.ts';
import { type Loss, maskedMean } from './loss.ts';

/** Mean of e² with e = prediction − target, of any shape: PyTorch's `MSELoss`. */
export function meanSquaredError(prediction: Value, target: Value, mask?: Value): Loss {
  const error = difference('meanSquaredError', prediction, target);
  return maskedMean('meanSquaredError', mul(error, error), mask);
}

export interface HuberOptions {
  /** From this error on, the loss grows linearly. */
  readonly delta: number;
  readonly mask?: Value;
}

/**
 * Mean of ½·e² where |e| ≤ δ, else δ·(|e| − ½·δ): PyTorch's `HuberLoss` (Huber 1964). Both are c·(e − ½·c) with
 * c = e clamped to ±δ.
 */
export function huber(prediction: Value, target: Value, options: HuberOptions): Loss {
  const { delta, mask } = options;
  invariant(delta > 0, `huber: delta must be above 0, is ${delta}`);
  const error = difference('huber', prediction, target);
  const clamped = clamp(error, delta);
  return maskedMean('huber', mul(clamped, sub(error, mul(0.5, clamped))), mask);
}

/**
 * Mean squared error of a reconstruction `[T, B, C]` over the steps that were hidden from the encoder: `hidden [T, B]`
 * is 1 there. Steps that it saw do not count, or copying would be learned first (Devlin et al. 2019; He et al. 2022).
 */
export function maskedReconstruction(reconstruction: Value, original: Value, hidden: Value): Loss {
  const error = difference('maskedReconstruction', reconstruction, original);
  return maskedMean('maskedReconstruction', mul(error, error), hidden);
}

function difference(operation: string, prediction: Value, target: Value): Value {
  if (!sameShape(prediction.shape, target.shape)) {
    throw shapeError(operation, 'prediction and target differ', prediction.shape, target.shape);
  }
  return sub(prediction, target);
}
