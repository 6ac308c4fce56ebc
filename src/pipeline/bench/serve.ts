/**
 * `bench serve`: one decision, many decisions, and one more bar, by the exported model; beside Python's ONNX Runtime on the
 * same file and PyTorch on the same architecture.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { CLASS_COUNT, Random } from '../../domain/core/index.ts';
import { QUANTGOD_9 } from '../../domain/features/index.ts';
import { quantileOfSorted } from '../../domain/math/index.ts';
import {
  BaseModel,
  StreamingModel,
  type TcnLstmConfig,
  baseModelMetadata,
  tcnLstmNetwork,
} from '../../learning/models/index.ts';
import { describeNetwork, encodeServingModel, initialWeights } from '../../learning/neural/index.ts';
import { runPeer } from './peer.ts';
import type { BenchContext, BenchRow } from './row.ts';
import { benchStreamingForm } from './streaming.ts';
import { CODE_VERSION } from '../version.ts';

const SIZES = [
  { channels: 32, hidden: 128, layers: 1 },
  { channels: 64, hidden: 256, layers: 2 },
] as const;
const BARS = 720;
const WIDTH = QUANTGOD_9.length;
/** We and the peers take turns, so that both meet the machine in the same state. */
const ROUNDS = 3;
/** Single windows, and bars of the streaming form, in each round. */
const RUNS = 100;
const BATCH = 64;
const BATCHES = 2;
const WARM_UP = 5;
/** Farthest that two runtimes may be from each other. */
const TOLERANCE = 1e-6;

export async function benchServe(context: BenchContext): Promise<readonly BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const [i, sizes] of SIZES.entries()) {
    context.signal.throwIfAborted();
    const name = `${sizes.channels}/${sizes.hidden}/${sizes.layers}`;
    context.report(i / (SIZES.length + 1), `${name}: windows of ${BARS} bars, then the peers`);
    const model = { ...sizes, sequenceLength: BARS, dropout: 0.3 };
    rows.push(
      ...(await benchModel(
        `${name}, ${context.threads} thread${context.threads > 1 ? 's' : ''}`,
        model,
        context,
      )),
    );
  }
  return [...rows, ...(await benchStreamingForm(context))];
}

async function benchModel(name: string, model: TcnLstmConfig, context: BenchContext): Promise<BenchRow[]> {
  const onnx = untrained(model);
  const series = normalSeries(BARS + BATCH - 1);
  const ours: Measured[] = [];
  const theirs: z.infer<typeof Served>[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    context.signal.throwIfAborted();
    ours.push(await measureOurs(onnx, series, context.threads));
    const peer = await measurePeers(onnx, series, context);
    if (peer !== null) theirs.push(peer);
  }
  const own = figuresOf(ours);
  const barMs = quantile(ours, ({ barMs: times }) => times, 0.5);
  return [
    ...rowsAgainst(
      name,
      own,
      'ONNX Runtime for Python',
      theirs.map(({ onnxruntime }) => onnxruntime),
    ),
    ...rowsAgainst(
      name,
      own,
      'PyTorch CPU',
      theirs.map(({ torch }) => torch),
    ),
    ...distanceRows(name, ours[0]!, theirs[0]),
    {
      name: `serve ${name}: one more bar by the streaming form, p50`,
      unit: 'ms',
      value: barMs,
      peer: `our window of ${BARS} bars`,
      peerVersion: CODE_VERSION,
      peerValue: own.p50,
      ratio: own.p50 / barMs,
    },
  ];
}

interface Measured {
  /** Of one window, and of {@link BATCH} windows in one batch. */
  readonly windowMs: readonly number[];
  readonly batchMs: readonly number[];
  /** Of one more bar by the streaming form. */
  readonly barMs: readonly number[];
  /** Of the batch, `[BATCH × 3]`. */
  readonly probabilities: Float64Array;
}

type Times = Pick<Measured, 'windowMs' | 'batchMs'>;

function quantile<T>(rounds: readonly T[], timesOf: (round: T) => readonly number[], share: number): number {
  return quantileOfSorted(Float64Array.from(rounds.flatMap(timesOf)).toSorted(), share);
}

/** Over the runs of all rounds. */
function figuresOf(rounds: readonly Times[]) {
  return {
    p50: quantile(rounds, ({ windowMs }) => windowMs, 0.5),
    p99: quantile(rounds, ({ windowMs }) => windowMs, 0.99),
    rate: (1_000 * BATCH) / quantile(rounds, ({ batchMs }) => batchMs, 0.5),
  };
}

