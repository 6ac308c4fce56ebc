/**
 * Growth of one tree on binned features. All threads of a crew run the same growth and take the same decisions; what is
 * shared out among them is the division of rows, a node each, and the search for splits, a node and four columns each.
 */
import type { BinnedFeatures } from './bins.ts';
import type { Crew } from './crew.ts';
import {
  type DivisibleNode,
  type GrowingNode,
  GrowingTree,
  type GrownTree,
  type Siblings,
} from './growing-tree.ts';
import { Frontier, MOST_AT_ONCE } from './growth.ts';
import {
  accumulate,
  CHUNK_ROWS,
  chunkOf,
  gather,
  GROUP,
  GROUP_HISTOGRAM,
  groupCount,
  leftBins,
  packGroup,
  partition,
  type Range,
  subtract,
} from './histogram.ts';
import { HistogramPool, NO_HISTOGRAM } from './histogram-pool.ts';
import { type BoostingParameters, monotoneDirections } from './parameters.ts';
import { bestSplit, CANDIDATE_LENGTH, searchGroup } from './split.ts';

/** What a tree is grown on. */
export interface Sample {
  /** All rows, those to grow on first; reordered so that every leaf's rows stand together, on either side. */
  readonly rows: Int32Array;
  /** How many rows to grow on. */
  readonly drawn: number;
  /** The columns that may be split on, ascending. */
  readonly columns: Int32Array;
}

/** Shared by the threads that grow one tree. */
export interface GrowerMemory {
  /** `[groups × all rows]`, see `histogram.ts` */
  readonly packed: Int32Array;
  readonly histograms: Float64Array;
  /** `[most nodes searched at once × groups × 6]` */
  readonly found: Float64Array;
  /** `[2 batches × most nodes divided at once × 2]` where right sides begin, see `#partition`. */
  readonly middles: Int32Array;
  /** `[all rows]` */
  readonly scratch: Int32Array;
  /** `[all rows × 2]` derivatives in the order of the rows that are accumulated next. */
  readonly ordered: Float32Array;
}

/** @param columns how many a tree draws */
export function growerMemory(
  rows: number,
  columns: number,
  { maxDepth, maxLeaves }: BoostingParameters,
): GrowerMemory {
  const groups = groupCount(columns);
  const deepest = maxDepth === 0 ? Infinity : 2 ** (maxDepth - 1);
  const most = Math.min(deepest, maxLeaves === 0 ? Infinity : maxLeaves, rows);
  return {
    packed: new Int32Array(new SharedArrayBuffer(4 * groups * rows)),
    histograms: HistogramPool.memory(groups, most),
    found: new Float64Array(new SharedArrayBuffer(8 * 2 * MOST_AT_ONCE * groups * CANDIDATE_LENGTH)),
    middles: new Int32Array(new SharedArrayBuffer(4 * 4 * MOST_AT_ONCE)),
    scratch: new Int32Array(new SharedArrayBuffer(4 * rows)),
    ordered: new Float32Array(new SharedArrayBuffer(8 * rows)),
  };
}

/** What a tree is grown on, and the tree. */
interface Ground extends Sample {
  readonly gradients: Float32Array;
  readonly tree: GrowingTree;
}

export class TreeGrower {
  readonly #binned: BinnedFeatures;
  readonly #parameters: BoostingParameters;
  readonly #memory: GrowerMemory;
  readonly #crew: Crew;
  readonly #groups: number;
  readonly #packed: readonly Int32Array[];
  readonly #monotone: Int8Array | undefined;
  /** Histograms of a group of nodes that the pool has none for. */
  readonly #spare = [new Float64Array(GROUP_HISTOGRAM), new Float64Array(GROUP_HISTOGRAM)] as const;
  #pool: HistogramPool;
  #packedColumns = '';
  #batches = 0;

