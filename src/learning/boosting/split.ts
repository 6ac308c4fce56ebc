/**
 * The best split of a node.
 * Source: Chen & Guestrin, XGBoost: A Scalable Tree Boosting System (2016), equations 5–7 and algorithm 3, with the L1
 * threshold of XGBoost's `param.h`.
 */
import type { BinnedFeatures } from './bins.ts';
import type { NodeHistogram } from './histogram.ts';
import { SMALL } from './objective.ts';
import type { BoostingParameters } from './parameters.ts';

/** Sums of the derivatives of a node's rows. */
export interface Sums {
  readonly gradient: number;
  readonly hessian: number;
}

export interface Split {
  /** Reduction of the regularised loss, twice over: XGBoost's `loss_chg`. */
  readonly gain: number;
  /** Index into the drawn columns. */
  readonly slot: number;
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

/** `T(G)² / (H + λ)` */
function score(gradient: number, hessian: number, { alpha, lambda }: Regularisation): number {
  return hessian > 0 ? shrink(gradient, alpha) ** 2 / (hessian + lambda) : 0;
}

/** What is left of a node's weight beside its bins is a missing value only above this share; below it is rounding. */
const ROUNDING = 1e-10;

export interface SplitSearch {
  /** The drawn columns, ascending; slot i of a histogram belongs to `columns[i]`. */
  readonly columns: Int32Array;
  readonly binned: Pick<BinnedFeatures, 'cuts' | 'hasMissing'>;
  readonly regularisation: Regularisation;
}

/**
 * Tries every cut of every drawn column with the missing values on either side, and returns the one of greatest gain,
 * or undefined when none reaches gamma with enough weight on both sides. Gains are compared as float32 and the first of
 * equals wins, in XGBoost's order: lowest column, missing values right, the cut that is tried first.
 *
 * @param sums of all rows of the node, missing values included
 */
export function bestSplit(histogram: NodeHistogram, sums: Sums, search: SplitSearch): Split | undefined {
  const { columns, binned, regularisation } = search;
  const candidate: Candidate = { gain: SMALL, slot: -1, bin: 0, missingLeft: false, movedG: 0, movedH: 0 };
  for (let slot = 0; slot < columns.length; slot++) {
    const column = columns[slot]!;
    const bins = binned.cuts[column]!.length;
    const values = histogram.slots[slot]!;
    const missing = binned.hasMissing[column]! && hasMissingWeight(values, bins, sums);
    scan(values, { bins, slot, sums, missing, missingLeft: false, regularisation, candidate });
    if (missing) scan(values, { bins, slot, sums, missing, missingLeft: true, regularisation, candidate });
  }
  const { gain, slot, bin, missingLeft, movedG, movedH } = candidate;
  if (slot < 0 || gain < regularisation.gamma) return undefined;
  const moved = { gradient: movedG, hessian: movedH };
  const rest = { gradient: sums.gradient - movedG, hessian: sums.hessian - movedH };
  return {
    gain,
    slot,
    bin,
    missingLeft,
    left: missingLeft ? rest : moved,
    right: missingLeft ? moved : rest,
  };
}

function hasMissingWeight(values: Float64Array, bins: number, sums: Sums): boolean {
  let hessian = sums.hessian;
  for (let bin = 0; bin < bins; bin++) hessian -= values[2 * bin + 1]!;
  return hessian > ROUNDING * sums.hessian;
}

interface Candidate {
  gain: number;
  slot: number;
  bin: number;
  missingLeft: boolean;
  movedG: number;
  movedH: number;
}

interface Scan {
  readonly bins: number;
  readonly slot: number;
  readonly sums: Sums;
  /** Whether the node has missing values in this column, and which side they are tried on. */
  readonly missing: boolean;
  readonly missingLeft: boolean;
  readonly regularisation: Regularisation;
  /** Overwritten by a better split. */
  readonly candidate: Candidate;
}

/**
 * Moves bins one by one out of the node: the lowest first and to the left, or, when missing values are to stay on the
 * left, the highest first and to the right. What has not been moved, missing values included, is the other side.
 */
function scan(values: Float64Array, options: Scan): void {
  const { bins, slot, sums, missing, missingLeft, regularisation, candidate } = options;
  const { minChildWeight } = regularisation;
  const { gradient: totalG, hessian: totalH } = sums;
  const parentScore = score(totalG, totalH, regularisation);
  // With missing values on the right, all bins against them is a split too; on the left it would be the same one.
  const moves = missing && !missingLeft ? bins : bins - 1;
  let movedG = 0;
  let movedH = 0;
  for (let move = 0; move < moves; move++) {
    const bin = missingLeft ? bins - 1 - move : move;
    movedG += values[2 * bin]!;
    movedH += values[2 * bin + 1]!;
    const restG = totalG - movedG;
    const restH = totalH - movedH;
    if (movedH < minChildWeight || restH < minChildWeight || movedH <= 0 || restH <= 0) continue;
    const gain = Math.fround(
      score(movedG, movedH, regularisation) + score(restG, restH, regularisation) - parentScore,
    );
    if (gain > candidate.gain) {
      candidate.gain = gain;
      candidate.slot = slot;
      candidate.bin = missingLeft ? bin - 1 : bin;
      candidate.missingLeft = missingLeft;
      candidate.movedG = movedG;
      candidate.movedH = movedH;
    }
  }
}
