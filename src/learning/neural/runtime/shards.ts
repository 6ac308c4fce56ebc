/** What the threads of a {@link ShardedSession} tell each other, and the memory that they share. */
import { InvariantError } from '../../../domain/core/index.ts';
import { type Value } from '../graph/graph.ts';
import { elementCount } from '../graph/shape.ts';
import type { Stage } from '../graph/stages.ts';
import type { DataType, Tensor } from '../graph/tensor.ts';
import type { NamedTensors } from './session.ts';

/** A value that a stage leaves for later ones. */
export interface StageOutput {
  readonly name: string;
  readonly type: DataType;
  readonly shape: Value['shape'];
}

/** A sum over all shards: where its summands lie in the shared memory, one after another, and how long they are. */
export interface SumPlan {
  readonly summand: string;
  readonly total: string;
  readonly shape: readonly number[];
  readonly offset: number;
  readonly length: number;
}

export interface StagePlan {
  readonly model: Uint8Array<ArrayBuffer>;
  readonly outputs: readonly StageOutput[];
  readonly sums: readonly SumPlan[];
}

/** What a thread is told at its start. */
export interface ShardPlan {
  readonly shard: number;
  readonly stages: readonly StagePlan[];
  /** Every shard's summands, `shards × summandsLength`. */
  readonly summands: Float32Array<SharedArrayBuffer>;
  readonly summandsLength: number;
  readonly barrier: Int32Array<SharedArrayBuffer>;
  /** The dimension that is split. */
  readonly dimension: string;
  /** Names of the results, and of the values that they are. */
  readonly results: readonly (readonly [name: string, value: string])[];
}

/** One run: all data is shared memory. */
export interface ShardOrder {
  /** Of the split dimension. */
  readonly size: number;
  /** How many shards take part. */
  readonly shards: number;
  readonly feeds: NamedTensors;
  /** Where the first shard writes the results. */
  readonly into: NamedTensors;
}

/** Told instead of an order: the thread ends. */
export const END = 'end';

/** After the thread has its models, and after every order. */
export interface ShardAnswer {
  readonly failure?: string;
}

/** Lays the summands of all sums side by side. @throws {InvariantError} where a sum's size depends on the batch */
export function planSums(stages: readonly Stage[]): {
  readonly sums: readonly (readonly SumPlan[])[];
  readonly length: number;
} {
  let length = 0;
  const sums = stages.map((stage) =>
    stage.sums.map(({ summand, total }): SumPlan => {
      const size = elementCount('allReduce', total.shape);
      const plan = { summand: summand.name, total: total.name, shape: total.shape.map(Number) };
      length += size;
      return { ...plan, offset: length - size, length: size };
    }),
  );
  return { sums, length };
}

/** Sizes of a shape of which one dimension, or a factor of one, is called `dimension` and has the size `size`. */
export function sizesOf(shape: Value['shape'], dimension: string, size: number): readonly number[] {
  return shape.map((dim) =>
    String(dim)
      .split('*')
      .reduce((product, factor) => product * (factor === dimension ? size : Number(factor)), 1),
  );
}

/** Of the given length in shared memory. */
export function sharedArray(type: DataType, length: number): Tensor['data'] {
  switch (type) {
    case 'float32':
      return new Float32Array(new SharedArrayBuffer(4 * length));
    case 'int32':
      return new Int32Array(new SharedArrayBuffer(4 * length));
    case 'int64':
    case 'bool':
      throw new InvariantError(`shards: tensors of type ${type} are not shared`, { code: 'SHARD_TYPE' });
  }
}

const ARRIVED = 0;
const ROUND = 1;
const BROKEN = 2;

/** Where threads wait until all of them are there. */
export class Barrier {
  readonly #cells: Int32Array<SharedArrayBuffer>;

  constructor(cells: Int32Array<SharedArrayBuffer>) {
    this.#cells = cells;
  }

  static cells(): Int32Array<SharedArrayBuffer> {
    return new Int32Array(new SharedArrayBuffer(12));
  }

  /** @throws {InvariantError} when another thread has failed and will not come */
  wait(threads: number): void {
    const cells = this.#cells;
    const round = Atomics.load(cells, ROUND);
    if (Atomics.add(cells, ARRIVED, 1) === threads - 1) {
      Atomics.store(cells, ARRIVED, 0);
      Atomics.add(cells, ROUND, 1);
      Atomics.notify(cells, ROUND);
    } else {
      while (Atomics.load(cells, ROUND) === round) Atomics.wait(cells, ROUND, round);
    }
    if (Atomics.load(cells, BROKEN) === 1) {
      throw new InvariantError('shards: another one failed', { code: 'SHARD_FAILED' });
    }
  }

  /** Lets everybody go who waits now or later. */
  abandon(): void {
    Atomics.store(this.#cells, BROKEN, 1);
    Atomics.add(this.#cells, ROUND, 1);
    Atomics.notify(this.#cells, ROUND);
  }
}
