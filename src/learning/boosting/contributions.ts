/**
 * TreeSHAP: what each feature added to a prediction's margin, path-dependent and exact.
 * Source: Lundberg, Erion & Lee, Consistent Individualized Feature Attribution for Tree Ensembles (2018), algorithm 2;
 * the same values as XGBoost's `pred_contribs`.
 */
import { invariant } from '../../domain/core/index.ts';
import type { BoostedTrees, Tree } from './model.ts';

/**
 * Contributions `[rows × outputs × (columns + 1)]`, row-major. The last of each output is its mean margin over the
 * training rows, and all of them add up to the margin (for two classes the log-odds).
 *
 * @param features `[rows × model.featureNames.length]`, row-major; NaN is a missing value
 */
export function featureContributions(model: BoostedTrees, features: Float64Array): Float64Array {
  const { outputs, baseMargins, trees } = model;
  const columns = model.featureNames.length;
  const rows = features.length / columns;
  invariant(Number.isInteger(rows), 'features come in whole rows of one a feature name', {
    length: features.length,
    columns,
  });
  const width = columns + 1;
  const contributions = new Float64Array(rows * outputs * width);
  const values = Float32Array.from(features);
  const explainers = trees.map((tree) => new TreeExplainer(tree));
  for (let row = 0; row < rows; row++) {
    const x = values.subarray(row * columns, (row + 1) * columns);
    for (let output = 0; output < outputs; output++) {
      const start = (row * outputs + output) * width;
      const target = contributions.subarray(start, start + width);
      target[columns] = baseMargins[output]!;
      for (let t = output; t < trees.length; t += outputs) {
        explainers[t]!.explain(x, target);
        target[columns] += explainers[t]!.mean;
      }
    }
  }
  return contributions;
}

/** The root's entry on a path, which is no feature. */
const NO_FEATURE = -1;

class TreeExplainer {
  /** Output of the tree, averaged over the training rows by their cover. */
  readonly mean: number;
  readonly #tree: Tree;
  /** `[nodes]` share of the parent's rows. */
  readonly #share: Float64Array;
  /**
   * The path to a node, one entry a feature met on the way: the feature, the share of rows that would come this way were
   * it unknown, whether the row comes this way, and the weight of subsets by size. A node's path lies behind its
   * parent's, because the parent's is needed again for the other child.
   */
  readonly #feature: Int32Array;
  readonly #unknown: Float64Array;
  readonly #known: Float64Array;
  readonly #weight: Float64Array;

  constructor(tree: Tree) {
    this.#tree = tree;
    this.#share = sharesOf(tree);
    const { mean, depth } = this.#measure(0);
    this.mean = mean;
    const longest = depth + 2;
    const length = (longest * (longest + 1)) / 2;
    this.#feature = new Int32Array(length);
    this.#unknown = new Float64Array(length);
    this.#known = new Float64Array(length);
    this.#weight = new Float64Array(length);
  }

  /** Adds the tree's contributions for one row `[columns]` to `target`. */
  explain(row: Float32Array, target: Float64Array): void {
    this.#visit({ node: 0, start: 0, length: 0, unknown: 1, known: 1, feature: NO_FEATURE }, row, target);
  }

  #measure(node: number): { readonly mean: number; readonly depth: number } {
    const { left, right, threshold } = this.#tree;
    if (left[node]! < 0) return { mean: threshold[node]!, depth: 0 };
    const [a, b] = [this.#measure(left[node]!), this.#measure(right[node]!)];
    return {
      mean: a.mean * this.#share[left[node]!]! + b.mean * this.#share[right[node]!]!,
      depth: 1 + Math.max(a.depth, b.depth),
    };
  }

