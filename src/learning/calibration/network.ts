/**
 * A network's softmax as probabilities: the class weights of its training taken out (Elkan 2001), then one temperature.
 * Every network of an audit has its own, found on rows before those that it is asked about, so that an overconfident
 * early one and a careful late one speak alike to the auditor.
 */
import { CLASS_COUNT } from '../../domain/core/index.ts';
import { correctForClassWeights } from '../../domain/validation/index.ts';
import { rowLosses, standardErrorOfMean } from './loss.ts';
import { type JudgingLabels, MARGIN_OF_GAIN } from './calibration.ts';
import { applyTemperature, fitTemperature } from './temperature.ts';

export interface NetworkCalibration {
  /** Of SELL, NEUTRAL, BUY in the network's training. */
  readonly classWeights: readonly [number, number, number];
  /** Above 1 softens, below 1 sharpens. */
  readonly temperature: number;
}

/** @param softmax `[rows × 3]`; not changed. @returns `[rows × 3]` */
export function networkProbabilities(
  softmax: Float64Array,
  { classWeights, temperature }: NetworkCalibration,
): Float64Array {
  const unweighted = correctForClassWeights(softmax, classWeights);
  if (temperature === 1) return unweighted;
  return applyTemperature({ method: 'temperature', temperature }, unweighted, CLASS_COUNT);
}

/**
 * The temperature of least log loss, or 1 when its gain on these rows is less than two standard errors: a slice of a day
 * or two holds few independent outcomes.
 * @param rows the network's softmax on labelled rows that chose no more of it than the epoch
 */
export function networkTemperature(
  { probabilities: softmax, labels, independent }: JudgingLabels,
  classWeights: NetworkCalibration['classWeights'],
): number {
  const undone = networkProbabilities(softmax, { classWeights, temperature: 1 });
  const { temperature } = fitTemperature(undone, labels);
  const done = networkProbabilities(softmax, { classWeights, temperature });
  const after = rowLosses({ probabilities: done, labels });
  const gains = rowLosses({ probabilities: undone, labels }).map((loss, row) => loss - after[row]!);
  const mean = gains.reduce((a, b) => a + b, 0) / gains.length;
  return mean > MARGIN_OF_GAIN * standardErrorOfMean(gains, independent ?? gains.length) ? temperature : 1;
}
