/** Batch normalisation (Ioffe & Szegedy 2015) over all axes but the last, with PyTorch's momentum and epsilon. */
import { type Value, apply } from '../graph/graph.ts';
import { staticDim } from '../graph/shape.ts';
import { allReduce } from '../operations/all-reduce.ts';
import { add, div, mul, sub } from '../operations/arithmetic.ts';
import { countOf, reduceSum } from '../operations/broadcast.ts';
import { sqrt } from '../operations/functions.ts';
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
  const { result, mean, variance, count } = normaliseByBatch(x, gamma, beta);
  const bessel = typeof count === 'number' ? count / (count - 1) : div(count, sub(count, 1));
  const unbiased = mul(variance, bessel);
  scope.updateBuffer('running_mean', add(mul(runningMean, 1 - MOMENTUM), mul(mean, MOMENTUM)));
  scope.updateBuffer('running_var', add(mul(runningVariance, 1 - MOMENTUM), mul(unbiased, MOMENTUM)));
  return result;
}

/**
 * y = γ·(x − μ)/σ + β with μ and σ² `[C]` (biased) of the whole batch, also where it is split into shards.
 * dγ = Σ dy·(x − μ)/σ, dβ = Σ dy, and with both sums over the whole batch of n rows
 * dx = γ/σ·(dy − Σ dy/n − (x − μ)/σ²·Σ dy·(x − μ)/n): a third of the passes over the data that differentiating the
 * mean and the variance separately would take.
 */
export function normaliseByBatch(x: Value, gamma: Value, beta: Value) {
  const axes = [...x.shape.keys()].slice(0, -1);
  const rows = countOf(x, axes);
  const count = typeof rows === 'number' ? rows : allReduce(rows);
  const mean = div(allReduce(reduceSum(x, axes)), count);
  const centred = sub(x, mean);
  const variance = div(allReduce(reduceSum(mul(centred, centred), axes)), count);
  const deviation = sqrt(add(variance, EPSILON));
  const scale = div(gamma, deviation);
  const result = apply({
    operation: 'Identity',
    inputs: [add(mul(centred, scale), beta)],
    captures: [x, gamma, beta],
    shape: x.shape,
    jointGradient: (at) => {
      const [from, sigma] = [at.lift(centred), at.lift(deviation)];
      const n = typeof count === 'number' ? count : at.lift(count);
      const sumOfDy = reduceSum(at.dy, axes);
      const slope = reduceSum(mul(at.dy, from), axes);
      const [totalOfDy, totalSlope] = [allReduce(sumOfDy), allReduce(slope)];
      const perVariance = div(div(totalSlope, n), mul(sigma, sigma));
      const dx = mul(at.lift(scale), sub(sub(at.dy, div(totalOfDy, n)), mul(from, perVariance)));
      return [undefined, dx, div(slope, sigma), sumOfDy];
    },
  });
  return { result, mean, variance, count };
}
