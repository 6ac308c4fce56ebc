/**
 * `bench boosting`: our gradient boosting beside XGBoost's `hist` on the same data with the same parameters. Speed on two
 * generated data sets, trained in turn; test log loss on these and on three that scikit-learn brings along; and, on all
 * five, how far predictions are apart when a model of one side is loaded by the other or by ONNX Runtime, and how far
 * contributions are.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import {
  type BoostedTrees,
  boostingFromXgboostJson,
  boostingToXgboostJson,
  featureContributions,
  predictBoosting,
  predictBoostingOn,
  trainBoosting,
} from '../../learning/boosting/index.ts';
import { boostedTreesToOnnx } from '../../learning/models/index.ts';
import { floatTensor, Session } from '../../learning/neural/index.ts';
import { runPeer } from './peer.ts';
import type { BenchContext, BenchRow } from './row.ts';
import {
  type DataSet,
  Exported,
  fileOf,
  generated,
  readData,
  readFloats,
  writeData,
} from './boosting-data.ts';
import { BoostingPool } from '../boosting-threads.ts';

const SCRIPT = 'boosting_bench.py';
const ROUNDS = 50;
const EXPLAINED = 200;
const PARAMETERS = {
  rounds: ROUNDS,
  maxDepth: 6,
  eta: 0.1,
  subsample: 1,
  columnSampleByTree: 1,
  alpha: 0,
  earlyStoppingRounds: 0,
} as const;
/** Turns that both sides take on the generated data sets. */
const GENERATED = [
  { rows: 200_000, turns: 3 },
  { rows: 1_000_000, turns: 1 },
] as const;
const THREADS = [1, 2] as const;

const seconds = z.object({ wallSeconds: z.number(), cpuSeconds: z.number() });
const Trained = z.object({
  version: z.string(),
  training: seconds,
  prediction: seconds,
  logLoss: z.number(),
});
const Exchanged = z.object({ version: z.string() });

type Seconds = z.infer<typeof seconds>;

interface OurRun {
  readonly model: BoostedTrees;
  readonly predictions: Float64Array;
  readonly training: Seconds;
  readonly prediction: Seconds;
}