  /** @param arrival what the edge to the node adds to the path that ends at `start + length − 1` */
  #visit(
    arrival: {
      readonly node: number;
      readonly start: number;
      readonly length: number;
      readonly unknown: number;
      readonly known: number;
      readonly feature: number;
    },
    row: Float32Array,
    target: Float64Array,
  ): void {
    const { node, start } = arrival;
    this.#extend(start, arrival.length, arrival);
    const length = arrival.length + 1;
    const tree = this.#tree;
    const left = tree.left[node]!;
    if (left < 0) {
      for (let i = 1; i < length; i++) {
        const at = start + i;
        const weight = this.#weightWithout(start, length, i);
        target[this.#feature[at]!]! +=
          weight * (this.#known[at]! - this.#unknown[at]!) * tree.threshold[node]!;
      }
      return;
    }
    const right = tree.right[node]!;
    const split = tree.feature[node]!;
    const value = row[split]!;
    const goesLeft = Number.isNaN(value) ? tree.defaultLeft[node] === 1 : value < tree.threshold[node]!;
    const earlier = this.#feature.subarray(start + 1, start + length).indexOf(split) + 1;
    const before =
      earlier > 0
        ? { unknown: this.#unknown[start + earlier]!, known: this.#known[start + earlier]! }
        : { unknown: 1, known: 1 };
    const copy = start + length;
    for (const [child, taken] of [
      [left, goesLeft],
      [right, !goesLeft],
    ] as const) {
      const unknown = before.unknown * this.#share[child]!;
      const known = taken ? before.known : 0;
      // Neither this row nor any other comes here: nothing below counts.
      if (unknown === 0 && known === 0) continue;
      this.#copy(start, length, copy);
      if (earlier > 0) this.#remove(copy, length, earlier);
      const rest = earlier > 0 ? length - 1 : length;
      this.#visit({ node: child, start: copy, length: rest, unknown, known, feature: split }, row, target);
    }
  }

  #copy(from: number, length: number, to: number): void {
    for (const part of [this.#feature, this.#unknown, this.#known, this.#weight]) {
      part.copyWithin(to, from, from + length);
    }
  }

  /** EXTEND: another feature on the path, and the weights of subsets with and without it. */
  #extend(
    start: number,
    length: number,
    entry: { readonly unknown: number; readonly known: number; readonly feature: number },
  ): void {
    const weight = this.#weight;
    const end = start + length;
    this.#feature[end] = entry.feature;
    this.#unknown[end] = entry.unknown;
    this.#known[end] = entry.known;
    weight[end] = length === 0 ? 1 : 0;
    for (let i = length - 1; i >= 0; i--) {
      const at = start + i;
      weight[at + 1]! += (entry.known * weight[at]! * (i + 1)) / (length + 1);
      weight[at] = (entry.unknown * weight[at]! * (length - i)) / (length + 1);
    }
  }

  /** UNWIND: takes entry `index` of a path of `length` off again. */
  #remove(start: number, length: number, index: number): void {
    const weight = this.#weight;
    const known = this.#known[start + index]!;
    const unknown = this.#unknown[start + index]!;
    let next = weight[start + length - 1]!;
    for (let i = length - 2; i >= 0; i--) {
      const at = start + i;
      if (known === 0) {
        weight[at] = (weight[at]! * length) / (unknown * (length - 1 - i));
      } else {
        const old = weight[at]!;
        weight[at] = (next * length) / ((i + 1) * known);
        next = old - (weight[at] * unknown * (length - 1 - i)) / length;
      }
    }
    for (let at = start + index; at < start + length - 1; at++) {
      this.#feature[at] = this.#feature[at + 1]!;
      this.#unknown[at] = this.#unknown[at + 1]!;
      this.#known[at] = this.#known[at + 1]!;
    }
  }

  /** Sum of the weights that {@link #remove} would leave. */
  #weightWithout(start: number, length: number, index: number): number {
    const weight = this.#weight;
    const known = this.#known[start + index]!;
    const unknown = this.#unknown[start + index]!;
    let next = weight[start + length - 1]!;
    let sum = 0;
    for (let i = length - 2; i >= 0; i--) {
      const at = start + i;
      if (known === 0) {
        sum += (weight[at]! * length) / (unknown * (length - 1 - i));
      } else {
        const without = (next * length) / ((i + 1) * known);
        sum += without;
        next = weight[at]! - (without * unknown * (length - 1 - i)) / length;
      }
    }
    return sum;
  }
}

/** Of siblings without any cover, half each. */
function sharesOf({ left, right, cover }: Tree): Float64Array {
  const shares = new Float64Array(left.length).fill(1);
  for (let node = 0; node < left.length; node++) {
    if (left[node]! < 0) continue;
    const [a, b] = [left[node]!, right[node]!];
    const sum = cover[a]! + cover[b]!;
    shares[a] = sum > 0 ? cover[a]! / sum : 0.5;
    shares[b] = sum > 0 ? cover[b]! / sum : 0.5;
  }
  return shares;
}