  constructor(
    binned: BinnedFeatures,
    memory: GrowerMemory,
    { parameters, crew }: { readonly parameters: BoostingParameters; readonly crew: Crew },
  ) {
    this.#binned = binned;
    this.#parameters = parameters;
    this.#memory = memory;
    this.#crew = crew;
    this.#groups = memory.packed.length / binned.rows;
    this.#packed = Array.from({ length: this.#groups }, (_, group) =>
      memory.packed.subarray(group * binned.rows, (group + 1) * binned.rows),
    );
    this.#monotone = monotoneDirections(parameters.monotone, binned.codes.length);
    this.#pool = new HistogramPool(memory.histograms, this.#groups);
  }

  /** @param gradients `[all rows × 2]` first and second derivatives by turns */
  grow(gradients: Float32Array, sample: Sample): GrownTree {
    const tree = new GrowingTree(this.#parameters, this.#monotone);
    const ground: Ground = { gradients, ...sample, tree };
    const frontier = new Frontier<DivisibleNode>(this.#parameters);
    this.#pack(sample.columns);
    this.#pool = new HistogramPool(this.#memory.histograms, this.#groups);
    const root = this.#root(ground);
    if (root !== undefined) frontier.push(root);
    for (let nodes = frontier.take(); nodes.length > 0; nodes = frontier.take()) {
      const middles = this.#partition(nodes, ground);
      const siblings = nodes.map((node, i) => {
        const threshold = this.#binned.cuts[node.split.column]![node.split.bin]!;
        return tree.divide(node, threshold, [middles[2 * i]!, middles[2 * i + 1]!]);
      });
      for (const child of this.#search(siblings, ground)) frontier.push(child);
    }
    for (const node of frontier.close()) this.#close(node, ground);
    return tree.grown();
  }

  #pack(columns: Int32Array): void {
    const drawn = columns.join();
    if (drawn === this.#packedColumns) return;
    this.#packedColumns = drawn;
    this.#crew.each(this.#groups, (group) => {
      const codes = Array.from(this.#columnsOf(columns, group), (column) => this.#binned.codes[column]!);
      packGroup(codes, this.#packed[group]!);
    });
  }

  #columnsOf(columns: Int32Array, group: number): Int32Array {
    return columns.subarray(group * GROUP, (group + 1) * GROUP);
  }

  #root(ground: Ground): DivisibleNode | undefined {
    const { rows } = ground;
    const histogram = this.#pool.take();
    const drawn = { from: 0, to: ground.drawn };
    const rest = { from: ground.drawn, to: rows.length };
    const ordered = this.#inOrder(ground);
    this.#crew.each(this.#groups, (group) => {
      const sums = this.#pool.group(histogram, group).fill(0);
      accumulate(sums, this.#packed[group]!, ordered, { rows, ...drawn });
    });
    let gradient = 0;
    let hessian = 0;
    const first = this.#pool.group(histogram, 0);
    for (let i = 0; i < GROUP_HISTOGRAM / GROUP; i += 2) {
      gradient += first[i]!;
      hessian += first[i + 1]!;
    }
    const node = ground.tree.root({ drawn, rest }, { gradient, hessian }, histogram);
    this.#crew.each(this.#groups, (group) => {
      this.#searchIn(this.#pool.group(histogram, group), node, { node: 0, group, ground });
    });
    return this.#divisible(node, 0, ground);
  }

  /** Derivatives of all rows that are drawn; without sampling, these are all rows in their own order. */
  #inOrder({ gradients, rows, drawn }: Ground): Float32Array {
    if (drawn === rows.length) return gradients;
    const { ordered } = this.#memory;
    this.#crew.each(Math.ceil(drawn / CHUNK_ROWS), (chunk) => {
      gather(gradients, { rows, ...chunkOf(chunk, drawn) }, ordered);
    });
    return ordered;
  }

  /**
   * Divides the rows of each node, and orders the derivatives of those that will be accumulated. @returns where the right sides begin, of the drawn and of the other rows by turns, in
   * memory that the batch after the next overwrites: the next may be begun by one thread while another reads this one.
   */
  #partition(nodes: readonly DivisibleNode[], { rows, gradients }: Ground): Int32Array {
    const { scratch, ordered } = this.#memory;
    const half = (this.#batches++ % 2) * 2 * MOST_AT_ONCE;
    const middles = this.#memory.middles.subarray(half, half + 2 * MOST_AT_ONCE);
    this.#crew.each(2 * nodes.length, (task) => {
      const { split, drawn, rest, depth, histogram } = nodes[task >> 1]!;
      const range = task % 2 === 0 ? drawn : rest;
      const codes = this.#binned.codes[split.column]!;
      const goesLeft = leftBins(split.bin, split.missingLeft);
      const middle = partition({ rows, ...range }, codes, goesLeft, scratch);
      middles[task] = middle;
      if (range === rest || depth + 1 === this.#parameters.maxDepth) return;
      const [smaller] = bySize({ from: drawn.from, to: middle }, { from: middle, to: drawn.to });
      gather(gradients, { rows, ...(histogram === NO_HISTOGRAM ? drawn : smaller) }, ordered);
    });
    return middles;
  }

  /** Those of the children that can be divided; the others become leaves. */
  #search(pairs: readonly Siblings[], ground: Ground): readonly DivisibleNode[] {
    const { maxDepth } = this.#parameters;
    const children = pairs.flatMap(({ left, right }) => [left, right]);
    if (maxDepth > 0 && children[0]!.depth === maxDepth) {
      for (const { parent } of pairs) this.#pool.release(parent);
      for (const child of children) this.#close(child, ground);
      return [];
    }
    for (const { left, right, parent } of pairs) {
      const [smaller, larger] = siblingsBySize(left, right);
      larger.histogram = parent === NO_HISTOGRAM ? this.#pool.take() : parent;
      smaller.histogram = this.#pool.take();
    }
    this.#crew.each(pairs.length * this.#groups, (task) => {
      const pair = Math.floor(task / this.#groups);
      this.#searchPair(pairs[pair]!, { node: 2 * pair, group: task % this.#groups, ground });
    });
    return children
      .map((child, i) => this.#divisible(child, i, ground))
      .filter((child) => child !== undefined);
  }

  /** Only the smaller child's histogram is accumulated, if the parent's was kept. */
  #searchPair(
    { left, right, parent }: Siblings,
    place: { readonly node: number; readonly group: number; readonly ground: Ground },
  ): void {
    const { group, node } = place;
    const { rows } = place.ground;
    const { ordered } = this.#memory;
    const [smaller, larger] = siblingsBySize(left, right);
    const histogramOf = (child: GrowingNode, spare: Float64Array): Float64Array =>
      child.histogram === NO_HISTOGRAM ? spare : this.#pool.group(child.histogram, group);
    const small = histogramOf(smaller, this.#spare[0]).fill(0);
    accumulate(small, this.#packed[group]!, ordered, { rows, ...smaller.drawn });
    const large = histogramOf(larger, this.#spare[1]);
    if (parent === NO_HISTOGRAM) {
      large.fill(0);
      accumulate(large, this.#packed[group]!, ordered, { rows, ...larger.drawn });
    } else {
      subtract(large, small);
    }
    this.#searchIn(smaller === left ? small : large, left, place);
    this.#searchIn(smaller === left ? large : small, right, { ...place, node: node + 1 });
  }

  #searchIn(
    histogram: Float64Array,
    searched: GrowingNode,
    { node, group, ground }: { readonly node: number; readonly group: number; readonly ground: Ground },
  ): void {
    const search = {
      columns: this.#columnsOf(ground.columns, group),
      binned: this.#binned,
      regularisation: this.#parameters,
      monotone: this.#monotone,
    };
    const at = (node * this.#groups + group) * CANDIDATE_LENGTH;
    searchGroup(histogram, searched, search, { found: this.#memory.found, at });
  }

  /** The node with the best split that its groups found, or undefined when it has become a leaf. */
  #divisible(node: GrowingNode, index: number, ground: Ground): DivisibleNode | undefined {
    const groups = this.#groups;
    const place = { found: this.#memory.found, at: index * groups * CANDIDATE_LENGTH, groups };
    const split = bestSplit(place, node.sums, this.#parameters.gamma);
    if (split !== undefined) return { ...node, split };
    this.#close(node, ground);
    return undefined;
  }

  #close(node: GrowingNode, { tree }: Ground): void {
    this.#pool.release(node.histogram);
    tree.close(node);
  }
}

/** The smaller one first, the first of equals. */
function bySize(a: Range, b: Range): readonly [Range, Range] {
  return a.to - a.from <= b.to - b.from ? [a, b] : [b, a];
}

function siblingsBySize(left: GrowingNode, right: GrowingNode): readonly [GrowingNode, GrowingNode] {
  return bySize(left.drawn, right.drawn)[0] === left.drawn ? [left, right] : [right, left];
}