export async function benchBoosting(context: BenchContext): Promise<readonly BenchRow[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-bench-'));
  try {
    const rows: BenchRow[] = [];
    for (const { rows: count, turns } of GENERATED) {
      const data = generated(count);
      await writeData(folder, data);
      for (const threads of THREADS) {
        context.report(null, `${data.name}, ${threads} threads`);
        rows.push(...(await measure(folder, data, { threads, turns, context })));
      }
      rows.push(...(await compare(folder, data, context)));
    }
    const exported = await runPeer(SCRIPT, ['export', folder], { schema: Exported, signal: context.signal });
    for (const set of exported?.sets ?? []) {
      context.report(null, set.name);
      rows.push(...(await compare(folder, await readData(folder, set), context)));
    }
    return rows;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Both sides in turn; the shortest time of each counts, which other work on the machine spoils least. */
async function measure(
  folder: string,
  data: DataSet,
  {
    threads,
    turns,
    context,
  }: { readonly threads: number; readonly turns: number; readonly context: BenchContext },
): Promise<readonly BenchRow[]> {
  const ours: OurRun[] = [];
  const theirs: z.infer<typeof Trained>[] = [];
  const pool = new BoostingPool(threads);
  try {
    for (let turn = 0; turn < turns; turn++) {
      context.signal.throwIfAborted();
      ours.push(await runOurs(data, pool, context.signal));
      const trained = await trainTheirs(folder, data, { threads, signal: context.signal });
      if (trained !== null) theirs.push(trained);
    }
  } finally {
    await pool.close();
  }
  const row = (
    what: string,
    pick: (run: { readonly training: Seconds; readonly prediction: Seconds }) => number,
  ) => {
    const value = Math.min(...ours.map(pick));
    const peerValue = theirs.length === 0 ? null : Math.min(...theirs.map(pick));
    return {
      name: `${data.name}: ${what}, ${threads} threads`,
      unit: 's',
      value,
      ...peerOf(theirs[0]),
      peerValue,
      ratio: peerValue === null ? null : peerValue / value,
    };
  };
  return [
    row(`train ${ROUNDS} rounds`, (run) => run.training.wallSeconds),
    row(`train ${ROUNDS} rounds, CPU time`, (run) => run.training.cpuSeconds),
    row('predict', (run) => run.prediction.wallSeconds),
    row('predict, CPU time', (run) => run.prediction.cpuSeconds),
  ];
}

const peerOf = (peer: { readonly version: string } | null | undefined) => ({
  peer: 'XGBoost hist',
  peerVersion: peer?.version ?? null,
});

async function runOurs(data: DataSet, pool: BoostingPool, signal: AbortSignal): Promise<OurRun> {
  const { features, labels, columns, classes, trainRows } = data;
  const [model, training] = await timed(() =>
    trainBoosting({
      features: features.subarray(0, trainRows * columns),
      labels: labels.subarray(0, trainRows),
      featureNames: Array.from({ length: columns }, (_, column) => `f${column}`),
      parameters: {
        ...PARAMETERS,
        ...(classes > 2 ? { objective: 'multi:softprob', classes } : { objective: 'binary:logistic' }),
      },
      seed: 1,
      threads: pool,
      signal,
    }),
  );
  const [predictions, prediction] = await timed(() =>
    pool.count === 1
      ? Promise.resolve(predictBoosting(model, features))
      : predictBoostingOn(pool, model, features),
  );
  return { model, predictions, training, prediction };
}

async function timed<T>(run: () => Promise<T>): Promise<readonly [T, Seconds]> {
  const start = performance.now();
  const cpu = process.cpuUsage();
  const result = await run();
  const { user, system } = process.cpuUsage(cpu);
  return [result, { wallSeconds: (performance.now() - start) / 1000, cpuSeconds: (user + system) / 1e6 }];
}

async function trainTheirs(
  folder: string,
  data: DataSet,
  { threads, signal }: { readonly threads: number; readonly signal: AbortSignal },
): Promise<z.infer<typeof Trained> | null> {
  const { columns, trainRows, classes } = data;
  const args = [columns, trainRows, classes, ROUNDS, threads].map(String);
  return await runPeer(SCRIPT, ['train', folder, fileOf(data), ...args], { schema: Trained, signal });
}

/** Log losses, and models that change sides. */
async function compare(
  folder: string,
  data: DataSet,
  { signal }: BenchContext,
): Promise<readonly BenchRow[]> {
  const { columns, trainRows, features, labels } = data;
  const file = (suffix: string): string => path.join(folder, `${fileOf(data)}.${suffix}`);
  const theirs = await trainTheirs(folder, data, { threads: 1, signal });
  const pool = new BoostingPool(1);
  const { model, predictions: all } = await runOurs(data, pool, signal);
  const ours = all.subarray(trainRows * model.outputs);
  const test = features.subarray(trainRows * columns);
  const truth = labels.subarray(trainRows);
  const logLoss = logLossOf(ours, truth);
  const rows: BenchRow[] = [
    {
      name: `${data.name}: test log loss`,
      unit: 'nats',
      value: logLoss,
      ...peerOf(theirs),
      peerValue: theirs?.logLoss ?? null,
      ratio: theirs === null ? null : theirs.logLoss / logLoss,
    },
  ];
  const distance = (what: string, a: ArrayLike<number>, b: ArrayLike<number>, allowed: number): void => {
    const value = largestDistance(a, b);
    rows.push({
      name: `${data.name}: ${what}`,
      unit: 'largest difference',
      value,
      peer: 'allowed',
      peerVersion: null,
      peerValue: allowed,
      ratio: value === 0 ? null : allowed / value,
    });
  };
  distance('our model in ONNX Runtime', ours, await predictByOnnx(model, test), 1e-6);
  if (theirs === null) return rows;
  const loaded = boostingFromXgboostJson(await readFile(file('theirs.json'), 'utf8'));
  distance(
    'their model here',
    predictBoosting(loaded, test),
    await readFloats(file('theirs.predictions')),
    1e-6,
  );
  const explained = test.subarray(0, EXPLAINED * columns);
  const contributions = await readFloats(file('theirs.contributions'));
  distance('TreeSHAP of their model', featureContributions(loaded, explained), contributions, 1e-5);
  await writeFile(file('ours.json'), boostingToXgboostJson(model));
  const args = ['exchange', folder, fileOf(data), String(columns), String(trainRows)];
  await runPeer(SCRIPT, args, { schema: Exchanged, signal });
  distance('our model there', ours, await readFloats(file('ours.predictions')), 1e-6);
  return rows;
}

async function predictByOnnx(model: BoostedTrees, features: Float64Array): Promise<ArrayLike<number>> {
  const session = await Session.create(boostedTreesToOnnx(model));
  try {
    const shape = [features.length / model.featureNames.length, model.featureNames.length];
    const { predictions } = await session.run({ features: floatTensor(shape, Float32Array.from(features)) });
    return Float32Array.from(predictions!.data, Number);
  } finally {
    await session.release();
  }
}

function logLossOf(predictions: Float64Array, labels: Float64Array): number {
  const outputs = predictions.length / labels.length;
  const probabilityOf = (label: number, row: number): number => {
    if (outputs > 1) return predictions[row * outputs + label]!;
    return label === 1 ? predictions[row]! : 1 - predictions[row]!;
  };
  return (
    labels.reduce((sum, label, row) => sum - Math.log(Math.max(probabilityOf(label, row), 1e-16)), 0) /
    labels.length
  );
}

/** NaN where lengths differ. */
function largestDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.NaN;
  let largest = 0;
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i]! - b[i]!));
  return largest;
}
