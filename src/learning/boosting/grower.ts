/** Growth of one tree, level by level, on binned features. */
import { type BinnedFeatures } from './bins.ts';
import { accumulate, HistogramPool, leftBins, type NodeHistogram, partition, subtract } from './histogram.ts';
import type { Tree } from './model.ts';
import type { BoostingParameters } from './parameters.ts';
import { bestSplit, leafWeight, type Split, type SplitSearch, type Sums } from './split.ts';

/** Rows `rows[from … to − 1]` fell into a leaf of this output. */
export interface Leaf {
  readonly from: number;
  readonly to: number;
  readonly output: number;
}

export interface GrownTree {
  readonly tree: Tree;
  /** Where the rows that were grown on ended up, as ranges of the row array that was handed in. */
  readonly leaves: readonly Leaf[];
}

interface GrowingNode {
  readonly id: number;
  readonly depth: number;
  readonly from: number;
  readonly to: number;
  readonly sums: Sums;
  /** Absent in nodes that cannot be split further. */
  readonly histogram: NodeHistogram | undefined;
}

interface NodeRecord {
  left: number;
  right: number;
  feature: number;
  threshold: number;
  defaultLeft: number;
  gain: number;
  readonly cover: number;
  weight: number;
}

export class TreeGrower {
  readonly #binned: BinnedFeatures;
  readonly #parameters: BoostingParameters;
  readonly #pool: HistogramPool;
  readonly #scratch: Int32Array;

  /** @param columnsPerTree how many columns {@link grow} will be given */
  constructor(binned: BinnedFeatures, columnsPerTree: number, parameters: BoostingParameters) {
    this.#binned = binned;
    this.#parameters = parameters;
    this.#pool = new HistogramPool(columnsPerTree);
    this.#scratch = new Int32Array(binned.rows);
  }

  /**
   * @param gradients `[all rows × 2]` first and second derivatives by turns
   * @param rows the rows to grow on; reordered so that every leaf's rows stand together
   * @param columns the columns that may be split on, ascending
   */
  grow(gradients: Float32Array, rows: Int32Array, columns: Int32Array): GrownTree {
    const search: SplitSearch = { columns, binned: this.#binned, regularisation: this.#parameters };
    const codes = Array.from(columns, (column) => this.#binned.codes[column]!);
    const records: NodeRecord[] = [];
    const leaves: Leaf[] = [];
    let level = [this.#root(gradients, rows, codes, records)];
    while (level.length > 0) {
      const next: GrowingNode[] = [];
      for (const node of level) {
        const split = node.histogram === undefined ? undefined : bestSplit(node.histogram, node.sums, search);
        if (split === undefined) {
          leaves.push(this.#close(node, records));
        } else {
          const middle = partition(
            { rows, from: node.from, to: node.to },
            codes[split.slot]!,
            leftBins(split.bin, split.missingLeft),
            this.#scratch,
          );
          next.push(...this.#divide(node, { split, middle, gradients, rows, codes, columns, records }));
        }
      }
      level = next;
    }
    return { tree: treeOf(records), leaves };
  }

  #root(
    gradients: Float32Array,
    rows: Int32Array,
    codes: readonly Uint8Array[],
    records: NodeRecord[],
  ): GrowingNode {
    let gradient = 0;
    let hessian = 0;
    for (let i = 0; i < rows.length; i++) {
      gradient += gradients[2 * rows[i]!]!;
      hessian += gradients[2 * rows[i]! + 1]!;
    }
    const sums = { gradient, hessian };
    const histogram = this.#pool.acquire();
    accumulate(histogram, codes, gradients, { rows, from: 0, to: rows.length });
    records.push(this.#record(sums));
    return { id: 0, depth: 0, from: 0, to: rows.length, sums, histogram };
  }

  /** Writes the split of a node down and opens its children; only the smaller child's histogram is accumulated. */
  #divide(
    node: GrowingNode,
    context: {
      readonly split: Split;
      readonly middle: number;
      readonly gradients: Float32Array;
      readonly rows: Int32Array;
      readonly codes: readonly Uint8Array[];
      readonly columns: Int32Array;
      readonly records: NodeRecord[];
    },
  ): readonly GrowingNode[] {
    const { split, middle, gradients, rows, codes, columns, records } = context;
    const feature = columns[split.slot]!;
    const record = records[node.id]!;
    const leftId = records.length;
    record.left = leftId;
    record.right = leftId + 1;
    record.feature = feature;
    record.threshold = this.#binned.cuts[feature]![split.bin]!;
    record.defaultLeft = split.missingLeft ? 1 : 0;
    record.gain = split.gain;
    records.push(this.#record(split.left), this.#record(split.right));

    const depth = node.depth + 1;
    const left = { id: leftId, depth, from: node.from, to: middle, sums: split.left };
    const right = { id: leftId + 1, depth, from: middle, to: node.to, sums: split.right };
    const parent = node.histogram!;
    if (depth === this.#parameters.maxDepth) {
      this.#pool.release(parent);
      return [
        { ...left, histogram: undefined },
        { ...right, histogram: undefined },
      ];
    }
    const smaller = this.#pool.acquire();
    const leftIsSmaller = middle - node.from <= node.to - middle;
    accumulate(smaller, codes, gradients, { rows, ...(leftIsSmaller ? left : right) });
    subtract(parent, smaller);
    return [
      { ...left, histogram: leftIsSmaller ? smaller : parent },
      { ...right, histogram: leftIsSmaller ? parent : smaller },
    ];
  }

  #close(node: GrowingNode, records: readonly NodeRecord[]): Leaf {
    if (node.histogram !== undefined) this.#pool.release(node.histogram);
    const record = records[node.id]!;
    const output = Math.fround(record.weight * this.#parameters.eta);
    record.weight = output;
    record.threshold = output;
    return { from: node.from, to: node.to, output };
  }

  /** A node as a leaf that eta has not yet been applied to. */
  #record(sums: Sums): NodeRecord {
    return {
      left: -1,
      right: -1,
      feature: 0,
      threshold: 0,
      defaultLeft: 0,
      gain: 0,
      cover: sums.hessian,
      weight: leafWeight(sums, this.#parameters),
    };
  }
}

function treeOf(records: readonly NodeRecord[]): Tree {
  return {
    left: Int32Array.from(records, (r) => r.left),
    right: Int32Array.from(records, (r) => r.right),
    feature: Int32Array.from(records, (r) => r.feature),
    threshold: Float32Array.from(records, (r) => r.threshold),
    defaultLeft: Uint8Array.from(records, (r) => r.defaultLeft),
    gain: Float32Array.from(records, (r) => r.gain),
    cover: Float32Array.from(records, (r) => r.cover),
    weight: Float32Array.from(records, (r) => r.weight),
  };
}
