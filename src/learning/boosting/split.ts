/**
 * The best split of a node.
 * Source: Chen & Guestrin, XGBoost: A Scalable Tree Boosting System (2016), equations 5–7 and algorithm 3, with the L1
 * threshold of XGBoost's `param.h` and the monotone constraints of its `split_evaluator.h`.
 */
import type { BinnedFeatures } from './bins.ts';
import { BINS, GROUP } from './histogram.ts';
import { SMALL } from './objective.ts';
import type { BoostingParameters } from './parameters.ts';

/** Sums of the derivatives of a node's rows. */
export interface Sums {
  readonly gradient: number;
  readonly hessian: number;
}

/** What a node's output, and those below it, may be, so that the model is monotone. */
export interface Bounds {
  readonly lower: number;
  readonly upper: number;
}

export const UNBOUNDED: Bounds = { lower: -Infinity, upper: Infinity };

export interface Split {
  /** Reduction of the regularised loss, twice over: XGBoost's `loss_chg`. */
  readonly gain: number;
  readonly column: number;
  /** Bins up to and including this one go left. */
  readonly bin: number;
  readonly missingLeft: boolean;
  readonly left: Sums;
  readonly right: Sums;
}

type Regularisation = Pick<BoostingParameters, 'alpha' | 'lambda' | 'gamma' | 'minChildWeight'>;

function shrink(gradient: number, alpha: number): number {
  if (gradient > alpha) return gradient - alpha;
  return gradient < -alpha ? gradient + alpha : 0;
}

/** Optimal output of a leaf, `−T(G) / (H + λ)` with `T` the soft threshold at α; 0 for a node without weight. */
export function leafWeight({ gradient, hessian }: Sums, regularisation: Regularisation): number {
  if (hessian < regularisation.minChildWeight || hessian <= 0) return 0;
  return -shrink(gradient, regularisation.alpha) / (hessian + regularisation.lambda);
}

/** {@link leafWeight}, brought within bounds; float32, in which XGBoost compares weights under constraints. */
export function boundedWeight(sums: Sums, regularisation: Regularisation, { lower, upper }: Bounds): number {
  return Math.fround(Math.min(Math.max(leafWeight(sums, regularisation), lower), upper));
}

/** `T(G)² / (H + λ)` */
function score(gradient: number, hessian: number, { alpha, lambda }: Regularisation): number {
  return hessian > 0 ? shrink(gradient, alpha) ** 2 / (hessian + lambda) : 0;
}

/** The same of a node whose output is not free: `−(2 G w + (H + λ) w²)`. */
function scoreOfWeight({ gradient, hessian }: Sums, weight: number, { lambda }: Regularisation): number {
  return hessian > 0 ? -(2 * gradient * weight + (hessian + lambda) * weight * weight) : 0;
}

/** What is left of a node's weight beside its bins is a missing value only above this share; below it is rounding. */
const ROUNDING = 1e-10;

export interface SplitSearch {
  /** The drawn columns of one group, ascending; part i of its histogram belongs to `columns[i]`. */
  readonly columns: Int32Array;
  readonly binned: Pick<BinnedFeatures, 'cuts' | 'hasMissing'>;
  readonly regularisation: Regularisation;
  /** `[all columns]` 1: predictions may not fall with the column, −1: not rise; undefined when none is bound. */
  readonly monotone?: Int8Array | undefined;
}

export interface SearchedNode {
  /** Of all rows of the node, missing values included. */
  readonly sums: Sums;
  readonly bounds: Bounds;
}

/** A split that was found, as numbers that threads can share: gain, column, bin, missing left, and what moved. */
export const CANDIDATE_LENGTH = 6;

/**
 * Tries every cut of a group's columns with the missing values on either side, and writes the one of greatest gain to
 * `found[at … at + 5]`. Gains are compared as float32 and the first of equals wins, in XGBoost's order: lowest column,
 * missing values right, the cut that is tried first.
 *
 * @param histogram `[4 × 256 × 2]`, see `histogram.ts`
 */
export function searchGroup(
  histogram: Float64Array,
  node: SearchedNode,
  search: SplitSearch,
  { found, at }: { readonly found: Float64Array; readonly at: number },
): void {
  const { columns, binned, monotone } = search;
  found[at] = SMALL;
  for (let i = 0; i < columns.length && i < GROUP; i++) {
    const column = columns[i]!;
    const bins = binned.cuts[column]!.length;
    const start = i * BINS * 2;
    const missing = binned.hasMissing[column]! && hasMissingWeight(histogram, start, bins, node.sums);
    const scanned = { start, bins, column, node, missing, missingLeft: false, found, at };
    const { regularisation } = search;
    if (monotone === undefined) {
      scan(histogram, scanned, regularisation);
      if (missing) scan(histogram, { ...scanned, missingLeft: true }, regularisation);
    } else {
      const direction = monotone[column]!;
      scanBounded(histogram, scanned, regularisation, direction);
      if (missing) scanBounded(histogram, { ...scanned, missingLeft: true }, regularisation, direction);
    }
  }
}

