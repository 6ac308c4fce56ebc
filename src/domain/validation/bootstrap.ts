/**
 * How far a score would move on another stretch of the same market: the stationary bootstrap.
 * Source: Politis & Romano, The Stationary Bootstrap (1994). Blocks begin anywhere, have geometric length and wrap
 * around the end. Labels that look 60 minutes ahead make neighbours nearly copies of each other; single rows drawn
 * alone would pretend to 60 times the evidence, so the expected block must be at least as long as the label.
 */
import { ConfigError, type ConfigProblem, Random } from '../core/index.ts';
import { confusionMatrix, macroF1, quantileOfSorted } from '../math/index.ts';

export interface Resampling {
  /** Mean length of a block in rows; at least the label's lookahead in rows. */
  readonly expectedBlockRows: number;
  /** Default 1,000. */
  readonly replicates?: number;
  /** Share of replicates between the bounds; default 0.95. */
  readonly level?: number;
  readonly seed: number;
}

/** A percentile interval. */
export interface Interval {
  /** The statistic on the rows themselves. */
  readonly estimate: number;
  readonly lower: number;
  readonly upper: number;
  readonly level: number;
  /** Replicates on which the statistic had a value; it had none (NaN) on the others. */
  readonly replicates: number;
  /** Rows divided by the expected block: about how many independent pieces of evidence there are. */
  readonly effectiveBlocks: number;
}

/**
 * Interval of any statistic of a subset of rows.
 *
 * @param rows how many rows there are, in order of time
 * @param statistic of row numbers in `[0, rows)`, with repeats; the array is reused between calls
 * @throws ConfigError on bad settings
 */
export function bootstrapInterval(
  rows: number,
  resampling: Resampling,
  statistic: (rows: Int32Array) => number,
): Interval {
  const drawn = new Int32Array(rows);
  const identity = drawn.map((_, i) => i);
  return percentileInterval(rows, resampling, statistic(identity), (blocks) => {
    let filled = 0;
    blocks((start, length) => {
      for (let i = 0; i < length; i++) drawn[filled++] = start + i;
    });
    return statistic(drawn);
  });
}

interface ScoredRows {
  /** `[rows]` classes from 0, in order of time. */
  readonly labels: ArrayLike<number>;
  /** `[rows]` decisions. */
  readonly predictions: ArrayLike<number>;
  readonly classes: number;
}

/** Interval of a score that is a function of the confusion matrix `[classes × classes]`, row = truth; default macro-F1. */
export function bootstrapConfusion(
  { labels, predictions, classes }: ScoredRows,
  resampling: Resampling,
  score: (confusion: Int32Array, classes: number) => number = macroF1,
): Interval {
  // Checks the classes, and is what the replicates must look like.
  const whole = confusionMatrix(labels, predictions, classes);
  const cells = Int32Array.from(labels, (label, row) => label * classes + predictions[row]!);
  const counts = new Int32Array(classes * classes);
  return percentileInterval(labels.length, resampling, score(whole, classes), (blocks) => {
    countCells(cells, blocks, counts);
    return score(counts, classes);
  });
}

/**
 * Interval of the difference between two models' scores on the same rows, first minus second: both are drawn
 * together, so that what is hard for both cancels. An interval that excludes 0 tells them apart.
 */
export function bootstrapDifference(
  { labels, predictions, classes }: ScoredRows,
  otherPredictions: ArrayLike<number>,
  resampling: Resampling,
  score: (confusion: Int32Array, classes: number) => number = macroF1,
): Interval {
  const estimate =
    score(confusionMatrix(labels, predictions, classes), classes) -
    score(confusionMatrix(labels, otherPredictions, classes), classes);
  const size = classes * classes;
  const cells = Int32Array.from(
    labels,
    (label, row) => label * size + predictions[row]! * classes + otherPredictions[row]!,
  );
  const counts = new Int32Array(size * classes);
  const ours = new Int32Array(size);
  const theirs = new Int32Array(size);
  return percentileInterval(labels.length, resampling, estimate, (blocks) => {
    countCells(cells, blocks, counts);
    ours.fill(0);
    theirs.fill(0);
    for (let cell = 0; cell < counts.length; cell++) {
      const truth = Math.floor(cell / size);
      ours[truth * classes + (Math.floor(cell / classes) % classes)]! += counts[cell]!;
      theirs[truth * classes + (cell % classes)]! += counts[cell]!;
    }
    return score(ours, classes) - score(theirs, classes);
  });
}

