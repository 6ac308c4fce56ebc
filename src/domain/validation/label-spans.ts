/**
 * When the label of each row begins and ends, and the purging that follows from it.
 * Source: López de Prado, Advances in Financial Machine Learning (2018), chapter 7.
 */
import { DataError, invariant } from '../core/index.ts';

/** What every split works on: rows in order of time, each with the instant at which its label is known. */
export interface LabelSpans {
  /** `[rows]` start of each row's bar, strictly ascending. */
  readonly timeMs: Float64Array;
  /** `[rows]` end of the last minute that the row's label looks at. */
  readonly labelEndMs: Float64Array;
}

/**
 * @throws DataError when times are not strictly ascending, or a label's end is not known or not after its row's time:
 *   without them no split can be shown to be free of leakage
 */
export function checkLabelSpans({ timeMs, labelEndMs }: LabelSpans): void {
  if (timeMs.length !== labelEndMs.length) {
    throw new DataError(
      `${timeMs.length} times but ${labelEndMs.length} label end times: one of each a row`,
      {
        code: 'LABEL_SPANS_LENGTHS_DIFFER',
        context: { times: timeMs.length, labelEnds: labelEndMs.length },
      },
    );
  }
  for (let row = 0; row < timeMs.length; row++) {
    const time = timeMs[row]!;
    const labelEnd = labelEndMs[row]!;
    if (!Number.isFinite(time) || (row > 0 && time <= timeMs[row - 1]!)) {
      throw new DataError(
        `row ${row} has time ${time}, which is not later than the row before: sort, drop repeats`,
        {
          code: 'SPLIT_TIMES_UNORDERED',
          context: { row, timeMs: time },
        },
      );
    }
    if (!Number.isFinite(labelEnd) || labelEnd <= time) {
      throw new DataError(
        `row ${row} at ${time} has label end ${labelEnd}: leave rows without a label out before splitting`,
        { code: 'SPLIT_LABEL_END_MISSING', context: { row, timeMs: time, labelEndMs: labelEnd } },
      );
    }
  }
}

/** Those of `rows` whose label is known at least `embargoMs` before `boundaryMs`. */
export function knownBefore(
  spans: LabelSpans,
  rows: Int32Array,
  boundaryMs: number,
  embargoMs: number,
): Int32Array {
  return rows.filter((row) => spans.labelEndMs[row]! + embargoMs <= boundaryMs);
}

/** Row numbers `from … to − 1`. */
export function rowRange(from: number, to: number): Int32Array {
  invariant(from <= to, 'a range of rows runs forward', { from, to });
  return Int32Array.from({ length: to - from }, (_, i) => from + i);
}
