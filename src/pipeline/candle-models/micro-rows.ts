/** Series, labels and days' contexts joined into what MicroNet learns from, and its rows split in order of time. */
import { DataError, dayOf, isoDay, NO_LABEL } from '../../domain/core/index.ts';
import type { CandleLabels } from '../../domain/labels/index.ts';
import { developmentTestSplit, purgedTail, splitFrom } from '../../domain/validation/index.ts';
import type { DayContext, MicroDataset, MicroOutput } from '../../learning/candles/index.ts';
import { type CandleSeries, type DayOutcome, wholeRuns } from '../candle-scoring/index.ts';
import { joinedFeatures } from './macro-windows.ts';

/** One symbol: its candles, what became of them, and what was known each day. */
export interface LabelledSeries {
  readonly series: CandleSeries;
  readonly labels: CandleLabels;
  /** `[rows]` log return over the horizon, NaN where unknown. */
  readonly returns: Float64Array;
  readonly days: readonly DayOutcome[];
}

export interface MicroRows {
  readonly dataset: MicroDataset;
  /** `[rows]` symbol of each row, by its place in the request. */
  readonly symbolOf: Int32Array;
  /** `[rows]` start of the candle. */
  readonly openTimeMs: Float64Array;
  /** `[rows]` SELL 0, NEUTRAL 1, BUY 2, −1 = none. */
  readonly label: Int8Array;
  /** `[rows]` log return over the horizon, NaN where unknown. */
  readonly returns: Float64Array;
  /** `[rows]` when the label is known; NaN where there is none. */
  readonly labelEndMs: Float64Array;
  /** `[symbols + 1]` first row of each symbol, and the number of rows. */
  readonly firstRows: readonly number[];
  /** Rows of the dataset, ascending: all that have a label, a day's context and a whole window. */
  readonly usable: Int32Array;
  /** Those whose labels were known before the test; what learned and what chose the epoch are among them. */
  readonly development: Int32Array;
  readonly train: Int32Array;
  readonly validation: Int32Array;
  readonly test: Int32Array;
  /** Rows that were dropped at the two boundaries because their labels look across. */
  readonly purged: number;
  readonly testFromMs: number;
}

interface RowsOptions {
  readonly output: MicroOutput;
  /** Candles that a decision sees. */
  readonly sequenceLength: number;
  readonly horizonCandles: number;
  /** Share of the moments that becomes the test, or when it begins. */
  readonly test: { readonly share: number } | { readonly fromMs: number };
  readonly stopShare: number;
  readonly embargoMs: number;
}

/** @throws {DataError} when no candle has a label, a day's context and a whole window, or too few for three parts */
export function microRows(symbols: readonly LabelledSeries[], options: RowsOptions): MicroRows {
  const { output, sequenceLength, horizonCandles, test: wanted, embargoMs } = options;
  const all = symbols.map(({ series }) => series);
  const rows = all.reduce((sum, { candles }) => sum + candles.rows, 0);
  const joined = {
    openTimeMs: new Float64Array(rows),
    label: new Int8Array(rows),
    returns: new Float64Array(rows),
    labelEndMs: new Float64Array(rows),
    contextOf: new Int32Array(rows).fill(-1),
    symbolOf: new Int32Array(rows),
    windowEnd: new Uint8Array(rows),
  };
  const contexts: DayContext[] = [];
  const segments: { readonly start: number; readonly end: number }[] = [];
  const firstRows = [0];
  let offset = 0;
  for (const [symbol, { series, labels, returns, days }] of symbols.entries()) {
    const { candles } = series;
    joined.openTimeMs.set(candles.openTimeMs, offset);
    joined.label.set(labels.label, offset);
    joined.returns.set(returns, offset);
    joined.labelEndMs.set(labels.labelEndMs, offset);
    joined.symbolOf.fill(symbol, offset, offset + candles.rows);
    const contextAt = new Map<number, number>();
    for (const day of days) if (day.kind === 'embedded') contextAt.set(day.dayMs, contexts.push(day) - 1);
    for (let row = 0; row < candles.rows; row++) {
      joined.contextOf[offset + row] = contextAt.get(dayOf(candles.openTimeMs[row]!)) ?? -1;
    }
    for (const { start, end } of wholeRuns(series)) {
      segments.push({ start: offset + start, end: offset + end });
      joined.windowEnd.fill(1, Math.min(offset + start + sequenceLength - 1, offset + end), offset + end);
    }
    offset += candles.rows;
    firstRows.push(offset);
  }
  const usable = Int32Array.from(joined.label.keys()).filter(
    (row) => joined.label[row] !== NO_LABEL && joined.contextOf[row]! >= 0 && joined.windowEnd[row] === 1,
  );
  if (usable.length === 0) throw nothingUsable(symbols, options);
  const moments = momentsOf(usable, joined);
  const development =
    'share' in wanted
      ? developmentTestSplit(moments, { testShare: wanted.share, embargoMs })
      : splitFrom(moments, wanted.fromMs, embargoMs);
  const stop = purgedTail({ spans: moments, rows: development.before, share: options.stopShare, embargoMs });
  const rowsAt = (chosen: Int32Array): Int32Array => {
    const times = new Set(Array.from(chosen, (moment) => moments.timeMs[moment]!));
    return usable.filter((row) => times.has(joined.openTimeMs[row]!));
  };
  const [train, validation, test] = [rowsAt(stop.before), rowsAt(stop.after), rowsAt(development.after)];
  const isLabelled = (row: number): boolean => joined.label[row] !== NO_LABEL;
  const target = (row: number): number => (output === 'score' ? joined.label[row]! - 1 : joined.label[row]!);
  return {
    dataset: {
      featureNames: all[0]!.featureNames,
      features: joinedFeatures(all),
      segments,
      contexts,
      contextOf: joined.contextOf,
      labels: Float64Array.from(joined.label, (_, row) => (isLabelled(row) ? target(row) : Number.NaN)),
      horizonCandles,
    },
    ...joined,
    firstRows,
    usable,
    development: rowsAt(development.before),
    train,
    validation,
    test,
    purged: usable.length - train.length - validation.length - test.length,
    testFromMs: development.boundaryMs,
  };
}

interface Spans {
  readonly openTimeMs: Float64Array;
  readonly labelEndMs: Float64Array;
}

/** Every time at which a symbol has a usable row, and when the last label of that time is known. */
function momentsOf(usable: Int32Array, { openTimeMs, labelEndMs }: Spans) {
  const ends = new Map<number, number>();
  for (const row of usable) {
    const timeMs = openTimeMs[row]!;
    ends.set(timeMs, Math.max(ends.get(timeMs) ?? 0, labelEndMs[row]!));
  }
  const timeMs = Float64Array.from(ends.keys()).toSorted();
  return { timeMs, labelEndMs: timeMs.map((ms) => ends.get(ms)!) };
}

function nothingUsable(symbols: readonly LabelledSeries[], { sequenceLength }: RowsOptions): DataError {
  const reasons = symbols.map(({ series, days }) => {
    const skipped = days.findLast((day) => day.kind === 'skipped');
    return `${series.symbol}: ${series.candles.rows} candles from ${isoDay(series.candles.openTimeMs[0]!)} on${
      skipped?.kind === 'skipped' ? `, and on ${isoDay(skipped.dayMs)} ${skipped.reason}` : ''
    }`;
  });
  return new DataError(
    `no candle has a label, ${sequenceLength} whole candles up to it, and whole days before its own (${reasons.join('; ')}): ` +
      'bring more with `tidemark ingest candles`, or fill gaps by running it again without --no-rest',
    { code: 'MICRO_NO_ROWS' },
  );
}
