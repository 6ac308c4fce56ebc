/**
 * Sends rows down trees. A step is one comparison without a branch to mispredict: `next + (value ≥ cut)`, where a
 * missing value (NaN) fails the comparison and takes the first child. That is the left one where missing values go left.
 * Where they go right, the children change places and the comparison is made on the negative: `value < cut` is
 * `−value ≥ (−cut)⁺`, with ⁺ the next float32 above. Four rows walk side by side to hide the latency.
 */
import { invariant } from '../../domain/core/index.ts';
import type { MirroredFeatures } from './features.ts';
import type { Tree } from './model.ts';

export interface WalkableTree {
  /** Steps after which every row has reached its leaf; a leaf leads to itself. */
  readonly depth: number;
  /** Low bits of a step that name the tested value of a row, mirrored; the others are the node's first child. */
  readonly valueBits: number;
  /** `[nodes]` the tested value, and the first child; the second one follows it. */
  readonly step: Int32Array;
  /** `[nodes]` a value at or above this takes the second child; NaN in a leaf, where nothing does. */
  readonly cut: Float32Array;
  /** `[nodes]` output of a leaf. */
  readonly output: Float32Array;
}

/** Renumbers a tree breadth-first, which puts siblings beside each other. */
export function walkable(tree: Tree, columns: number): WalkableTree {
  const nodes = tree.left.length;
  const valueBits = Math.ceil(Math.log2(2 * columns));
  invariant(nodes < 2 ** (32 - valueBits), 'a tree has too many nodes to be walked', { nodes, columns });
  const step = new Int32Array(nodes);
  const cut = new Float32Array(nodes).fill(Number.NaN);
  const output = new Float32Array(nodes);
  const order = [0];
  const depths = [0];
  for (let i = 0; i < order.length; i++) {
    const node = order[i]!;
    const left = tree.left[node]!;
    const right = tree.right[node]!;
    if (left < 0) {
      step[i] = i << valueBits;
      output[i] = tree.threshold[node]!;
      continue;
    }
    const value = 2 * tree.feature[node]!;
    const threshold = tree.threshold[node]!;
    const missingLeft = tree.defaultLeft[node] === 1;
    step[i] = (order.length << valueBits) | (missingLeft ? value : value + 1);
    cut[i] = missingLeft ? threshold : nextAbove(-threshold);
    order.push(...(missingLeft ? [left, right] : [right, left]));
    depths.push(depths[i]! + 1, depths[i]! + 1);
  }
  return { depth: depths.at(-1)!, valueBits, step, cut, output };
}

/** The least float32 above a finite one. */
function nextAbove(value: number): number {
  const float = Float32Array.of(value + 0);
  const bits = new Int32Array(float.buffer);
  // Written out for zero because −0 and 0 are next to the same number.
  if (value === 0) bits[0] = 1;
  else bits[0]! += value > 0 ? 1 : -1;
  return float[0]!;
}

export interface Walkers {
  readonly features: MirroredFeatures;
  readonly columns: number;
  /** `rows[from … to − 1]` of `features`, and of `margins`, are sent down. */
  readonly rows: Int32Array;
  readonly from: number;
  readonly to: number;
  /** `[any × outputs]`, row-major. */
  readonly margins: Float32Array;
  readonly outputs: number;
}

/** `margins[row][output] += leaf` for each of the rows. */
export function addTreeOutput(tree: WalkableTree, walkers: Walkers, output: number): void {
  const { depth, valueBits, step, cut, output: leaf } = tree;
  const { features, columns, rows, from, to, margins, outputs } = walkers;
  const stride = 2 * columns;
  const valueMask = (1 << valueBits) - 1;
  let i = from;
  for (; i + 3 < to; i += 4) {
    const rowA = rows[i]!;
    const rowB = rows[i + 1]!;
    const rowC = rows[i + 2]!;
    const rowD = rows[i + 3]!;
    const startA = rowA * stride;
    const startB = rowB * stride;
    const startC = rowC * stride;
    const startD = rowD * stride;
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    for (let s = 0; s < depth; s++) {
      const stepA = step[a]!;
      const stepB = step[b]!;
      const stepC = step[c]!;
      const stepD = step[d]!;
      a = (stepA >>> valueBits) + +(features[startA + (stepA & valueMask)]! >= cut[a]!);
      b = (stepB >>> valueBits) + +(features[startB + (stepB & valueMask)]! >= cut[b]!);
      c = (stepC >>> valueBits) + +(features[startC + (stepC & valueMask)]! >= cut[c]!);
      d = (stepD >>> valueBits) + +(features[startD + (stepD & valueMask)]! >= cut[d]!);
    }
    margins[rowA * outputs + output]! += leaf[a]!;
    margins[rowB * outputs + output]! += leaf[b]!;
    margins[rowC * outputs + output]! += leaf[c]!;
    margins[rowD * outputs + output]! += leaf[d]!;
  }
  for (; i < to; i++) {
    const row = rows[i]!;
    let node = 0;
    for (let s = 0; s < depth; s++) {
      const at = step[node]!;
      node = (at >>> valueBits) + +(features[row * stride + (at & valueMask)]! >= cut[node]!);
    }
    margins[row * outputs + output]! += leaf[node]!;
  }
}
