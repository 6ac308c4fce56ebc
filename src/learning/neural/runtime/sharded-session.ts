/**
 * A graph that several threads run together, each on rows of the batch of its own. One ONNX Runtime session shares
 * every single operation among its threads; in a loop of small ones these wait for each other most of the time. Shards
 * meet only where the graph sums over them (`operations/all-reduce.ts`).
 */
import { Worker } from 'node:worker_threads';
import { InvariantError, invariant } from '../../../domain/core/index.ts';
import { encodeStage } from '../graph/encode.ts';
import type { Graph, Value } from '../graph/graph.ts';
import { stagesOf } from '../graph/stages.ts';
import type { Tensor } from '../graph/tensor.ts';
import { checkNeuralRuntime } from './probe.ts';
import type { NamedTensors } from './session.ts';
import {
  Barrier,
  END,
  type ShardAnswer,
  type ShardOrder,
  type ShardPlan,
  planSums,
  sharedArray,
} from './shards.ts';

export interface ShardedModel {
  readonly graph: Graph;
  readonly outputs: Readonly<Record<string, Value>>;
}

export class ShardedSession {
  readonly #inputs: readonly Value[];
  readonly #dimension: string;
  readonly #workers: readonly Worker[];
  /** Shared memory by use, kept for the next run. */
  readonly #memory = new Map<string, Tensor['data']>();

  private constructor(inputs: readonly Value[], dimension: string, workers: readonly Worker[]) {
    this.#inputs = inputs;
    this.#dimension = dimension;
    this.#workers = workers;
  }

  /** @param split the dimension of the inputs that is split, and among how many threads */
  static async create(
    { graph, outputs }: ShardedModel,
    split: { readonly dimension: string; readonly shards: number },
  ): Promise<ShardedSession> {
    const results = Object.entries(outputs);
    const stages = stagesOf(
      graph,
      results.map(([, value]) => value),
    );
    const { sums, length } = planSums(stages);
    const plan: Omit<ShardPlan, 'shard'> = {
      dimension: split.dimension,
      stages: stages.map((stage, i) => ({
        model: encodeStage(stage),
        outputs: stage.outputs.map(({ name, type, shape }) => ({ name, type, shape })),
        sums: sums[i]!,
      })),
      summands: new Float32Array(new SharedArrayBuffer(4 * length * split.shards)),
      summandsLength: length,
      barrier: Barrier.cells(),
      results: results.map(([name, value]) => [name, value.name]),
    };
    // Threads inherit how the one that starts them treats denormal numbers, and a session on it sets that.
    await checkNeuralRuntime();
    const module = new URL('shard.worker.ts', import.meta.url);
    const workers = Array.from(
      { length: split.shards },
      (_, shard) => new Worker(module, { workerData: { ...plan, shard } satisfies ShardPlan }),
    );
    const read = new Set(stages.flatMap(({ inputs }) => inputs));
    const inputs = graph.inputs.filter((input) => read.has(input));
    const session = new ShardedSession(inputs, split.dimension, workers);
    try {
      await allOf(workers.map(answerOf));
    } catch (error) {
      await session.release();
      throw error;
    }
    return session;
  }

