/** What can be read from embeddings by linear means, on later rows than it was learned from. */
import { DataError } from '../../domain/core/index.ts';
import { confusionMatrix, macroF1, symmetricEigen } from '../../domain/math/index.ts';
import { purgedTail } from '../../domain/validation/index.ts';
import { predictLogistic, trainLogistic } from '../baselines/index.ts';
import { type EmbeddingSet, momentsOf } from './embedding-quality.ts';

export interface TimeSplit {
  readonly train: Int32Array;
  readonly test: Int32Array;
}

export interface SplitOptions {
  /** `[rows]`, in any order; several rows may have the same. */
  readonly timeMs: Float64Array;
  /** `[rows]` when all is known that a row is judged by, after its time; NaN leaves the row out. */
  readonly knownMs: Float64Array;
  /** Share of the times that are kept for the test. */
  readonly testShare: number;
  readonly embargoMs?: number;
}

/**
 * Earlier rows to learn from, later ones to judge by. All rows of one time go to one side, and rows that are known only
 * after the first test row's time, less the embargo, to none: the purged split of `domain/validation`, by times.
 * @throws {DataError} when either side would be empty, {ConfigError} on a bad share or embargo
 */
export function timeSplit({ timeMs, knownMs, testShare, embargoMs = 0 }: SplitOptions): TimeSplit {
  const latest = new Map<number, number>();
  for (const [row, time] of timeMs.entries()) {
    const known = knownMs[row]!;
    if (!Number.isNaN(known)) latest.set(time, Math.max(known, latest.get(time) ?? -Infinity));
  }
  const times = Float64Array.from(latest.keys()).sort();
  const spans = { timeMs: times, labelEndMs: times.map((time) => latest.get(time)!) };
  const { boundaryMs } = purgedTail({ spans, share: testShare, embargoMs });
  const rows = Int32Array.from(timeMs.keys()).filter((row) => !Number.isNaN(knownMs[row]!));
  return {
    train: rows.filter((row) => timeMs[row]! < boundaryMs && knownMs[row]! + embargoMs <= boundaryMs),
    test: rows.filter((row) => timeMs[row]! >= boundaryMs),
  };
}

export interface ProbeReport {
  readonly trainRows: number;
  readonly testRows: number;
  readonly accuracy: number;
  readonly macroF1: number;
  /** Mean −ln p of the truth. */
  readonly logLoss: number;
  /** Of the class that the training rows have most often. */
  readonly majorityAccuracy: number;
}

/**
 * Linear probe (Alain & Bengio 2017): multinomial logistic regression on the embeddings, learned from earlier rows.
 * `labels [rows]` are class numbers.
 */
export function linearProbe(
  { size, embeddings }: Pick<EmbeddingSet, 'size' | 'embeddings'>,
  { labels, classes }: { readonly labels: ArrayLike<number>; readonly classes: number },
  { train, test }: TimeSplit,
): ProbeReport {
  const truth = (rows: Int32Array): Int32Array => Int32Array.from(rows, (row) => labels[row]!);
  const [learned, judged] = [truth(train), truth(test)];
  const model = trainLogistic({
    features: rowsOf(embeddings, size, train),
    featureNames: Array.from({ length: size }, (_, k) => `embedding_${k}`),
    labels: learned,
    classes,
    // As many dimensions as a few days have rows: shrink.
    inverseRegularisation: 0.1,
  });
  const probabilities = predictLogistic(model, rowsOf(embeddings, size, test));
  const decisions = Int32Array.from(judged, (_, i) => {
    const row = probabilities.subarray(i * classes, (i + 1) * classes);
    return row.indexOf(Math.max(...row));
  });
  const counts = new Int32Array(classes);
  for (const label of learned) counts[label]!++;
  const majority = counts.indexOf(Math.max(...counts));
  const shareOf = (decided: (i: number) => number): number =>
    judged.filter((label, i) => decided(i) === label).length / judged.length;
  const logLoss = judged.reduce(
    (sum, label, i) => sum - Math.log(Math.max(probabilities[i * classes + label]!, 1e-12)),
    0,
  );
  return {
    trainRows: train.length,
    testRows: test.length,
    accuracy: shareOf((i) => decisions[i]!),
    macroF1: macroF1(confusionMatrix(judged, decisions, classes), classes),
    logLoss: logLoss / judged.length,
    majorityAccuracy: shareOf(() => majority),
  };
}

