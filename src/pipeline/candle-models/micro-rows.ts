/** Series, labels and days' contexts joined into what MicroNet learns from, and its rows split in order of time. */
import { DataError, dayOf, isoDay, NO_LABEL } from '../../domain/core/index.ts';
import type { CandleLabels } from '../../domain/labels/index.ts';
import { developmentTestSplit, purgedTail } from '../../domain/validation/index.ts';
import type { DayContext, MicroDataset, MicroOutput } from '../../learning/candles/index.ts';
import type { CandleSeries } from './candle-series.ts';
import type { DayOutcome } from './embed-days.ts';
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
  /** Rows of the dataset. */
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
  readonly testShare: number;
  readonly stopShare: number;
  readonly embargoMs: number;
}

/** @throws {DataError} when no candle has a label, a day's context and a whole window, or too few for three parts */
export function microRows(symbols: readonly LabelledSeries[], options: RowsOptions): MicroRows {
  const { output, sequenceLength, horizonCandles, embargoMs } = options;
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
  }
  const usable = Int32Array.from(joined.label.keys()).filter(
    (row) => joined.label[row] !== NO_LABEL && joined.contextOf[row]! >= 0 && joined.windowEnd[row] === 1,
  );
  if (usable.length === 0) throw nothingUsable(symbols, options);
  const moments = momentsOf(usable, joined);
  const development = developmentTestSplit(moments, { ...options, embargoMs });
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
    train,
    validation,
    test,
    purged: usable.length - train.length - validation.length - test.length,
    testFromMs: development.boundaryMs,
  };
}

/** Stretches of neighbouring candles with all their features. */
export function wholeRuns({ candles, intervalMs, features, featureNames }: CandleSeries) {
  const width = featureNames.length;
  const runs: { readonly start: number; readonly end: number }[] = [];
  let start = 0;
  const isWhole = (row: number): boolean =>
    !features.subarray(row * width, (row + 1) * width).some(Number.isNaN);
  for (let row = 0; row <= candles.rows; row++) {
    const goesOn = row < candles.rows && isWhole(row);
    const isNeighbour =
      row === start || candles.openTimeMs[row]! === candles.openTimeMs[row - 1]! + intervalMs;
    if (goesOn && isNeighbour) continue;
    if (row > start) runs.push({ start, end: row });
    start = goesOn ? row : row + 1;
  }
  return runs;
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
