/** Learning rates over a training: pure functions of the step, so that a resumed run goes on where it stood. */
import { ConfigError } from '../../../domain/core/index.ts';

/** Learning rate of step `step`, counted from 0. */
export type Schedule = (step: number) => number;

/** Learning rate after the share `progress` of all training, from `peak` down to 0 (Loshchilov & Hutter 2017). */
export function cosineAnnealing(peak: number, progress: number): number {
  return cosineBetween(peak, 0, progress);
}

/** Half a cosine from `from` (progress 0) to `to` (progress 1). */
function cosineBetween(from: number, to: number, progress: number): number {
  return to + ((from - to) * (1 + Math.cos(Math.PI * progress))) / 2;
}

export interface CosineOptions {
  readonly peak: number;
  /** All steps of the training; from this one on the rate stays at `floor`. */
  readonly steps: number;
  /** 0 by default. */
  readonly floor?: number;
}

/** PyTorch's `CosineAnnealingLR(T_max=steps, eta_min=floor)`. */
export function cosineSchedule(options: CosineOptions): Schedule {
  const { peak, steps, floor = 0 } = options;
  requirePositive({ peak, steps });
  return (step) => cosineBetween(peak, floor, Math.min(1, step / steps));
}

export interface WarmUpOptions extends CosineOptions {
  /** Steps on a straight line from `peak / warmUpSteps` up to `peak`, before the cosine. */
  readonly warmUpSteps: number;
}

/**
 * Linear warm-up (Goyal et al. 2017), then the cosine. PyTorch: `SequentialLR` of
 * `LinearLR(1 / warmUpSteps, total_iters=warmUpSteps − 1)` and `CosineAnnealingLR(steps − warmUpSteps)`.
 */
export function warmUpCosineSchedule(options: WarmUpOptions): Schedule {
  const { peak, steps, warmUpSteps } = options;
  requirePositive({ peak, steps, 'steps - warmUpSteps': steps - warmUpSteps });
  const cosine = cosineSchedule({ ...options, steps: steps - warmUpSteps });
  return (step) => (step < warmUpSteps ? (peak * (step + 1)) / warmUpSteps : cosine(step - warmUpSteps));
}

export interface OneCycleOptions {
  readonly peak: number;
  readonly steps: number;
  /** Share of the steps that go up; 0.3 by default. */
  readonly upShare?: number;
  /** The first rate is `peak / startDivisor`; 25 by default. */
  readonly startDivisor?: number;
  /** The last rate is the first one divided by this; 10,000 by default. */
  readonly endDivisor?: number;
}

/** Up and down by half cosines (Smith & Topin 2019): PyTorch's `OneCycleLR(anneal_strategy="cos")` and its defaults. */
export function oneCycleSchedule(options: OneCycleOptions): Schedule {
  const { peak, steps, upShare = 0.3, startDivisor = 25, endDivisor = 1e4 } = options;
  requirePositive({ peak, steps, startDivisor, endDivisor });
  const start = peak / startDivisor;
  const top = upShare * steps - 1;
  const last = steps - 1;
  requirePositive({ 'upShare·steps − 1': top, 'steps − 1 − upShare·steps': last - top });
  return (step) =>
    step <= top
      ? cosineBetween(start, peak, step / top)
      : cosineBetween(peak, start / endDivisor, Math.min(1, (step - top) / (last - top)));
}

function requirePositive(values: Readonly<Record<string, number>>): void {
  const problems = Object.entries(values)
    .filter(([, value]) => !(value > 0))
    .map(([name, value]) => ({ path: name, message: `must be above 0, is ${value}` }));
  if (problems.length > 0) throw new ConfigError(problems);
}
