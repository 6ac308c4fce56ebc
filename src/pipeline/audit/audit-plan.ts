/** Which rows an audit learns from, stops on, calibrates on: decided before anything is trained. */
import { DataError, DIRECTIONS, isoMinute, MINUTE_MS } from '../../domain/core/index.ts';
import { type Fold, type PurgedSplit, purgedTail, walkForwardFolds } from '../../domain/validation/index.ts';
import type { Config } from '../config.ts';
import type { LabelledBars } from '../labelled-bars.ts';
import { developmentSplit } from '../train-base.ts';

/** All row numbers are positions in `data.rows`, ascending. */
export interface AuditPlan {
  readonly development: PurgedSplit;
  /** What the shipped base model learns from: the development rows, or as many of the last blocks as a fold does. */
  readonly shipped: Int32Array;
  readonly folds: readonly Fold[];
  /** Rows with an out-of-fold prediction: the folds' validation blocks, one after the other. */
  readonly outOfFold: Int32Array;
  readonly auditor: AuditorRows;
  readonly calibration: CalibrationRows;
}

export interface AuditorRows {
  /** The number of rounds is found by learning from `search` and stopping on the later, purged `stopping`. */
  readonly search: Int32Array;
  readonly stopping: Int32Array;
  /** Then all of them are learned from: everything before the calibration slice, purged. */
  readonly all: Int32Array;
}

export interface CalibrationRows {
  /** The last share of the out-of-fold rows, of which neither auditor nor early stopping knows a label. */
  readonly slice: Int32Array;
  /** Calibrators are fitted on `fit` and chosen on the later, purged `judge`; the chosen one is fitted on `both`. */
  readonly fit: Int32Array;
  readonly judge: Int32Array;
  readonly both: Int32Array;
  /** Scores of the prediction sets: the latest part, purged from all the others. */
  readonly conformal: Int32Array;
}

/** Of the calibration slice, for prediction sets; and of what is before it, for the choice of a calibrator. */
const LATER_SHARE = 1 / 3;

/**
 * @throws DataError when a part would be empty, times are not ascending, or a fold or the auditor has no row of a class
 */
export function planAudit(data: LabelledBars, config: Config): AuditPlan {
  const { validation } = config;
  const { spans } = data;
  const embargoMs = validation.embargoMinutes * MINUTE_MS;
  const development = developmentSplit(data, config);
  const folds = walkForwardFolds({
    spans,
    rows: development.before,
    folds: validation.folds,
    embargoMs,
    stoppingShare: validation.stopShare,
    ...(validation.pastBlocks !== undefined && { pastBlocks: validation.pastBlocks }),
  });
  for (const [k, fold] of folds.entries()) {
    const { stoppingStartMs, validationStartMs, validationEndMs } = fold;
    const period = `judged from ${isoMinute(validationStartMs)} to ${isoMinute(validationEndMs)}`;
    const until = `learns from what was known by ${isoMinute(stoppingStartMs)}`;
    requireEveryClass(data, fold.train, `fold ${k + 1} of ${folds.length} (${period}, ${until})`);
  }
  const outOfFold = Int32Array.from(folds.flatMap(({ validation: rows }) => [...rows]));
  const tail = (rows: Int32Array, share: number): PurgedSplit =>
    purgedTail({ spans, rows, share, embargoMs });
  const { before: all, after: slice } = tail(outOfFold, validation.calibrationShare);
  const { before: search, after: stopping } = tail(all, validation.stopShare);
  requireEveryClass(data, search, 'the auditor');
  const { before: both, after: conformal } = tail(slice, LATER_SHARE);
  const { before: fit, after: judge } = tail(both, LATER_SHARE);
  const past = Math.min(1, (validation.pastBlocks ?? Infinity) / (validation.folds + 1));
  return {
    development,
    shipped: development.before.subarray(Math.round((1 - past) * development.before.length)),
    folds,
    outOfFold,
    auditor: { search, stopping, all },
    calibration: { slice, fit, judge, both, conformal },
  };
}

export const labelsAt = ({ labels, rows }: LabelledBars, positions: Int32Array): Int8Array =>
  Int8Array.from(positions, (position) => labels.label[rows[position]!]!);

function requireEveryClass(data: LabelledBars, positions: Int32Array, who: string): void {
  const seen = new Set(labelsAt(data, positions));
  const missing = DIRECTIONS.filter((_, k) => !seen.has(k));
  if (missing.length === 0) return;
  throw new DataError(
    `${who}: none of its ${positions.length} rows is ${missing.join(' or ')}, so that it could not know that class: ` +
      'bring more data, take fewer folds, or label with nearer thresholds',
    { code: 'FOLD_CLASS_MISSING', context: { rows: positions.length, missing: missing.join() } },
  );
}
