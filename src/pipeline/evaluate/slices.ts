/** The audited model by month, by how restless the market was, and by how sure the model was. */
import { CLASS_COUNT, NEUTRAL } from '../../domain/core/index.ts';
import { quantileOfSorted } from '../../domain/math/index.ts';
import {
  averageUniqueness,
  bootstrapConfusion,
  classificationReport,
} from '../../domain/validation/index.ts';
import type { Resampling } from '../../domain/validation/index.ts';
import type { LabelledRows } from '../labelled-rows.ts';
import type { SliceScore } from '../report/index.ts';
import { boundsOf, decisionsOf } from './score.ts';
import type { Judge } from './score.ts';
import { barRows, labelsAt, logReturns, timesAt, triplesOf } from './test-rows.ts';
import type { JudgedRows } from './test-rows.ts';

/** Bars of the trailing volatility, the row's own included; windows shorter than this are used whole. */
const VOLATILITY_BARS = 60;

/** Lower edges of the confidence bands: the probability of the most probable class. */
const CONFIDENCE_EDGES = [0, 0.4, 0.5, 0.6, 0.7, 0.8] as const;

interface Slice {
  readonly by: SliceScore['by'];
  readonly name: string;
  /** Numbers of test rows, ascending. */
  readonly members: Int32Array;
}

/** @param judge the model on trial, over the test rows */
export function sliceScores(
  rows: JudgedRows,
  judge: Judge,
  { sequenceLength, resampling }: { readonly sequenceLength: number; readonly resampling: Resampling },
): readonly SliceScore[] {
  const { data, test } = rows;
  const labels = labelsAt(data, test);
  const decisions = decisionsOf(judge);
  const uniqueness = averageUniqueness({
    timeMs: timesAt(data, test),
    labelEndMs: Float64Array.from(test, (position) => data.spans.labelEndMs[position]!),
  });
  const slices = [
    ...monthSlices(timesAt(data, test)),
    ...volatilitySlices(rows, Math.min(VOLATILITY_BARS, sequenceLength)),
    ...confidenceSlices(judge.probabilities),
  ];
  return slices.map(({ by, name, members }): SliceScore => {
    const chosen = {
      labels: Int8Array.from(members, (i) => labels[i]!),
      predictions: Int8Array.from(members, (i) => decisions[i]!),
      classes: CLASS_COUNT,
    };
    const probabilities = triplesOf(judge.probabilities, members);
    const report = classificationReport({ ...chosen, probabilities });
    const { bins } = report.calibration;
    const meanOf = (of: (bin: (typeof bins)[number]) => number): number =>
      bins.reduce((sum, bin) => sum + (bin.count > 0 ? bin.count * of(bin) : 0), 0) / members.length;
    const directed = chosen.predictions.reduce((sum, decision) => sum + (decision === NEUTRAL ? 0 : 1), 0);
    const right = chosen.predictions.reduce(
      (sum, decision, i) => sum + (decision !== NEUTRAL && decision === chosen.labels[i] ? 1 : 0),
      0,
    );
    return {
      by,
      name,
      rows: members.length,
      independentOutcomes: Math.floor(members.reduce((sum, i) => sum + uniqueness[i]!, 0)),
      macroF1: report.macroF1,
      macroF1Interval: boundsOf(bootstrapConfusion(chosen, resampling)),
      mcc: report.mcc,
      precision: right / directed,
      decisions: directed,
      confidence: meanOf((bin) => bin.confidence),
      accuracy: meanOf((bin) => bin.accuracy),
    };
  });
}

/** Test rows by the value of a key; groups in the order given, empty ones left out. */
function grouped(by: Slice['by'], names: readonly string[], keys: readonly string[]): readonly Slice[] {
  return names
    .map((name) => ({
      by,
      name,
      members: Int32Array.from(keys.keys()).filter((i) => keys[i] === name),
    }))
    .filter(({ members }) => members.length > 0);
}

function monthSlices(timeMs: Float64Array): readonly Slice[] {
  const keys = Array.from(timeMs, (ms) => new Date(ms).toISOString().slice(0, 7));
  return grouped('month', [...new Set(keys)], keys);
}

/** Terciles with the edges of the development rows: in which of them a row lies was known at the time. */
function volatilitySlices({ data, development, test }: JudgedRows, bars: number): readonly Slice[] {
  const known = trailingVolatility(data, development, bars).toSorted();
  const edges = [quantileOfSorted(known, 1 / 3), quantileOfSorted(known, 2 / 3)];
  const names = ['calm', 'middling', 'restless'];
  const keys = Array.from(
    trailingVolatility(data, test, bars),
    (sigma) => names[edges.filter((edge) => sigma > edge).length]!,
  );
  return grouped('volatility', names, keys);
}

/** `[positions]` standard deviation (n − 1) of the log returns of the last bars, each row's own included. */
export function trailingVolatility(data: LabelledRows, positions: Int32Array, bars: number): Float64Array {
  const returns = logReturns(data);
  return Float64Array.from(barRows(data, positions), (row) => {
    const window = returns.subarray(row - bars + 1, row + 1);
    const mean = window.reduce((a, b) => a + b, 0) / bars;
    return Math.sqrt(window.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (bars - 1));
  });
}

function confidenceSlices(probabilities: Float64Array): readonly Slice[] {
  const names = CONFIDENCE_EDGES.map(
    (edge, i) => `${edge.toFixed(1)} – ${(CONFIDENCE_EDGES[i + 1] ?? 1).toFixed(1)}`,
  );
  const keys = Array.from({ length: probabilities.length / CLASS_COUNT }, (_, i) => {
    const top = Math.max(...probabilities.subarray(i * CLASS_COUNT, (i + 1) * CLASS_COUNT));
    return names[CONFIDENCE_EDGES.findLastIndex((edge) => top >= edge)]!;
  });
  return grouped('confidence', names, keys);
}
