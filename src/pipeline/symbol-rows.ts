/**
 * Rows of one or several symbols that one network learns from. Splits are made on moments, so that nothing learned from
 * any symbol was known later than the first row that judges another.
 */
import { DataError, isoMinute } from '../domain/core/index.ts';
import type { LabelSpans } from '../domain/validation/index.ts';
import type { TrainTcnLstmOptions } from '../learning/models/index.ts';
import type { LabelledBars } from './labelled-bars.ts';

export interface SymbolBars {
  readonly symbol: string;
  readonly data: LabelledBars;
}

/** Positions in `data.rows` that are learned from, and those that stop the training. */
export interface SymbolRows extends SymbolBars {
  readonly train: Int32Array;
  readonly stopping: Int32Array;
}

/** Every time at which a symbol has a labelled row, and when the last label of that time is known. */
export function momentsOf(symbols: readonly SymbolBars[]): LabelSpans {
  const ends = new Map<number, number>();
  for (const { data } of symbols) {
    const { timeMs, labelEndMs } = data.spans;
    for (const [i, ms] of timeMs.entries()) ends.set(ms, Math.max(ends.get(ms) ?? 0, labelEndMs[i]!));
  }
  const timeMs = Float64Array.from(ends.keys()).toSorted();
  return { timeMs, labelEndMs: timeMs.map((ms) => ends.get(ms)!) };
}

/** Positions of the rows at some of the moments. */
export function rowsAt({ data }: SymbolBars, moments: LabelSpans, chosen: Int32Array): Int32Array {
  const times = new Set(Array.from(chosen, (moment) => moments.timeMs[moment]!));
  return positionsWhere(data, (i) => times.has(data.spans.timeMs[i]!));
}

/** Of other symbols: all rows whose labels were known, by the embargo, before a boundary; symbols without any left out. */
export function companionRows(
  companions: readonly SymbolBars[],
  boundaryMs: number,
  embargoMs: number,
): readonly SymbolRows[] {
  const rows = companions.map(({ symbol, data }) => {
    const { labelEndMs } = data.spans;
    const train = positionsWhere(data, (i) => labelEndMs[i]! + embargoMs <= boundaryMs);
    return { symbol, data, train, stopping: new Int32Array(0) };
  });
  return rows.filter(({ train }) => train.length > 0);
}

const positionsWhere = ({ rows }: LabelledBars, holds: (i: number) => boolean): Int32Array =>
  Int32Array.from(rows.keys()).filter((i) => holds(i));

type LearningRows = Pick<TrainTcnLstmOptions, 'dataset' | 'trainRows' | 'instruments'> & {
  readonly stoppingRows: Int32Array;
};

/** One dataset of all symbols, one after the other; of a single symbol its own. */
export function learningRows(symbols: readonly SymbolRows[]): LearningRows {
  const [first] = symbols;
  const { bars } = first!.data;
  for (const { symbol, data } of symbols) {
    if (data.bars.featureNames.join() !== bars.featureNames.join()) {
      throw new DataError(
        `${symbol} has the features ${data.bars.featureNames.join(', ')}, ${first!.symbol} has ${bars.featureNames.join(', ')}`,
        { code: 'FEATURES_DIFFER', context: { symbol } },
      );
    }
  }
  const instruments: { readonly name: string; readonly start: number; readonly end: number }[] = [];
  let rows = 0;
  for (const { symbol, data } of symbols) {
    instruments.push({ name: symbol, start: rows, end: rows + data.bars.rows });
    rows += data.bars.rows;
  }
  const startOf = (i: number): number => instruments[i]!.start;
  const barRows = (positionsOf: (symbol: SymbolRows) => Int32Array): Int32Array =>
    Int32Array.from(
      symbols.flatMap((each, i) =>
        Array.from(positionsOf(each), (position) => startOf(i) + each.data.rows[position]!),
      ),
    );
  return {
    dataset: {
      featureNames: bars.featureNames,
      rows,
      features: joined(
        symbols.map(({ data }) => data.bars.features),
        Float64Array,
      ),
      labels: joined(
        symbols.map(({ data }) => data.labels.label),
        Int8Array,
      ),
      segments: symbols.flatMap(({ data }, i) =>
        data.segments.map(({ start, end }) => ({ start: startOf(i) + start, end: startOf(i) + end })),
      ),
      rowName: (row) => {
        const i = instruments.findIndex(({ end }) => row < end);
        const { symbol, data } = symbols[i]!;
        return `${symbol} ${isoMinute(data.bars.minuteMs[row - startOf(i)]!)} (row ${row - startOf(i)})`;
      },
    },
    trainRows: barRows(({ train }) => train),
    stoppingRows: barRows(({ stopping }) => stopping),
    ...(symbols.length > 1 ? { instruments } : {}),
  };
}

interface Numbers<T> {
  readonly length: number;
  set(values: T, offset: number): void;
}

/** The parts one after the other; a single part is not copied. */
function joined<T extends Numbers<T>>(parts: readonly T[], type: new (length: number) => T): T {
  if (parts.length === 1) return parts[0]!;
  const all = new type(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