export interface ReconstructionReport {
  /** Mean squared error of the test rows' values, in the targets' units. */
  readonly loss: number;
  /** The same if every value is guessed as its mean over the training rows. */
  readonly meanLoss: number;
  /** 1 − loss / meanLoss. */
  readonly explained: number;
  /** `[test rows]` mean squared error of each. */
  readonly rowLosses: Float64Array;
}

/** Of the mean variance of the embeddings. */
const RIDGE = 1e-2;

/**
 * How much of `targets [rows × width]` (such as scaled windows) ridge regression from the embeddings rebuilds, whatever
 * task taught them: W = (Σxx + λ·I)⁻¹·Σxy with centred embeddings and targets of the training rows.
 */
export function reconstructionLoss(
  { size, embeddings }: Pick<EmbeddingSet, 'size' | 'embeddings'>,
  { targets, width }: { readonly targets: Float64Array; readonly width: number },
  { train, test }: TimeSplit,
): ReconstructionReport {
  if (train.length < 2)
    throw new DataError('reconstruction: there are not two rows to learn from', { code: 'PROBE_ROWS' });
  const { mean, covariance } = momentsOf(rowsOf(embeddings, size, train), size);
  const means = new Float64Array(width);
  for (const row of train)
    for (let j = 0; j < width; j++) means[j]! += targets[row * width + j]! / train.length;
  const crossed = new Float64Array(size * width);
  for (const row of train) {
    for (let k = 0; k < size; k++) {
      const factor = (embeddings[row * size + k]! - mean[k]!) / train.length;
      for (let j = 0; j < width; j++)
        crossed[k * width + j]! += factor * (targets[row * width + j]! - means[j]!);
    }
  }
  const weights = solveRidge(covariance, size, crossed, width);
  let meanLoss = 0;
  const guess = new Float64Array(width);
  const rowLosses = new Float64Array(test.length);
  for (const [i, row] of test.entries()) {
    guess.set(means);
    for (let k = 0; k < size; k++) {
      const value = embeddings[row * size + k]! - mean[k]!;
      for (let j = 0; j < width; j++) guess[j]! += value * weights[k * width + j]!;
    }
    for (let j = 0; j < width; j++) {
      rowLosses[i]! += (targets[row * width + j]! - guess[j]!) ** 2 / width;
      meanLoss += (targets[row * width + j]! - means[j]!) ** 2;
    }
  }
  meanLoss /= test.length * width;
  const loss = rowLosses.reduce((sum, value) => sum + value, 0) / test.length;
  return { loss, meanLoss, explained: 1 - loss / meanLoss, rowLosses };
}

/** (A + λ·I)⁻¹·B by the eigenvectors of A `[size × size]`; B is `[size × width]`. */
function solveRidge(a: Float64Array, size: number, b: Float64Array, width: number): Float64Array {
  const { values, vectors } = symmetricEigen(a, size);
  const ridge = (RIDGE * values.reduce((sum, value) => sum + value, 0)) / size;
  const solution = new Float64Array(size * width);
  const turned = new Float64Array(width);
  for (let k = 0; k < size; k++) {
    turned.fill(0);
    for (let i = 0; i < size; i++) {
      const factor = vectors[k * size + i]!;
      for (let j = 0; j < width; j++) turned[j]! += factor * b[i * width + j]!;
    }
    // A direction in which nothing varies has nothing to say.
    const inverse = values[k]! + ridge > 0 ? 1 / (values[k]! + ridge) : 0;
    for (let i = 0; i < size; i++) {
      const factor = vectors[k * size + i]! * inverse;
      for (let j = 0; j < width; j++) solution[i * width + j]! += factor * turned[j]!;
    }
  }
  return solution;
}

function rowsOf(values: Float64Array, width: number, rows: Int32Array): Float64Array {
  const chosen = new Float64Array(rows.length * width);
  for (const [i, row] of rows.entries()) {
    chosen.set(values.subarray(row * width, (row + 1) * width), i * width);
  }
  return chosen;
}
