/** The thread of one shard: runs the stages of a graph on its rows, and meets the others where they sum. */
import { parentPort, workerData } from 'node:worker_threads';
import { invariant } from '../../../domain/core/index.ts';
import type { Tensor } from '../graph/tensor.ts';
import { Session } from './session.ts';
import {
  Barrier,
  END,
  type ShardAnswer,
  type ShardOrder,
  type ShardPlan,
  type StageOutput,
  type SumPlan,
  sizesOf,
} from './shards.ts';

class Shard {
  readonly #plan: ShardPlan;
  readonly #sessions: readonly Session[];
  readonly #barrier: Barrier;
  /** What stages leave: one piece of memory a value, as large as the largest batch so far needed it. */
  readonly #memory = new Map<string, Float32Array>();

  constructor(plan: ShardPlan, sessions: readonly Session[]) {
    this.#plan = plan;
    this.#sessions = sessions;
    this.#barrier = new Barrier(plan.barrier);
  }

  static async create(plan: ShardPlan): Promise<Shard> {
    const sessions: Session[] = [];
    for (const { model } of plan.stages) sessions.push(await Session.create(model));
    return new Shard(plan, sessions);
  }

  async run(order: ShardOrder): Promise<void> {
    const { stages, results, shard } = this.#plan;
    const values = new Map<string, Tensor>(Object.entries(order.feeds));
    const destinations = new Map(
      results.flatMap(([name, value]) => (order.into[name] ? [[value, order.into[name]] as const] : [])),
    );
    for (const [i, { outputs, sums }] of stages.entries()) {
      // What follows the last sum is the same for all.
      if (i === stages.length - 1 && sums.length === 0 && shard > 0) break;
      const into: Record<string, Tensor> = {};
      for (const output of outputs) {
        const tensor = destinations.get(output.name) ?? this.#place(output, order.size);
        into[output.name] = tensor;
        values.set(output.name, tensor);
      }
      const session = this.#sessions[i]!;
      const feeds = Object.fromEntries(session.inputNames.map((name) => [name, values.get(name)!]));
      await session.run(feeds, into);
      if (sums.length === 0) continue;
      this.#barrier.wait(order.shards);
      for (const sum of sums) values.set(sum.total, this.#add(sum, order.shards));
    }
    for (const [value, target] of destinations) {
      const tensor = values.get(value);
      if (tensor !== undefined && tensor !== target)
        (target.data as Float32Array).set(tensor.data as Float32Array);
    }
  }

  #place({ name, type, shape }: StageOutput, size: number): Tensor {
    invariant(type === 'float32', `shards: ${name} goes from stage to stage and is ${type}`);
    const sizes = sizesOf(shape, this.#plan.dimension, size);
    const sum = this.#plan.stages.flatMap(({ sums }) => sums).find(({ summand }) => summand === name);
    if (sum !== undefined) return { type, shape: sizes, data: this.#summand(sum, this.#plan.shard) };
    const length = sizes.reduce((product, dim) => product * dim, 1);
    let memory = this.#memory.get(name);
    if (memory === undefined || memory.length < length) {
      memory = new Float32Array(length);
      this.#memory.set(name, memory);
    }
    return { type, shape: sizes, data: memory.subarray(0, length) };
  }

  #summand({ offset, length }: SumPlan, shard: number): Float32Array {
    const from = shard * this.#plan.summandsLength + offset;
    return this.#plan.summands.subarray(from, from + length);
  }

  /** In the order of the shards, so that all of them get the same bits. */
  #add(sum: SumPlan, shards: number): Tensor {
    const data = Float32Array.from(this.#summand(sum, 0));
    for (let shard = 1; shard < shards; shard++) {
      const summand = this.#summand(sum, shard);
      for (let i = 0; i < data.length; i++) data[i]! += summand[i]!;
    }
    return { type: 'float32', shape: sum.shape, data };
  }
}

const port = parentPort;
invariant(port !== null, 'a shard runs on a worker thread');
const plan = workerData as ShardPlan;

const answer = async (work: () => Promise<unknown>): Promise<void> => {
  try {
    await work();
    port.postMessage({} satisfies ShardAnswer);
  } catch (error) {
    new Barrier(plan.barrier).abandon();
    const failure = error instanceof Error ? error.message : String(error);
    port.postMessage({ failure } satisfies ShardAnswer);
  }
};

let shard: Shard | undefined;
await answer(async () => {
  shard = await Shard.create(plan);
});
port.on('message', (order: ShardOrder | typeof END) => {
  if (order === END) {
    port.close();
    return;
  }
  void answer(async () => {
    invariant(shard !== undefined, 'the shard has no models');
    await shard.run(order);
  });
});