  /**
   * As `Session.run`: results named in `into` are written there.
   * @throws {InvariantError} when a shard fails; afterwards this session cannot run any more
   */
  async run(feeds: NamedTensors, into: NamedTensors): Promise<void> {
    const size = this.#splitSize(feeds);
    const shards = Math.min(this.#workers.length, size);
    const results = Object.entries(into).map(
      ([name, { type, shape, data }]) =>
        [name, { type, shape, data: this.#shared(`result ${name}`, type, data.length) } as Tensor] as const,
    );
    const common: Record<string, Tensor> = {};
    for (const input of this.#inputs) {
      if (!input.shape.includes(this.#dimension)) common[input.name] = this.#copy(feeds, input);
    }
    const answers = this.#workers.slice(0, shards).map(async (worker, shard) => {
      const [from, to] = [0, 1].map((end) => Math.floor((size * (shard + end)) / shards)) as [number, number];
      const own: Record<string, Tensor> = {};
      for (const input of this.#inputs) {
        if (input.shape.includes(this.#dimension))
          own[input.name] = this.#rows(feeds, input, { shard, from, to });
      }
      const order: ShardOrder = {
        size: to - from,
        shards,
        feeds: { ...common, ...own },
        into: shard === 0 ? Object.fromEntries(results) : {},
      };
      worker.postMessage(order);
      await answerOf(worker);
    });
    await allOf(answers);
    for (const [name, { data }] of results) (into[name]!.data as Float32Array).set(data as Float32Array);
  }

  /** Ends the threads. To stop one in the middle of native code would end the process. */
  async release(): Promise<void> {
    await Promise.all(
      this.#workers.map(async (worker) => {
        if (worker.threadId === ENDED) return;
        const { promise, resolve } = Promise.withResolvers<number>();
        worker.ref();
        worker.once('exit', resolve).postMessage(END);
        await promise;
      }),
    );
  }

  #splitSize(feeds: NamedTensors): number {
    const split = this.#inputs.find((input) => input.shape.includes(this.#dimension));
    invariant(split !== undefined, `shards: no input has a dimension ${this.#dimension}`);
    return this.#fed(feeds, split).shape[split.shape.indexOf(this.#dimension)]!;
  }

  #fed(feeds: NamedTensors, { name }: Value): Tensor {
    const tensor = feeds[name];
    if (tensor === undefined) {
      throw new InvariantError(`shards: input ${name} is missing`, { code: 'SESSION_INPUT' });
    }
    return tensor;
  }

  #shared(use: string, type: Tensor['type'], length: number): Tensor['data'] {
    let memory = this.#memory.get(use);
    if (memory === undefined || memory.length < length) {
      memory = sharedArray(type, length);
      this.#memory.set(use, memory);
    }
    return memory.subarray(0, length);
  }

  #copy(feeds: NamedTensors, input: Value): Tensor {
    const tensor = this.#fed(feeds, input);
    const data = this.#shared(`input ${input.name}`, tensor.type, tensor.data.length);
    (data as Float32Array).set(tensor.data as Float32Array);
    return { ...tensor, data } as Tensor;
  }

  /** Positions `from … to − 1` of the split dimension. */
  #rows(
    feeds: NamedTensors,
    input: Value,
    { shard, from, to }: { readonly shard: number; readonly from: number; readonly to: number },
  ): Tensor {
    const tensor = this.#fed(feeds, input);
    const axis = input.shape.indexOf(this.#dimension);
    const outer = product(tensor.shape.slice(0, axis));
    const inner = product(tensor.shape.slice(axis + 1));
    const row = tensor.shape[axis]! * inner;
    const piece = (to - from) * inner;
    const data = this.#shared(`input ${input.name} of ${shard}`, tensor.type, outer * piece) as Float32Array;
    const source = tensor.data as Float32Array;
    for (let i = 0; i < outer; i++) {
      data.set(source.subarray(i * row + from * inner, i * row + to * inner), i * piece);
    }
    return { ...tensor, shape: tensor.shape.with(axis, to - from), data } as Tensor;
  }
}

/** What Node calls a thread that is over. */
const ENDED = -1;

function product(sizes: readonly number[]): number {
  return sizes.reduce((result, size) => result * size, 1);
}

/** Waits for all of them, then throws what the first one threw that failed. */
async function allOf(answers: readonly Promise<void>[]): Promise<void> {
  for (const outcome of await Promise.allSettled(answers)) {
    if (outcome.status === 'rejected') throw outcome.reason;
  }
}

/** Waits for the thread's next answer; while nobody waits it does not keep the process alive. */
async function answerOf(worker: Worker): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<ShardAnswer>();
  const onExit = (): void => reject(new InvariantError('shards: a thread ended', { code: 'SHARD_ENDED' }));
  worker.ref();
  worker.once('message', resolve).once('error', reject).once('exit', onExit);
  try {
    const { failure } = await promise;
    if (failure !== undefined) throw new InvariantError(`shards: ${failure}`, { code: 'SHARD_FAILED' });
  } finally {
    worker.off('message', resolve).off('error', reject).off('exit', onExit);
    worker.unref();
  }
}
