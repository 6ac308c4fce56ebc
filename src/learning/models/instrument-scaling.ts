/**
 * One network for several instruments, each scaled with statistics of its own training rows: the network learns from
 * scaled features, and becomes one model file an instrument, which differ in nothing but the scaling inside.
 */
import { CLASS_COUNT, DataError } from '../../domain/core/index.ts';
import {
  type Scaling,
  type SequenceDataset,
  checkedFeatures,
  learnableRows,
  markedRows,
  scaleRows,
  scalingOf,
} from '../neural/index.ts';

/** Rows `start … end − 1` of a dataset that are one instrument's. */
export interface InstrumentRows {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

interface Options {
  readonly dataset: SequenceDataset;
  readonly trainRows: Int32Array;
  readonly sequenceLength: number;
}

export interface ScaledInstruments {
  readonly dataset: SequenceDataset;
  readonly scalings: ReadonlyMap<string, Scaling>;
}

/** @throws {DataError} when the dataset does not fit together, or an instrument has no row to learn from */
export function scaleInstruments(
  instruments: readonly InstrumentRows[],
  { dataset, trainRows, sequenceLength }: Options,
): ScaledInstruments {
  checkedFeatures(dataset, CLASS_COUNT);
  const usable = markedRows(learnableRows(dataset, trainRows, sequenceLength));
  const features = new Float64Array(dataset.features.length);
  const scalings = new Map<string, Scaling>();
  for (const { name, start, end } of instruments) {
    const rows = usable.filter((row) => row >= start && row < end);
    if (rows.length === 0) {
      throw new DataError(
        `training: ${name} has no training row with a label and ${sequenceLength} contiguous bars; ` +
          'leave it out, give more data or take a shorter sequence',
        { code: 'TRAINING_NO_ROWS', context: { instrument: name, sequenceLength } },
      );
    }
    const scaling = scalingOf(dataset.features, dataset.featureNames.length, rows);
    scaleRows(dataset.features, scaling, { start, end }, features);
    scalings.set(name, scaling);
  }
  return { dataset: { ...dataset, features }, scalings };
}
