/**
 * Splits in order of time. Everything that learns sees only rows whose labels were known, by at least the embargo,
 * before the first row that judges it: `max(labelEnd of training) + embargo ≤ min(time of validation)`.
 * Shares are of rows in chronological order, so that a long hole in a recording leaves no part empty.
 */
import { ConfigError, type ConfigProblem, DataError } from '../core/index.ts';
import { checkLabelSpans, knownBefore, type LabelSpans, rowRange } from './label-spans.ts';

export interface PurgedSplit {
  /** Rows that may be learned from, ascending; those whose label reaches past the boundary less the embargo are not among them. */
  readonly before: Int32Array;
  /** Rows at and after the boundary, ascending. */
  readonly after: Int32Array;
  /** Time of the first row of `after`. */
  readonly boundaryMs: number;
  /** Earlier rows that were dropped because their label reaches too far. */
  readonly purged: number;
}

interface TailOptions {
  readonly spans: LabelSpans;
  /** Ascending row numbers to be split; default all. */
  readonly rows?: Int32Array;
  /** Share of `rows` that goes into the later part, above 0 and below 1. */
  readonly share: number;
  readonly embargoMs?: number;
}

/**
 * Cuts off the last `share` of the rows: the test period, or an early-stopping slice at the end of a fold's past.
 *
 * @throws DataError when either part would be empty, ConfigError on a bad share or embargo
 */
export function purgedTail({ spans, rows, share, embargoMs = 0 }: TailOptions): PurgedSplit {
  checkLabelSpans(spans);
  const problems: ConfigProblem[] = embargoProblems(embargoMs);
  if (!(share > 0 && share < 1))
    problems.push({ path: 'split.share', message: `${share} is not between 0 and 1` });
  if (problems.length > 0) throw new ConfigError(problems);
  const all = rows ?? rowRange(0, spans.timeMs.length);
  return splitAt(spans, all, all.length - Math.round(all.length * share), embargoMs);
}

/**
 * Cuts at a time that was settled before: rows that begin then or later are the later part.
 * @throws DataError when either part would be empty
 */
export function splitFrom(spans: LabelSpans, boundaryMs: number, embargoMs = 0): PurgedSplit {
  checkLabelSpans(spans);
  const { timeMs } = spans;
  const first = timeMs.findIndex((ms) => ms >= boundaryMs);
  return splitAt(spans, rowRange(0, timeMs.length), first < 0 ? timeMs.length : first, embargoMs);
}

/** The development rows, and the last rows that are opened once. The default keeps the last 10 %. */
export function developmentTestSplit(
  spans: LabelSpans,
  { testShare = 0.1, embargoMs = 0 }: { readonly testShare?: number; readonly embargoMs?: number } = {},
): PurgedSplit {
  return purgedTail({ spans, share: testShare, embargoMs });
}

export interface Fold {
  /** Rows that the model is fitted on. */
  readonly train: Int32Array;
  /** Rows on which its fitting is stopped: the later part of the fold's own past, purged from `train`. */
  readonly stopping: Int32Array;
  /** Rows that judge it: one block of the future, of which neither `train` nor `stopping` knows a label. */
  readonly validation: Int32Array;
  readonly stoppingStartMs: number;
  readonly validationStartMs: number;
  /** Time of the last row of `validation`. */
  readonly validationEndMs: number;
  /** Rows of the past that were dropped at the two boundaries. */
  readonly purged: number;
}

interface WalkForwardOptions {
  readonly spans: LabelSpans;
  /** Ascending row numbers, such as the development rows; default all. */
  readonly rows?: Int32Array;
  /** Default 5. */
  readonly folds?: number;
  /** Time that must lie between the last label of the past and the first row that judges it. Default 0. */
  readonly embargoMs?: number;
  /** Share of a fold's own past that stops its training. Default 0.15. */
  readonly stoppingShare?: number;
  /** Blocks of the past that a fold learns from: rolling walk-forward. Default all of them: expanding. */
  readonly pastBlocks?: number;
}

/**
 * Expanding (or rolling) walk-forward: the rows fall into `folds + 1` blocks of equal count; fold k is judged on block k + 1 and
 * learns from all the blocks before it (or the last `pastBlocks`), purged. The validation blocks follow each other without a hole, so that
 * together they give one out-of-fold prediction for every row after the first block.
 *
 * @throws DataError when a fold would be left without rows to learn, stop or judge; ConfigError on bad options
 */
export function walkForwardFolds(options: WalkForwardOptions): readonly Fold[] {
  const { spans, folds = 5, embargoMs = 0, stoppingShare = 0.15, pastBlocks = Infinity } = options;
  checkLabelSpans(spans);
  const problems: ConfigProblem[] = embargoProblems(embargoMs);
  if (!(Number.isSafeInteger(folds) && folds >= 1)) {
    problems.push({ path: 'split.folds', message: `${folds} is not a whole number of folds` });
  }
  if (!(stoppingShare > 0 && stoppingShare < 1)) {
    problems.push({ path: 'split.stoppingShare', message: `${stoppingShare} is not between 0 and 1` });
  }
  if (!(pastBlocks >= 1)) {
    problems.push({ path: 'split.pastBlocks', message: `${pastBlocks} is not a number of blocks from 1 on` });
  }
  if (problems.length > 0) throw new ConfigError(problems);

  const rows = options.rows ?? rowRange(0, spans.timeMs.length);
  const blockStart = (block: number): number => Math.floor((block * rows.length) / (folds + 1));
  return Array.from({ length: folds }, (_, k) => {
    const first = blockStart(Math.max(0, k + 1 - pastBlocks));
    const outer = splitAt(
      spans,
      rows.subarray(first, blockStart(k + 2)),
      blockStart(k + 1) - first,
      embargoMs,
    );
    const inner = splitAt(
      spans,
      outer.before,
      outer.before.length - Math.round(outer.before.length * stoppingShare),
      embargoMs,
    );
    return {
      train: inner.before,
      stopping: inner.after,
      validation: outer.after,
      stoppingStartMs: inner.boundaryMs,
      validationStartMs: outer.boundaryMs,
      validationEndMs: spans.timeMs[outer.after.at(-1)!]!,
      purged: outer.purged + inner.purged,
    };
  });
}

/** Splits `rows` before its element `position` and purges what comes before. */
function splitAt(spans: LabelSpans, rows: Int32Array, position: number, embargoMs: number): PurgedSplit {
  const after = rows.slice(position);
  const boundaryMs = after.length > 0 ? spans.timeMs[after[0]!]! : Number.NaN;
  const before = knownBefore(spans, rows.subarray(0, position), boundaryMs, embargoMs);
  if (before.length === 0 || after.length === 0) {
    throw new DataError(
      `${rows.length} rows are too few to split: ${position} before the boundary, of which ${before.length} are left ` +
        `after purging, and ${after.length} after it; bring more data, or fewer folds or a shorter lookahead`,
      {
        code: 'SPLIT_PART_EMPTY',
        context: { rows: rows.length, before: before.length, after: after.length, boundaryMs },
      },
    );
  }
  return { before, after, boundaryMs, purged: position - before.length };
}

function embargoProblems(embargoMs: number): ConfigProblem[] {
  if (Number.isFinite(embargoMs) && embargoMs >= 0) return [];
  return [{ path: 'split.embargoMs', message: `${embargoMs} is not a time of 0 ms or more` }];
}