/** The best of what was found in `groups` groups, one after the other; undefined when none reaches gamma. */
export function bestSplit(
  { found, at, groups }: { readonly found: Float64Array; readonly at: number; readonly groups: number },
  sums: Sums,
  gamma: number,
): Split | undefined {
  let best = -1;
  let gain: number = SMALL;
  for (let group = 0; group < groups; group++) {
    const start = at + group * CANDIDATE_LENGTH;
    if (found[start]! > gain) {
      gain = found[start]!;
      best = start;
    }
  }
  if (best < 0 || gain < gamma) return undefined;
  const moved = { gradient: found[best + 4]!, hessian: found[best + 5]! };
  const rest = { gradient: sums.gradient - moved.gradient, hessian: sums.hessian - moved.hessian };
  const missingLeft = found[best + 3] === 1;
  return {
    gain,
    column: found[best + 1]!,
    bin: found[best + 2]!,
    missingLeft,
    left: missingLeft ? rest : moved,
    right: missingLeft ? moved : rest,
  };
}

function hasMissingWeight(values: Float64Array, start: number, bins: number, sums: Sums): boolean {
  let hessian = sums.hessian;
  for (let bin = 0; bin < bins; bin++) hessian -= values[start + 2 * bin + 1]!;
  return hessian > ROUNDING * sums.hessian;
}

interface Scan {
  /** Where the column's bins begin. */
  readonly start: number;
  readonly bins: number;
  readonly column: number;
  readonly node: SearchedNode;
  /** Whether the node has missing values in this column, and which side they are tried on. */
  readonly missing: boolean;
  readonly missingLeft: boolean;
  /** Overwritten by a better split. */
  readonly found: Float64Array;
  readonly at: number;
}

/**
 * Moves bins one by one out of the node: the lowest first and to the left, or, when missing values are to stay on the
 * left, the highest first and to the right. What has not been moved, missing values included, is the other side.
 */
function scan(values: Float64Array, options: Scan, regularisation: Regularisation): void {
  const { start, bins, node, missing, missingLeft, found, at } = options;
  const { minChildWeight } = regularisation;
  const { gradient: totalG, hessian: totalH } = node.sums;
  const parentScore = score(totalG, totalH, regularisation);
  // With missing values on the right, all bins against them is a split too; on the left it would be the same one.
  const moves = missing && !missingLeft ? bins : bins - 1;
  let movedG = 0;
  let movedH = 0;
  for (let move = 0; move < moves; move++) {
    const bin = missingLeft ? bins - 1 - move : move;
    movedG += values[start + 2 * bin]!;
    movedH += values[start + 2 * bin + 1]!;
    const restG = totalG - movedG;
    const restH = totalH - movedH;
    if (movedH < minChildWeight || restH < minChildWeight || movedH <= 0 || restH <= 0) continue;
    const gain = Math.fround(
      score(movedG, movedH, regularisation) + score(restG, restH, regularisation) - parentScore,
    );
    if (gain > found[at]!) write(options, { gain, bin, movedG, movedH });
  }
}

/** {@link scan} under monotone constraints, this column's `direction` among them: outputs are kept within bounds. */
function scanBounded(
  values: Float64Array,
  options: Scan,
  regularisation: Regularisation,
  direction: number,
): void {
  const { start, bins, node, missing, missingLeft, found, at } = options;
  const { minChildWeight } = regularisation;
  const { sums, bounds } = node;
  const parentScore = scoreOfWeight(sums, boundedWeight(sums, regularisation, bounds), regularisation);
  const moves = missing && !missingLeft ? bins : bins - 1;
  let movedG = 0;
  let movedH = 0;
  for (let move = 0; move < moves; move++) {
    const bin = missingLeft ? bins - 1 - move : move;
    movedG += values[start + 2 * bin]!;
    movedH += values[start + 2 * bin + 1]!;
    const moved = { gradient: movedG, hessian: movedH };
    const rest = { gradient: sums.gradient - movedG, hessian: sums.hessian - movedH };
    if (moved.hessian < minChildWeight || rest.hessian < minChildWeight) continue;
    if (moved.hessian <= 0 || rest.hessian <= 0) continue;
    const movedWeight = boundedWeight(moved, regularisation, bounds);
    const restWeight = boundedWeight(rest, regularisation, bounds);
    const rise = missingLeft ? movedWeight - restWeight : restWeight - movedWeight;
    if (rise * direction < 0) continue;
    const gain = Math.fround(
      scoreOfWeight(moved, movedWeight, regularisation) +
        scoreOfWeight(rest, restWeight, regularisation) -
        parentScore,
    );
    if (gain > found[at]!) write(options, { gain, bin, movedG, movedH });
  }
}

function write(
  { column, missingLeft, found, at }: Scan,
  split: { readonly gain: number; readonly bin: number; readonly movedG: number; readonly movedH: number },
): void {
  found[at] = split.gain;
  found[at + 1] = column;
  found[at + 2] = missingLeft ? split.bin - 1 : split.bin;
  found[at + 3] = missingLeft ? 1 : 0;
  found[at + 4] = split.movedG;
  found[at + 5] = split.movedH;
}
