/** Scores judges of the same rows side by side: figures, intervals, and differences to the model on trial. */
import { CLASS_COUNT, DIRECTIONS } from '../../domain/core/index.ts';
import { macroF1 } from '../../domain/math/index.ts';
import {
  bootstrapDifference,
  bootstrapInterval,
  bootstrapSums,
  brierScore,
  classificationReport,
  decide,
  logLoss,
  matthewsCorrelation,
  topLabelCalibration,
} from '../../domain/validation/index.ts';
import type { DecisionWeights, Interval, Resampling } from '../../domain/validation/index.ts';
import type { Bounds, ModelScore, ScoreDifference } from '../report/index.ts';
import { directionAuc } from './direction.ts';
import { precisionRecallCurves } from './precision-recall.ts';

/** One judge's probabilities for every row, `[rows × 3]`: as honest as it can make them. */
export interface Judge {
  readonly id: ModelScore['id'];
  readonly name: string;
  readonly probabilities: Float64Array;
  /** By which its probabilities are decided, see `macroF1Weights`; or what a rule of its own has decided, `[rows]`. */
  readonly decision: DecisionWeights | Int8Array;
}

export interface Judgement {
  readonly scores: readonly ModelScore[];
  readonly differences: readonly ScoreDifference[];
}

export const decisionsOf = ({ probabilities, decision }: Judge): Int8Array =>
  decision instanceof Int8Array ? decision : decide(probabilities, decision);

export const boundsOf = ({ lower, upper }: Interval): Bounds => [lower, upper];

/** What became of the rows, in order of time. */
export interface Truth {
  /** `[rows]`, every row labelled. */
  readonly labels: Int8Array;
  /** `[rows]` see `symmetricMoves`. */
  readonly moves: Int8Array;
}

/**
 * @param judges the first one is the model on trial; the differences are from it to each of the others
 */
export function judgeRows(judges: readonly Judge[], truth: Truth, resampling: Resampling): Judgement {
  const { labels } = truth;
  const scores = judges.map((judge) => scoreOf(judge, truth, resampling));
  const [first, ...others] = judges;
  const differences = others.map((judge) => differenceOf([first!, judge], labels, resampling));
  return { scores, differences };
}

/** Of the first judge less the second. */
function differenceOf(
  pair: readonly [Judge, Judge],
  labels: Int8Array,
  resampling: Resampling,
): ScoreDifference {
  const [first, judge] = pair;
  const rows = { labels, predictions: decisionsOf(first), classes: CLASS_COUNT };
  const difference = bootstrapDifference(rows, decisionsOf(judge), resampling);
  return {
    against: judge.id,
    macroF1: difference.estimate,
    interval: boundsOf(difference),
    ...probabilityDifference(pair, labels, resampling),
  };
}

function scoreOf(judge: Judge, { labels, moves }: Truth, resampling: Resampling): ModelScore {
  const { probabilities } = judge;
  const predictions = decisionsOf(judge);
  const report = classificationReport({ labels, probabilities, predictions });
  const sums = bootstrapSums(
    [
      ...confusionCells(labels, predictions),
      eachRow(labels, probabilities, logLoss),
      eachRow(labels, probabilities, brierScore),
      ...calibrationGaps(labels, probabilities),
    ],
    resampling,
    [
      (sum) => macroF1(sum, CLASS_COUNT),
      (sum) => matthewsCorrelation(sum, CLASS_COUNT),
      (sum) => sum[CELLS]! / labels.length,
      (sum) => sum[CELLS + 1]! / labels.length,
      (sum) => sum.subarray(CELLS + 2).reduce((gap, x) => gap + Math.abs(x), 0) / labels.length,
    ],
  ).map(boundsOf);
  const [macroF1Interval, mccInterval, logLossInterval, brierInterval, eceInterval] = sums as [
    Bounds,
    Bounds,
    Bounds,
    Bounds,
    Bounds,
  ];
  const direction = bootstrapInterval(labels.length, resampling, directionAuc(moves, probabilities));
  return {
    id: judge.id,
    name: judge.name,
    macroF1: report.macroF1,
    macroF1Interval,
    mcc: report.mcc,
    mccInterval,
    logLoss: report.logLoss,
    logLossInterval,
    brier: report.brier,
    brierInterval,
    ece: report.calibration.ece,
    eceInterval,
    directionAuc: direction.estimate,
    directionAucInterval: boundsOf(direction),
    classes: report.classes.map((score, k) => ({ direction: DIRECTIONS[k]!, ...score })),
    confusion: report.confusion,
    reliability: report.calibration.bins.filter((bin) => bin.count > 0),
    precisionRecall: precisionRecallCurves(labels, probabilities),
  };
}

/** Log loss and ECE of the first less those of the second, on the same resampled blocks. */
function probabilityDifference(
  pair: readonly [Judge, Judge],
  labels: Int8Array,
  resampling: Resampling,
): Pick<ScoreDifference, 'logLoss' | 'logLossInterval' | 'ece' | 'eceInterval'> {
  const [losses, others] = pair.map(({ probabilities }) => eachRow(labels, probabilities, logLoss));
  const [gaps, otherGaps] = pair.map(({ probabilities }) => calibrationGaps(labels, probabilities));
  const bins = gaps!.length;
  const eceOf = (sum: Float64Array): number =>
    sum.reduce((total, gap) => total + Math.abs(gap), 0) / labels.length;
  const [loss, ece] = bootstrapSums(
    [losses!.map((value, row) => value - others![row]!), ...gaps!, ...otherGaps!],
    resampling,
    [
      (sum) => sum[0]! / labels.length,
      (sum) => eceOf(sum.subarray(1, 1 + bins)) - eceOf(sum.subarray(1 + bins)),
    ],
  ) as [Interval, Interval];
  return {
    logLoss: loss.estimate,
    logLossInterval: boundsOf(loss),
    ece: ece.estimate,
    eceInterval: boundsOf(ece),
  };
}

const CELLS = CLASS_COUNT * CLASS_COUNT;

/** `[9]` of `[rows]`: 1 in the cell of the confusion matrix to which a row belongs. */
function confusionCells(labels: Int8Array, predictions: Int8Array): readonly Uint8Array[] {
  const cells = Array.from({ length: CELLS }, () => new Uint8Array(labels.length));
  for (const [row, label] of labels.entries()) cells[label * CLASS_COUNT + predictions[row]!]![row] = 1;
  return cells;
}

/** `[rows]` a figure of each row by itself. */
function eachRow(
  labels: Int8Array,
  probabilities: Float64Array,
  figure: (labels: ArrayLike<number>, probabilities: Float64Array) => number,
): Float64Array {
  return Float64Array.from(labels, (label, row) => figure([label], rowOf(probabilities, row)));
}

const rowOf = (probabilities: Float64Array, row: number): Float64Array =>
  probabilities.subarray(row * CLASS_COUNT, (row + 1) * CLASS_COUNT);

/** `[bins]` of `[rows]`: right or not less the stated probability, in the bin of the row's confidence; 0 elsewhere. */
function calibrationGaps(labels: Int8Array, probabilities: Float64Array): readonly Float64Array[] {
  const gaps: Float64Array[] = [];
  for (const [row, label] of labels.entries()) {
    const { bins } = topLabelCalibration([label], rowOf(probabilities, row));
    for (const [i, bin] of bins.entries()) {
      gaps[i] ??= new Float64Array(labels.length);
      if (bin.count > 0) gaps[i][row] = bin.accuracy - bin.confidence;
    }
  }
  return gaps;
}
