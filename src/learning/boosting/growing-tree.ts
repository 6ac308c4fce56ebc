/** A tree while it grows: its nodes so far, and what becomes of them. */
import type { Range } from './histogram.ts';
import { NO_HISTOGRAM } from './histogram-pool.ts';
import type { Tree } from './model.ts';
import type { BoostingParameters } from './parameters.ts';
import { type Bounds, boundedWeight, leafWeight, type Split, type Sums, UNBOUNDED } from './split.ts';

/** Where rows of a node stand among all rows: those that are grown on, and those that only follow. */
interface NodeRows {
  readonly drawn: Range;
  readonly rest: Range;
}

export interface Leaf extends NodeRows {
  readonly output: number;
}

export interface GrownTree {
  readonly tree: Tree;
  readonly leaves: readonly Leaf[];
}

export interface GrowingNode extends NodeRows {
  readonly id: number;
  readonly depth: number;
  readonly sums: Sums;
  readonly bounds: Bounds;
  /** Number in the pool. */
  histogram: number;
}

export interface DivisibleNode extends GrowingNode {
  readonly split: Split;
}

export interface Siblings {
  readonly left: GrowingNode;
  readonly right: GrowingNode;
  /** Histogram that the larger one takes over, or {@link NO_HISTOGRAM}. */
  readonly parent: number;
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

export class GrowingTree {
  readonly #parameters: BoostingParameters;
  readonly #monotone: Int8Array | undefined;
  readonly #records: NodeRecord[] = [];
  readonly #leaves: Leaf[] = [];

  /** @param monotone see `SplitSearch` */
  constructor(parameters: BoostingParameters, monotone: Int8Array | undefined) {
    this.#parameters = parameters;
    this.#monotone = monotone;
  }

  root(rows: NodeRows, sums: Sums, histogram: number): GrowingNode {
    this.#record(sums, UNBOUNDED);
    return { id: 0, depth: 0, ...rows, sums, bounds: UNBOUNDED, histogram };
  }

  /**
   * Writes the split of a node down and opens its children.
   *
   * @param threshold values below it go left
   * @param middles where the right sides begin, of the drawn and of the other rows
   */
  divide(
    { id, depth, drawn, rest, split, bounds, histogram }: DivisibleNode,
    threshold: number,
    [drawnMiddle, restMiddle]: readonly [number, number],
  ): Siblings {
    const leftId = this.#record(split.left, bounds);
    const rightId = this.#record(split.right, bounds);
    const record = this.#records[id]!;
    record.left = leftId;
    record.right = rightId;
    record.feature = split.column;
    record.threshold = threshold;
    record.defaultLeft = split.missingLeft ? 1 : 0;
    record.gain = split.gain;
    const [leftBounds, rightBounds] = this.#childBounds(split, bounds);
    const left = {
      id: leftId,
      drawn: { from: drawn.from, to: drawnMiddle },
      rest: { from: rest.from, to: restMiddle },
      sums: split.left,
      bounds: leftBounds,
    };
    const right = {
      id: rightId,
      drawn: { from: drawnMiddle, to: drawn.to },
      rest: { from: restMiddle, to: rest.to },
      sums: split.right,
      bounds: rightBounds,
    };
    const common = { depth: depth + 1, histogram: NO_HISTOGRAM };
    return { left: { ...left, ...common }, right: { ...right, ...common }, parent: histogram };
  }

  /** Makes a node a leaf. */
  close({ id, drawn, rest }: GrowingNode): void {
    const record = this.#records[id]!;
    const output = Math.fround(record.weight * this.#parameters.eta);
    record.weight = output;
    record.threshold = output;
    this.#leaves.push({ drawn, rest, output });
  }

  grown(): GrownTree {
    const records = this.#records;
    const tree = {
      left: Int32Array.from(records, (r) => r.left),
      right: Int32Array.from(records, (r) => r.right),
      feature: Int32Array.from(records, (r) => r.feature),
      threshold: Float32Array.from(records, (r) => r.threshold),
      defaultLeft: Uint8Array.from(records, (r) => r.defaultLeft),
      gain: Float32Array.from(records, (r) => r.gain),
      cover: Float32Array.from(records, (r) => r.cover),
      weight: Float32Array.from(records, (r) => r.weight),
    };
    return { tree, leaves: this.#leaves };
  }

  /** Adds a node, as a leaf that eta has not yet been applied to. @returns its number */
  #record(sums: Sums, bounds: Bounds): number {
    const weight =
      this.#monotone === undefined
        ? leafWeight(sums, this.#parameters)
        : boundedWeight(sums, this.#parameters, bounds);
    const leaf = { left: -1, right: -1, feature: 0, threshold: 0, defaultLeft: 0, gain: 0 };
    return this.#records.push({ ...leaf, cover: sums.hessian, weight }) - 1;
  }

  /** Under a monotone split neither side may cross the middle of the two outputs. */
  #childBounds(split: Split, bounds: Bounds): readonly [Bounds, Bounds] {
    const direction = this.#monotone?.[split.column] ?? 0;
    if (direction === 0) return [bounds, bounds];
    const left = boundedWeight(split.left, this.#parameters, bounds);
    const right = boundedWeight(split.right, this.#parameters, bounds);
    const middle = Math.fround((left + right) / 2);
    const below = { ...bounds, upper: middle };
    const above = { ...bounds, lower: middle };
    return direction > 0 ? [below, above] : [above, below];
  }
}
