/** The rows that a model is judged on, with what was known about them at the time and what came of them. */
import { CLASS_COUNT } from '../../domain/core/index.ts';
import type { LabelledRows } from '../labelled-rows.ts';

export interface JudgedRows {
  readonly data: LabelledRows;
  /** Positions in `data.rows` that may be learned from, ascending. */
  readonly development: Int32Array;
  /** Positions in `data.rows` that are judged, ascending. */
  readonly test: Int32Array;
}

/** Row numbers of bars. */
export const barRows = (data: LabelledRows, positions: Int32Array): Int32Array =>
  positions.map((position) => data.rows[position]!);

export const labelsAt = (data: LabelledRows, positions: Int32Array): Int8Array =>
  Int8Array.from(positions, (position) => data.labels.label[data.rows[position]!]!);

export const timesAt = (data: LabelledRows, positions: Int32Array): Float64Array =>
  Float64Array.from(positions, (position) => data.spans.timeMs[position]!);

/** `[positions × features]`: the bar at each position. */
export function lastBars(data: LabelledRows, positions: Int32Array): Float64Array {
  const width = data.bars.featureNames.length;
  const features = new Float64Array(positions.length * width);
  positions.forEach((position, i) => {
    const row = data.rows[position]!;
    features.set(data.bars.features.subarray(row * width, (row + 1) * width), i * width);
  });
  return features;
}

/** `[rows]` log return of each bar. */
export function logReturns({ bars, unit }: LabelledRows): Float64Array {
  const width = bars.featureNames.length;
  return Float64Array.from(
    { length: bars.rows },
    (_, row) => bars.features[row * width + unit.returnFeature]!,
  );
}

/** At most `limit` positions, evenly spread: neighbours share nearly all of their label, so that little is lost. */
export function thinned(positions: Int32Array, limit: number): Int32Array {
  if (positions.length <= limit) return positions;
  return Int32Array.from({ length: limit }, (_, i) => positions[Math.floor((i * positions.length) / limit)]!);
}

/** `[chosen × 3]`: some rows of a table of probabilities `[rows × 3]`. */
export function triplesOf(probabilities: Float64Array, chosen: Int32Array): Float64Array {
  const triples = new Float64Array(chosen.length * CLASS_COUNT);
  chosen.forEach((row, i) => {
    triples.set(probabilities.subarray(row * CLASS_COUNT, (row + 1) * CLASS_COUNT), i * CLASS_COUNT);
  });
  return triples;
}
