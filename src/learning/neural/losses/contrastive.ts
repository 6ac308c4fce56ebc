/**
 * Losses that bring together the embeddings of two views of one thing, and keep those of different things apart. Rows
 * are compared by cosine, divided by a temperature τ. Unlike other losses they do not add up over smaller batches: all
 * rows of a batch are each other's counter-examples.
 */
import { invariant } from '../../../domain/core/index.ts';
import type { Value } from '../graph/graph.ts';
import { dimProduct, sameShape, shapeError } from '../graph/shape.ts';
import { add, div, mul, sub } from '../operations/arithmetic.ts';
import { reduceSum } from '../operations/broadcast.ts';
import { identityLike } from '../operations/fill.ts';
import { sqrt } from '../operations/functions.ts';
import { concat, reshape, transpose } from '../operations/layout.ts';
import { matmul } from '../operations/matmul.ts';
import { logSumExp } from '../operations/reductions.ts';
import { type Loss, maskedMean } from './loss.ts';

export interface ContrastiveOptions {
  /** τ above 0; 0.07 to 0.5 in the papers. */
  readonly temperature: number;
  /** `[B]`, 1 where there is a pair. Rows with 0 are neither examples nor counter-examples. */
  readonly mask?: Value;
}

/** Makes a similarity vanish beside any that exists. Finite, lest 0·∞ appear. */
const EXCLUDED = -1e9;

/**
 * InfoNCE (van den Oord et al. 2018) in both directions, as in CLIP, on views `a` and `b [B, D]`: with
 * s(i, j) = cos(a_i, b_j)/τ the mean over i of ½·(ln Σ_j exp s(i, j) + ln Σ_j exp s(j, i)) − s(i, i).
 */
export function infoNce(a: Value, b: Value, options: ContrastiveOptions): Loss {
  const { temperature, mask } = options;
  const [left, right] = unitRows('infoNce', a, b, options);
  const similarity = div(matmul(left, transpose(right)), temperature);
  const both = add(
    logSumExp(withoutMasked(similarity, mask)),
    logSumExp(withoutMasked(transpose(similarity), mask)),
  );
  return maskedMean('infoNce', sub(mul(0.5, both), pairs(left, right, temperature)), mask);
}

/**
 * NT-Xent (Chen et al. 2020, SimCLR) on views `a` and `b [B, D]`: each of the 2·B rows looks for its other view among
 * the 2·B − 1 others. With z = (a, b), s(i, j) = cos(z_i, z_j)/τ and i' the other view of i: the mean over all i of
 * ln Σ_{j ≠ i} exp s(i, j) − s(i, i').
 */
export function ntXent(a: Value, b: Value, options: ContrastiveOptions): Loss {
  const { temperature, mask } = options;
  const [left, right] = unitRows('ntXent', a, b, options);
  const views = stacked(left, right);
  const similarity = div(matmul(views, transpose(views)), temperature);
  const others = add(similarity, mul(identityLike(similarity), EXCLUDED));
  const positive = pairs(left, right, temperature);
  const twice = mask === undefined ? undefined : stacked(mask, mask);
  const errors = sub(logSumExp(withoutMasked(others, twice)), stacked(positive, positive));
  return maskedMean('ntXent', errors, twice);
}

function unitRows(
  operation: string,
  a: Value,
  b: Value,
  { temperature, mask }: ContrastiveOptions,
): readonly [Value, Value] {
  if (a.shape.length !== 2 || !sameShape(a.shape, b.shape)) {
    throw shapeError(operation, 'views must be two matrices of one shape', a.shape, b.shape);
  }
  if (mask !== undefined && !sameShape(mask.shape, a.shape.slice(0, 1))) {
    throw shapeError(operation, 'the mask does not fit', a.shape, mask.shape);
  }
  invariant(temperature > 0, `${operation}: the temperature must be above 0, is ${temperature}`);
  return [unitLength(a), unitLength(b)];
}

/** Every row divided by its length. The smallest addend keeps rows of zeros, and their gradients, finite. */
function unitLength(x: Value): Value {
  return div(x, sqrt(add(reduceSum(mul(x, x), [1], true), 1e-24)));
}

/** s of every row of `left` with the same row of `right`, `[B]`. */
function pairs(left: Value, right: Value, temperature: number): Value {
  return div(reduceSum(mul(left, right), [1]), temperature);
}

/** Rows of `a`, then rows of `b`, whose number may be known only at run time. */
function stacked(a: Value, b: Value): Value {
  const alone = [1, ...a.shape];
  const [rows, ...rest] = a.shape;
  return reshape(concat([reshape(a, alone), reshape(b, alone)], 0), [dimProduct([2, rows!]), ...rest]);
}

function withoutMasked(similarity: Value, mask: Value | undefined): Value {
  if (mask === undefined) return similarity;
  return add(similarity, mul(sub(1, mask), EXCLUDED));
}