function rowsAgainst(
  name: string,
  ours: ReturnType<typeof figuresOf>,
  peer: string,
  rounds: readonly z.infer<typeof PeerTimes>[],
): BenchRow[] {
  const theirs = rounds.length === 0 ? null : figuresOf(rounds);
  const peerVersion = rounds[0]?.version ?? null;
  const milliseconds = (key: 'p50' | 'p99'): BenchRow => ({
    name: `serve ${name}: one window of ${BARS} bars, ${key}`,
    unit: 'ms',
    value: ours[key],
    peer,
    peerVersion,
    peerValue: theirs?.[key] ?? null,
    ratio: theirs === null ? null : theirs[key] / ours[key],
  });
  return [
    milliseconds('p50'),
    milliseconds('p99'),
    {
      name: `serve ${name}: batches of ${BATCH} windows`,
      unit: 'windows/s',
      value: ours.rate,
      peer,
      peerVersion,
      peerValue: theirs?.rate ?? null,
      ratio: theirs === null ? null : ours.rate / theirs.rate,
    },
  ];
}

function distanceRows(name: string, ours: Measured, peer: z.infer<typeof Served> | undefined): BenchRow[] {
  if (peer === undefined) return [];
  const distances = peer.probabilities.map((value, i) => Math.abs(value - ours.probabilities[i]!));
  const value = Math.max(...distances);
  return [
    {
      name: `serve ${name}: distance from ONNX Runtime for Python`,
      unit: 'probability',
      value,
      peer: 'allowed',
      peerVersion: null,
      peerValue: TOLERANCE,
      ratio: value === 0 ? null : TOLERANCE / value,
    },
  ];
}

/** The weights of a fresh network: how long they take does not depend on what they have learned. */
function untrained(model: TcnLstmConfig): Uint8Array {
  const network = tcnLstmNetwork(model, WIDTH, CLASS_COUNT);
  const layout = describeNetwork(network);
  const scaling = { mean: new Float64Array(WIDTH), deviation: new Float64Array(WIDTH).fill(1) };
  const weights = initialWeights(layout, scaling, Random.fromSeed(1));
  const metadata = baseModelMetadata({ featureNames: QUANTGOD_9, sequenceLength: BARS, model });
  return encodeServingModel(network, layout, weights, metadata);
}

/** `[bars × 9]`, as float32 numbers, so that all are given the same. */
function normalSeries(bars: number): Float64Array {
  const random = Random.fromSeed(2);
  return Float64Array.from({ length: bars * WIDTH }, () => Math.fround(random.normal()));
}

async function measureOurs(onnx: Uint8Array, series: Float64Array, threads: number): Promise<Measured> {
  const model = await BaseModel.load(onnx, { threads });
  const window = series.slice(0, BARS * WIDTH);
  const windowMs = await millisecondsOf(RUNS, () => model.scoreWindow(window));
  const rows = Int32Array.from({ length: BATCH }, (_, i) => BARS - 1 + i);
  const probabilities = await model.scoreRows(series, rows);
  const batchMs = await millisecondsOf(BATCHES, () => model.scoreRows(series, rows), 1);
  await model.release();
  const stream = await StreamingModel.from(onnx, { threads });
  let bar = 0;
  const barMs = await millisecondsOf(RUNS, () => {
    const at = (bar++ % BARS) * WIDTH;
    return stream.push(series.subarray(at, at + WIDTH));
  });
  await stream.release();
  return { windowMs, batchMs, barMs, probabilities };
}

async function millisecondsOf(
  times: number,
  run: () => Promise<unknown>,
  warmUp = WARM_UP,
): Promise<number[]> {
  const taken: number[] = [];
  for (let i = 0; i < warmUp + times; i++) {
    const startedMs = performance.now();
    await run();
    taken.push(performance.now() - startedMs);
  }
  return taken.slice(warmUp);
}

const PeerTimes = z.object({
  version: z.string(),
  windowMs: z.array(z.number()),
  batchMs: z.array(z.number()),
});
const Served = z.object({ probabilities: z.array(z.number()), onnxruntime: PeerTimes, torch: PeerTimes });

/** The same file and the same windows. */
async function measurePeers(onnx: Uint8Array, series: Float64Array, { threads, signal }: BenchContext) {
  const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-bench-'));
  try {
    const [model, windows] = [path.join(folder, 'model.onnx'), path.join(folder, 'windows.f32')];
    await writeFile(model, onnx);
    const values = new Float32Array(BATCH * BARS * WIDTH);
    for (let i = 0; i < BATCH; i++)
      values.set(series.subarray(i * WIDTH, (i + BARS) * WIDTH), i * BARS * WIDTH);
    await writeFile(windows, new Uint8Array(values.buffer));
    const args = [model, windows, String(RUNS), String(threads)];
    return await runPeer('serve_peer.py', args, { schema: Served, signal });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