/**
 * Intervals of statistics that are functions of column sums over rows, all from the same draws: a block costs two
 * look-ups a column, however long it is.
 *
 * @param columns `[columns]` of `[rows]`, in order of time
 * @param statistics of the sums `[columns]` over as many rows as there are; the array is reused between calls
 */
export function bootstrapSums(
  columns: readonly ArrayLike<number>[],
  resampling: Resampling,
  statistics: readonly ((sums: Float64Array) => number)[],
): readonly Interval[] {
  const rows = columns[0]?.length ?? 0;
  /** Sums of the rows before each row, and of all of them. */
  const before = columns.map((column) => {
    const running = new Float64Array(rows + 1);
    for (let row = 0; row < rows; row++) running[row + 1] = running[row]! + column[row]!;
    return running;
  });
  const sums = new Float64Array(columns.length);
  const values = (): readonly number[] => statistics.map((statistic) => statistic(sums));
  sums.set(before.map((running) => running[rows]!));
  return percentileIntervals(rows, resampling, values(), (blocks) => {
    sums.fill(0);
    blocks((start, length) => {
      for (const [k, running] of before.entries()) sums[k]! += running[start + length]! - running[start]!;
    });
    return values();
  });
}

type Blocks = (visit: (start: number, length: number) => void) => void;

/** Overwrites `counts` with how often each cell occurs in the drawn blocks. */
function countCells(cells: Int32Array, blocks: Blocks, counts: Int32Array): void {
  counts.fill(0);
  blocks((start, length) => {
    const end = start + length;
    for (let i = start; i < end; i++) counts[cells[i]!]! += 1;
  });
}

function percentileInterval(
  rows: number,
  resampling: Resampling,
  estimate: number,
  replicate: (blocks: Blocks) => number,
): Interval {
  return percentileIntervals(rows, resampling, [estimate], (blocks) => [replicate(blocks)])[0]!;
}

/** One interval for each estimate; a replicate gives all their statistics of the same draw. */
function percentileIntervals(
  rows: number,
  resampling: Resampling,
  estimates: readonly number[],
  replicate: (blocks: Blocks) => readonly number[],
): readonly Interval[] {
  const { expectedBlockRows, replicates = 1000, level = 0.95, seed } = resampling;
  checkResampling(rows, expectedBlockRows, replicates, level);
  const random = Random.fromLabel(seed, 'stationary-bootstrap');
  const blocks: Blocks = (visit) => drawBlocks(rows, expectedBlockRows, random, visit);
  const drawn = Array.from({ length: replicates }, () => replicate(blocks));
  return estimates.map((estimate, i) => {
    const statistics = Float64Array.from(drawn, (values) => values[i]!)
      .filter((value) => !Number.isNaN(value))
      .sort();
    return {
      estimate,
      lower: quantileOfSorted(statistics, (1 - level) / 2),
      upper: quantileOfSorted(statistics, (1 + level) / 2),
      level,
      replicates: statistics.length,
      effectiveBlocks: rows / expectedBlockRows,
    };
  });
}

/** Visits contiguous stretches of rows, `rows` in all; a block that runs over the end comes as two stretches. */
function drawBlocks(
  rows: number,
  expectedBlockRows: number,
  random: Random,
  visit: (start: number, length: number) => void,
): void {
  const logContinue = Math.log1p(-1 / expectedBlockRows);
  let missing = rows;
  while (missing > 0) {
    const start = random.integer(rows);
    // Geometric by inversion; −Infinity as the logarithm gives blocks of one row.
    const drawn = 1 + Math.floor(Math.log1p(-random.uniform()) / logContinue);
    const length = Math.min(drawn, missing);
    let visited = 0;
    while (visited < length) {
      const from = (start + visited) % rows;
      const stretch = Math.min(length - visited, rows - from);
      visit(from, stretch);
      visited += stretch;
    }
    missing -= length;
  }
}

function checkResampling(rows: number, expectedBlockRows: number, replicates: number, level: number): void {
  const problems: ConfigProblem[] = [];
  const refuse = (path: string, message: string): void => {
    problems.push({ path: `bootstrap.${path}`, message });
  };
  if (rows === 0) refuse('rows', 'there are no rows to draw from');
  if (!(expectedBlockRows >= 1 && expectedBlockRows < Infinity)) {
    refuse('expectedBlockRows', `${expectedBlockRows} is not a length of 1 row or more`);
  }
  if (!(Number.isSafeInteger(replicates) && replicates >= 1)) {
    refuse('replicates', `${replicates} is not a whole number above 0`);
  }
  if (!(level > 0 && level < 1)) refuse('level', `${level} is not between 0 and 1`);
  if (problems.length > 0) throw new ConfigError(problems);
}
