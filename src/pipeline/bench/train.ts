/**
 * `bench train`: whole optimisation steps of the base model (forward, backward, clipping, AdamW) beside PyTorch's, in
 * time, memory, and as a share of what the machine multiplies at best.
 */
import { z } from 'zod';
import { type TimedTrainStep, timedTrainStep } from '../../learning/models/index.ts';
import { Graph, Session, encodeModel, floatTensor, matmul } from '../../learning/neural/index.ts';
import { runPeer } from './peer.ts';
import type { BenchContext, BenchRow } from './row.ts';

const CASES = [
  { channels: 32, hidden: 128, layers: 1, batchSize: 128 },
  { channels: 64, hidden: 256, layers: 2, batchSize: 32 },
  { channels: 64, hidden: 256, layers: 2, batchSize: 128 },
] as const;
const SEQUENCE = 720;
/** We, PyTorch and the plain product take turns, so that all meet the machine in the same state. */
const ROUNDS = 3;
const STEPS_PER_ROUND = 2;
/** Of the plain product: the rows of a step are more, but its rate does not grow any further. */
const PLAIN = { rows: 4096, inner: 512, columns: 512 } as const;
const PLAIN_RUNS = 10;

const PyTorchSteps = z.object({
  version: z.string(),
  stepsMs: z.array(z.number()),
  memoryMegabytes: z.number(),
});

export async function benchTrain(context: BenchContext): Promise<readonly BenchRow[]> {
  const rows: BenchRow[] = [];
  const plain = await plainProduct(context.threads);
  for (const [i, sizes] of CASES.entries()) {
    const { channels, hidden, layers, batchSize } = sizes;
    const name = `train step ${channels}/${hidden}/${layers}, B=${batchSize}, T=${SEQUENCE}, ${context.threads} thread${context.threads > 1 ? 's' : ''}`;
    context.report(i / CASES.length, name);
    rows.push(...(await benchCase(name, sizes, plain, context)));
  }
  await plain.release();
  return rows;
}

async function benchCase(
  name: string,
  { channels, hidden, layers, batchSize }: (typeof CASES)[number],
  plain: PlainProduct,
  { threads, signal }: BenchContext,
): Promise<readonly BenchRow[]> {
  const memoryBefore = process.memoryUsage.rss();
  const config = { sequenceLength: SEQUENCE, channels, hidden, layers, dropout: 0.3 };
  const step = await timedTrainStep({ config, batchSize, threads });
  const ours = { times: [] as number[], rates: [] as number[], memory: 0 };
  const peer = { times: [] as number[], memory: 0, version: null as string | null };
  await step.take();
  for (let round = 0; round < ROUNDS; round++) {
    signal.throwIfAborted();
    ours.times.push(...(await takeSteps(step)));
    ours.memory = Math.max(ours.memory, process.memoryUsage.rss() - memoryBefore);
    ours.rates.push(await plain.rate());
    const args = [channels, hidden, layers, batchSize, SEQUENCE, threads, STEPS_PER_ROUND].map(String);
    const found = await runPeer('train_step.py', args, { schema: PyTorchSteps, signal });
    if (found === null) continue;
    peer.times.push(...found.stepsMs);
    peer.memory = Math.max(peer.memory, found.memoryMegabytes);
    peer.version = found.version;
  }
  await step.release();
  const time = median(ours.times);
  const rate = step.flops / time / 1e6;
  const megabytes = ours.memory / 1e6;
  const isThere = peer.version !== null;
  const pytorch = { peer: 'PyTorch CPU', peerVersion: peer.version };
  return [
    {
      name,
      unit: 'ms',
      value: time,
      ...pytorch,
      peerValue: isThere ? median(peer.times) : null,
      ratio: isThere ? median(peer.times) / time : null,
    },
    {
      name: `${name}: matrix products`,
      unit: 'GFLOP/s',
      value: rate,
      peer: `one MatMul [${PLAIN.rows}, ${PLAIN.inner}]·[${PLAIN.inner}, ${PLAIN.columns}]`,
      peerVersion: null,
      peerValue: median(ours.rates),
      ratio: rate / median(ours.rates),
    },
    {
      name: `${name}: memory`,
      unit: 'MB',
      value: megabytes,
      ...pytorch,
      peerValue: isThere ? peer.memory : null,
      ratio: isThere ? peer.memory / megabytes : null,
    },
  ];
}

async function takeSteps(step: TimedTrainStep): Promise<readonly number[]> {
  const times: number[] = [];
  for (let i = 0; i < STEPS_PER_ROUND; i++) times.push(await step.take());
  return times;
}

interface PlainProduct {
  /** GFLOP/s, the median of some runs. */
  readonly rate: () => Promise<number>;
  readonly release: () => Promise<void>;
}

/** A product of two matrices in a session of its own: the rate that a step can come close to at best. */
async function plainProduct(threads: number): Promise<PlainProduct> {
  const { rows, inner, columns } = PLAIN;
  const graph = new Graph();
  const a = graph.input('a', 'float32', [rows, inner]);
  const b = graph.input('b', 'float32', [inner, columns]);
  const session = await Session.create(encodeModel({ graph, outputs: { product: matmul(a, b) } }), {
    threads,
  });
  const feeds = { a: floatTensor([rows, inner]), b: floatTensor([inner, columns]) };
  feeds.a.data.fill(0.5);
  feeds.b.data.fill(0.25);
  const into = { product: floatTensor([rows, columns]) };
  return {
    rate: async () => {
      const times: number[] = [];
      for (let i = 0; i < PLAIN_RUNS; i++) {
        const started = performance.now();
        await session.run(feeds, into);
        times.push(performance.now() - started);
      }
      return (2 * rows * inner * columns) / median(times) / 1e6;
    },
    release: async () => await session.release(),
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
