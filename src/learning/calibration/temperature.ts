/**
 * One number for all classes: `softmax(ln p / T)`. It never changes which class is likeliest, only how sure one is.
 * Source: Guo, Pleiss, Sun & Weinberger, On Calibration of Modern Neural Networks (2017).
 */
import { softmaxInPlace } from '../../domain/math/index.ts';
import { logLoss } from '../../domain/validation/index.ts';
import { logProbabilities } from './log-probabilities.ts';

export interface TemperatureScaling {
  readonly method: 'temperature';
  /** Above 1 softens, below 1 sharpens. */
  readonly temperature: number;
}

const COOLEST = 0.02;
const HOTTEST = 50;
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/** The temperature of least log loss, by golden section over its logarithm: the loss has a single minimum in 1/T. */
export function fitTemperature(probabilities: Float64Array, labels: ArrayLike<number>): TemperatureScaling {
  const classes = probabilities.length / labels.length;
  const lossAt = (logTemperature: number): number =>
    logLoss(
      labels,
      applyTemperature(
        { method: 'temperature', temperature: Math.exp(logTemperature) },
        probabilities,
        classes,
      ),
    );
  let low = Math.log(COOLEST);
  let high = Math.log(HOTTEST);
  let left = high - GOLDEN * (high - low);
  let right = low + GOLDEN * (high - low);
  let lossLeft = lossAt(left);
  let lossRight = lossAt(right);
  while (high - low > 1e-6) {
    if (lossLeft < lossRight) {
      high = right;
      right = left;
      lossRight = lossLeft;
      left = high - GOLDEN * (high - low);
      lossLeft = lossAt(left);
    } else {
      low = left;
      left = right;
      lossLeft = lossRight;
      right = low + GOLDEN * (high - low);
      lossRight = lossAt(right);
    }
  }
  return { method: 'temperature', temperature: Math.exp((low + high) / 2) };
}

/** @param probabilities `[rows × classes]`; not changed */
export function applyTemperature(
  { temperature }: TemperatureScaling,
  probabilities: Float64Array,
  classes: number,
): Float64Array {
  const scaled = logProbabilities(probabilities).map((logit) => logit / temperature);
  for (let start = 0; start < scaled.length; start += classes) softmaxInPlace(scaled, start, classes);
  return scaled;
}
