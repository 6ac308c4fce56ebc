/** Exponential moving average of weights (Polyak & Juditsky 1992), which often judges better than the last ones. */
import type { Value } from '../graph/graph.ts';
import { add, mul, sub } from '../operations/arithmetic.ts';

/**
 * The average `[P]` after one more step: average + (1 − decay)·(parameters − average). `decay` is a scalar from
 * {@link averageDecay}. PyTorch's `AveragedModel` with `get_ema_multi_avg_fn`. Running statistics of batch norm are not
 * averaged: they are averages already.
 */
export function averageWeights(average: Value, parameters: Value, decay: Value): Value {
  return add(average, mul(sub(parameters, average), sub(1, decay)));
}

/** For step `step`, counted from 1: 0 for the first, which so becomes the average of a state that starts at zeros. */
export function averageDecay(step: number, decay: number): number {
  return step === 1 ? 0 : decay;
}
