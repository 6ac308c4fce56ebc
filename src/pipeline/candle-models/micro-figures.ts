/** How good a MicroNet's answers are on rows that it has not learned from, beside what knowing nothing gives. */
import { BUY, CLASS_COUNT, NEUTRAL, SELL } from '../../domain/core/index.ts';
import { confusionMatrix, macroF1, quantileOfSorted } from '../../domain/math/index.ts';
import type { AdaptiveThresholdConfig, StaticThresholds } from '../../domain/signals/index.ts';
import {
  bootstrapInterval,
  correctForClassWeights,
  decide,
  type Interval,
  logLoss,
} from '../../domain/validation/index.ts';
import type { MicroOutput } from '../../learning/candles/index.ts';
import { type Directions, directionsOf, scoresOf } from '../candle-scoring/index.ts';

/** Blocks of the bootstrap: a day of 5-minute candles, more than any usual horizon. */
const BLOCK_ROWS = 288;

export interface SignalFigures {
  /** Decisions after warm-up, and the BUY and SELL among them. */
  readonly decisions: number;
  readonly signals: number;
  /** Share of signals after which the price moved their way, however little. */
  readonly hitRatio: number;
  /** Share of signals whose label is theirs. */
  readonly precision: number;
  /** Share of all directional labels that were signalled as what they are. */
  readonly recall: number;
}

export interface MicroFigures {
  readonly rows: number;
  /** Shares of SELL, NEUTRAL, BUY. */
  readonly labelShares: readonly number[];
  /** Pearson's, of score and return over the label's horizon, with a 95 % interval from the stationary bootstrap in blocks of a day. */
  readonly correlation: Interval;
  /** Of classes; null for scores. The prior is that of the training rows. */
  readonly classes: {
    readonly macroF1: number;
    /** Of always deciding for the class that the rows have most often. */
    readonly majorityMacroF1: number;
    /** Of decisions drawn with the shares of the prediction: the F1 of a class is then 2·p·q / (p + q). */
    readonly chanceMacroF1: number;
    readonly logLoss: number;
    readonly priorLogLoss: number;
  } | null;
  /** Mean squared error against the labels −1, 0, 1; null for classes. */
  readonly scores: { readonly meanSquaredError: number; readonly priorMeanSquaredError: number } | null;
  /** Of the adaptive rule, each symbol by itself in order of time. */
  readonly signals: SignalFigures;
}

export interface JudgedAnswers {
  readonly output: MicroOutput;
  /** `[rows × outputs]`, one symbol after the other, each in order of time. */
  readonly answers: Float64Array;
  /** `[rows]` SELL 0, NEUTRAL 1, BUY 2. */
  readonly labels: Int8Array;
  /** `[rows]` log return over the label's horizon; NaN where a candle of it is missing. */
  readonly returns: Float64Array;
  /** `[rows]` what the adaptive rule says, each symbol by itself. */
  readonly directions: Directions;
  /** Labels of the rows that were learned from. */
  readonly trainLabels: Int8Array;
  readonly classWeights: readonly number[];
  readonly seed: number;
}

export function microFigures(judged: JudgedAnswers): MicroFigures {
  const { output, answers, labels, returns, trainLabels, classWeights, seed } = judged;
  const scores = scoresOf(answers, output);
  const rows = labels.length;
  const prior = sharesOf(trainLabels);
  return {
    rows,
    labelShares: sharesOf(labels),
    correlation: bootstrapInterval(
      rows,
      { expectedBlockRows: Math.min(BLOCK_ROWS, rows), seed, replicates: 200 },
      (drawn) => correlation(scores, returns, drawn),
    ),
    classes: output === 'classes' ? classFigures(answers, labels, { prior, classWeights }) : null,
    scores:
      output === 'score'
        ? {
            meanSquaredError: meanSquared(labels, (row) => scores[row]!),
            priorMeanSquaredError: meanSquared(labels, () => prior[BUY]! - prior[SELL]!),
          }
        : null,
    signals: signalFigures(judged.directions, judged),
  };
}

