/** Batch normalisation (Ioffe & Szegedy 2015) over all axes but the last, with PyTorch's momentum and epsilon. */
import { type Value, withGradient } from '../graph/graph.ts';
import { staticDim } from '../graph/shape.ts';
import { add, div, mul, sub } from '../operations/arithmetic.ts';
import { countOf, reduceSum } from '../operations/broadcast.ts';
import { sqrt } from '../operations/functions.ts';
import { reduceMean } from '../operations/reductions.ts';
import { filledWith } from './initialisers.ts';
import type { Scope } from './scope.ts';

const EPSILON = 1e-5;
const MOMENTUM = 0.1;

/** `[…, C] → […, C]`; training uses the batch's statistics, serving the running ones. */
export function batchNorm(scope: Scope, x: Value): Value {
  const channels = [staticDim('batchNorm', x.shape, -1)];
  const gamma = scope.parameter('weight', channels, filledWith(1));
  const beta = scope.parameter('bias', channels, filledWith(0));
  const runningMean = scope.buffer('running_mean', channels, filledWith(0));
  const runningVariance = scope.buffer('running_var', channels, filledWith(1));
  if (!scope.training) {
    const scale = div(gamma, sqrt(add(runningVariance, EPSILON)));
    return add(mul(sub(x, runningMean), scale), beta);
  }
  const { result, mean, variance } = normaliseByBatch(x, gamma, beta);
  const count = countOf(x, [...x.shape.keys()].slice(0, -1));
  const bessel = typeof count === 'number' ? count / (count - 1) : div(count, sub(count, 1));
  const unbiased = mul(variance, bessel);
  scope.updateBuffer('running_mean', add(mul(runningMean, 1 - MOMENTUM), mul(mean, MOMENTUM)));
  scope.updateBuffer('running_var', add(mul(runningVariance, 1 - MOMENTUM), mul(unbiased, MOMENTUM)));
  return result;
}

/**
 * y = γ·(x − μ)/σ + β with the batch's μ and σ² `[C]` (biased).
 * dx = γ/σ · (dy − mean(dy) − (x − μ)/σ² · mean(dy·(x − μ))): a third of the passes over the data that
 * differentiating the mean and the variance separately would take.
 */
export function normaliseByBatch(x: Value, gamma: Value, beta: Value) {
  const axes = [...x.shape.keys()].slice(0, -1);
  const mean = reduceMean(x, axes);
  const centred = sub(x, mean);
  const variance = reduceMean(mul(centred, centred), axes);
  const deviation = sqrt(add(variance, EPSILON));
  const scale = div(gamma, deviation);
  const result = withGradient(
    add(mul(centred, scale), beta),
    [x, gamma, beta],
    [
      (at) => {
        const [from, sigma] = [at.lift(centred), at.lift(deviation)];
        const slope = div(reduceMean(mul(at.dy, from), axes), mul(sigma, sigma));
        return mul(at.lift(scale), sub(sub(at.dy, reduceMean(at.dy, axes)), mul(from, slope)));
      },
      (at) => div(reduceSum(mul(at.dy, at.lift(centred)), axes), at.lift(deviation)),
      (at) => reduceSum(at.dy, axes),
    ],
  );
  return { result, mean, variance };
}
