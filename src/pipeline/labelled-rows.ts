/** Labelled rows of one symbol as judges see them, whether they were made of minute bars or of candles. */
import { MINUTE_MS } from '../domain/core/index.ts';
import { LOG_RETURN_FEATURE } from '../domain/features/index.ts';
import type { BarTable, Segment } from '../domain/features/index.ts';
import type { BarLabels } from '../domain/labels/index.ts';
import type { LabelSpans } from '../domain/validation/index.ts';

/** What a row is made of. */
export interface RowUnit {
  readonly name: 'minute' | 'candle';
  readonly ms: number;
  /** Column of the features with the log return from the close before. */
  readonly returnFeature: number;
}

export const MINUTE_BARS: RowUnit = {
  name: 'minute',
  ms: MINUTE_MS,
  returnFeature: LOG_RETURN_FEATURE,
};

export interface LabelledRows {
  readonly unit: RowUnit;
  /** All of them in order of time, those without a label too; of a candle `minuteMs` is when it opens. */
  readonly bars: BarTable;
  readonly labels: Pick<BarLabels, 'label' | 'futureReturn' | 'labelEndMs'>;
  /** Contiguous bars whose features are all there. */
  readonly segments: readonly Segment[];
  /** Bars that have a label and a full window before them, ascending. */
  readonly rows: Int32Array;
  /** `[rows]` of {@link LabelledRows.rows}: when each begins and when its label is known. */
  readonly spans: LabelSpans;
}