/** Each symbol by itself, from its first row on: no scores are known before it. */
export function directionsBySymbol(
  scores: Float64Array,
  symbolOf: Int32Array,
  signal: AdaptiveThresholdConfig,
): Directions {
  const direction = new Int8Array(scores.length);
  const ready = new Uint8Array(scores.length);
  for (const symbol of new Set(symbolOf)) {
    const rows = Int32Array.from(symbolOf.keys()).filter((row) => symbolOf[row] === symbol);
    const own = directionsOf(
      Float64Array.from(rows, (row) => scores[row]!),
      signal,
    );
    for (const [i, row] of rows.entries()) {
      direction[row] = own.direction[i]!;
      ready[row] = own.ready[i]!;
    }
  }
  return { direction, ready };
}

/** Static thresholds at the quantiles of these scores that the adaptive rule aims for. */
export function staticThresholds(scores: Float64Array, signal: AdaptiveThresholdConfig): StaticThresholds {
  const sorted = scores.toSorted();
  return {
    buyAbove: quantileOfSorted(sorted, 1 - signal.buyShare),
    sellBelow: quantileOfSorted(sorted, signal.sellShare),
  };
}

function sharesOf(labels: Int8Array): readonly number[] {
  const counts = [0, 0, 0];
  for (const label of labels) counts[label]! += 1;
  return counts.map((count) => count / labels.length);
}

interface ClassPrior {
  readonly prior: readonly number[];
  readonly classWeights: readonly number[];
}

function classFigures(answers: Float64Array, labels: Int8Array, { prior, classWeights }: ClassPrior) {
  const probabilities = correctForClassWeights(answers, classWeights);
  const decisions = decide(probabilities, classWeights);
  const shares = sharesOf(labels);
  const decided = sharesOf(decisions);
  const majority = shares.indexOf(Math.max(...shares));
  const scoreOf = (decided: ArrayLike<number>): number =>
    macroF1(confusionMatrix(labels, decided, CLASS_COUNT), CLASS_COUNT);
  const chance = shares.map((p, k) => (p + decided[k]! > 0 ? (2 * p * decided[k]!) / (p + decided[k]!) : 0));
  const priors = Float64Array.from(
    { length: labels.length * CLASS_COUNT },
    (_, i) => prior[i % CLASS_COUNT]!,
  );
  return {
    macroF1: scoreOf(decisions),
    majorityMacroF1: scoreOf(new Int8Array(labels.length).fill(majority)),
    chanceMacroF1: chance.reduce((sum, f1) => sum + f1, 0) / CLASS_COUNT,
    logLoss: logLoss(labels, probabilities),
    priorLogLoss: logLoss(labels, priors),
  };
}

const meanSquared = (labels: Int8Array, guess: (row: number) => number): number =>
  labels.reduce((sum, label, row) => sum + (guess(row) - (label - 1)) ** 2, 0) / labels.length;

/** Pearson's over some rows; NaN where either side does not vary. */
function correlation(x: Float64Array, y: Float64Array, rows: Int32Array): number {
  let [sumX, sumY, count] = [0, 0, 0];
  for (const row of rows) {
    if (Number.isNaN(y[row]!)) continue;
    sumX += x[row]!;
    sumY += y[row]!;
    count++;
  }
  const [meanX, meanY] = [sumX / count, sumY / count];
  let [xx, yy, xy] = [0, 0, 0];
  for (const row of rows) {
    if (Number.isNaN(y[row]!)) continue;
    const [dx, dy] = [x[row]! - meanX, y[row]! - meanY];
    xx += dx * dx;
    yy += dy * dy;
    xy += dx * dy;
  }
  return xy / Math.sqrt(xx * yy);
}

function signalFigures({ direction, ready }: Directions, { labels, returns }: JudgedAnswers): SignalFigures {
  let [decisions, signals, moved, right, directional] = [0, 0, 0, 0, 0];
  for (const [row, said] of direction.entries()) {
    if (ready[row] === 0) continue;
    decisions++;
    if (labels[row] !== NEUTRAL) directional++;
    if (said === NEUTRAL) continue;
    signals++;
    if ((said - 1) * returns[row]! > 0) moved++;
    if (labels[row] === said) right++;
  }
  return {
    decisions,
    signals,
    hitRatio: moved / signals,
    precision: right / signals,
    recall: right / directional,
  };
}
