/**
 * `bench dense`: what a label at every step is worth. Labels learned a second beside PyTorch's windowed recipe; both
 * modes on the same simulated market, judged alike; and one epoch over three years of minutes.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import { CLASS_COUNT, DataError } from '../../domain/core/index.ts';
import { bootstrapConfusion, decide, type Interval } from '../../domain/validation/index.ts';
import { BaseModel, timedTrainStep, trainTcnLstm } from '../../learning/models/index.ts';
import { runPeer } from './peer.ts';
import type { BenchContext, BenchRow } from './row.ts';
import { type Config, parseConfig, resolveLabel } from '../config.ts';
import { ingestL2 } from '../ingest/ingest.ts';
import { type LabelledBars, labelSymbol, readLabelledBars } from '../labelled-bars.ts';
import { simulate } from '../simulate.ts';
import { developmentSplit, fitOptions } from '../train-base.ts';
import { ceilingOnRows } from '../truth.ts';
import { CODE_VERSION } from '../version.ts';

const SEQUENCE = 720;
const SIZES = { channels: 32, hidden: 128, layers: 1, dropout: 0.3 } as const;
const BATCH_SIZE = 128;
const STEPS = 4;

export async function benchDense(context: BenchContext): Promise<readonly BenchRow[]> {
  return [
    await benchLabels(context),
    ...(await benchLongEpoch(context)),
    ...(await compareSupervision(context)),
  ];
}

const PyTorchSteps = z.object({ version: z.string(), stepsMs: z.array(z.number()) });

async function benchLabels({ threads, signal, report }: BenchContext): Promise<BenchRow> {
  report(null, 'steps of dense and of windowed training');
  const step = await timedTrainStep({
    config: { sequenceLength: SEQUENCE, ...SIZES },
    batchSize: BATCH_SIZE,
    labelledSteps: SEQUENCE,
    threads,
  });
  await step.take();
  const times: number[] = [];
  for (let i = 0; i < STEPS; i++) times.push(await step.take());
  await step.release();
  const ours = (BATCH_SIZE * SEQUENCE * 1_000) / median(times);
  const { channels, hidden, layers } = SIZES;
  const args = [channels, hidden, layers, BATCH_SIZE, SEQUENCE, threads, STEPS].map(String);
  const peer = await runPeer('train_step.py', args, { schema: PyTorchSteps, signal });
  const theirs = peer === null ? null : (BATCH_SIZE * 1_000) / median(peer.stepsMs);
  return {
    name: `labels learned, 32/128/1, T=${SEQUENCE}, dense with ${SEQUENCE} labels a sequence`,
    unit: 'labels/s',
    value: ours,
    peer: 'PyTorch CPU, a window a label',
    peerVersion: peer?.version ?? null,
    peerValue: theirs,
    ratio: theirs === null ? null : ours / theirs,
  };
}

const LongEpoch = z.object({ seconds: z.number(), labels: z.int(), peakRssBytes: z.number() });
const MINUTES = 1_600_000;

/** In a process of its own, so that the memory is nobody else's. */
async function benchLongEpoch({ threads, signal, report }: BenchContext): Promise<readonly BenchRow[]> {
  report(null, `one epoch over ${MINUTES.toLocaleString('en')} generated bars`);
  const worker = fileURLToPath(new URL('dense-epoch.worker.ts', import.meta.url));
  const args = [worker, String(MINUTES), String(threads)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { signal });
  const { seconds, labels, peakRssBytes } = LongEpoch.parse(JSON.parse(stdout));
  const name = `one epoch over ${MINUTES.toLocaleString('en')} minutes, ${labels.toLocaleString('en')} labels, 32/128/1 (GENERATED)`;
  const peer = { peer: 'what was asked for', peerVersion: null };
  return [
    { name, unit: 's', value: seconds, ...peer, peerValue: 180, ratio: 180 / seconds },
    {
      name: `${name}: peak memory`,
      unit: 'GiB',
      value: peakRssBytes / 2 ** 30,
      ...peer,
      peerValue: 4,
      ratio: (4 * 2 ** 30) / peakRssBytes,
    },
  ];
}

const SEEDS = 5;
const DAYS = 28;
/** Small enough that windowed training can be paid for; the planted state has a half-life of 40 minutes. */
const STUDY = {
  base: {
    sequenceLength: 96,
    channels: 16,
    hidden: 32,
    layers: 1,
    dropout: 0.1,
    epochs: 8,
    validationWindows: 1500,
  },
  validation: { testShare: 0.25 },
} as const;
const MODES = {
  dense: { mode: 'dense', learningRate: 3e-3, labelledSteps: 96, batchSize: 8 },
  windowed: { mode: 'windowed', learningRate: 1e-3, labelledSteps: 1, batchSize: 256 },
} as const;
type Mode = keyof typeof MODES;

interface Trained {
  readonly macroF1: Interval;
  readonly seconds: number;
}

/** The same market, rows and network; both are judged on whole windows of the test period. */
async function compareSupervision(context: BenchContext): Promise<readonly BenchRow[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-bench-'));
  try {
    context.report(null, 'simulating a market with a known ceiling');
    const market = await labelledMarket(folder, context.signal);
    const trained: Record<Mode, Trained[]> = { dense: [], windowed: [] };
    for (let seed = 1; seed <= SEEDS; seed++) {
      for (const mode of ['dense', 'windowed'] as const) {
        context.report((seed - 1) / SEEDS, `${mode} training, seed ${seed} of ${SEEDS}`);
        trained[mode].push(await trainAndJudge(market, { mode, seed }, context));
      }
    }
    const ceiling = await ceilingOf(market);
    const mean = (mode: Mode, of: (each: Trained) => number): number =>
      trained[mode].reduce((sum, each) => sum + of(each) / SEEDS, 0);
    const seconds = (mode: Mode): number => mean(mode, (each) => each.seconds);
    const score = (mode: Mode): number => mean(mode, (each) => each.macroF1.estimate);
    const low = mean('windowed', (each) => each.macroF1.lower);
    const high = mean('windowed', (each) => each.macroF1.upper);
    const all = (mode: Mode): string =>
      trained[mode].map((each) => each.macroF1.estimate.toFixed(3)).join(' ');
    const what = `dense against windowed, T=${STUDY.base.sequenceLength}, 16/32/1, ${SEEDS} seeds (SYNTHETIC)`;
    return [
      {
        name: `${what}: macro-F1, dense ${all('dense')}, windowed ${all('windowed')}, ceiling ${ceiling.toFixed(3)}`,
        unit: 'macro-F1',
        value: score('dense'),
        peer: `windowed, 95 % interval ${low.toFixed(3)} to ${high.toFixed(3)}`,
        peerVersion: CODE_VERSION,
        peerValue: score('windowed'),
        ratio: score('dense') / score('windowed'),
      },
      {
        name: `${what}: time to train`,
        unit: 's',
        value: seconds('dense'),
        peer: 'windowed',
        peerVersion: CODE_VERSION,
        peerValue: seconds('windowed'),
        ratio: seconds('windowed') / seconds('dense'),
      },
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Market {
  readonly data: LabelledBars;
  readonly config: Config;
}

async function labelledMarket(folder: string, signal: AbortSignal): Promise<Market> {
  const market = await simulate({
    out: folder,
    days: DAYS,
    startDate: '2025-01-01',
    seed: 1,
    strength: 0.5,
    rate: 'light',
    signal,
  });
  const config = parseConfig({ ...STUDY, dataDir: path.join(folder, 'data') });
  const place = { dataDir: config.dataDir, venue: market.venue, symbol: market.symbol };
  await ingestL2({
    ...place,
    inputs: [market.folder],
    codeVersion: CODE_VERSION,
    clock: () => performance.now(),
    signal,
  });
  const label = resolveLabel(config.label);
  await labelSymbol(place, label);
  const { sequenceLength } = config.base;
  return {
    config,
    data: await readLabelledBars(place, label, { sequenceLength, featureSet: config.features }),
  };
}

async function trainAndJudge(
  { data, config: common }: Market,
  { mode, seed }: { readonly mode: Mode; readonly seed: number },
  { threads, signal }: BenchContext,
): Promise<Trained> {
  const config = { ...common, seed, threads, base: { ...common.base, ...MODES[mode] } };
  const { before, after } = developmentSplit(data, config);
  const stopping = before.subarray(Math.floor(before.length * (1 - config.validation.stopShare)));
  const train = before.filter((row) => data.spans.labelEndMs[row]! <= data.spans.timeMs[stopping[0]!]!);
  const startedMs = performance.now();
  const { onnx } = await trainTcnLstm(
    fitOptions({ config, signal }, [{ symbol: 'SIMUSDT', data, train, stopping }], { part: mode }),
  );
  const seconds = (performance.now() - startedMs) / 1_000;
  const model = await BaseModel.load(onnx, { threads });
  try {
    const probabilities = await model.scoreRows(data.bars.features, barRows(data, after));
    const { lookaheadMinutes } = resolveLabel(config.label);
    // The class weights are in what it learned: the class of greatest output is its decision.
    const predictions = decide(probabilities, [1, 1, 1]);
    const macroF1 = bootstrapConfusion(
      { labels: labelsOf(data, after), predictions, classes: CLASS_COUNT },
      { expectedBlockRows: lookaheadMinutes, replicates: 1_000, seed: 1 },
    );
    return { macroF1, seconds };
  } finally {
    await model.release();
  }
}

async function ceilingOf({ data, config }: Market): Promise<number> {
  const { after } = developmentSplit(data, config);
  const ceiling = await ceilingOnRows(data.synthetic, {
    minuteMs: Float64Array.from(after, (row) => data.spans.timeMs[row]!),
    labels: labelsOf(data, after),
    label: resolveLabel(config.label),
  });
  if (ceiling === null)
    throw new DataError('the simulated bars have lost their marker', { code: 'BENCH_INPUT' });
  return ceiling.macroF1;
}

const barRows = ({ rows }: LabelledBars, positions: Int32Array): Int32Array =>
  positions.map((position) => rows[position]!);

const labelsOf = (data: LabelledBars, positions: Int32Array): Int8Array =>
  Int8Array.from(barRows(data, positions), (row) => data.labels.label[row]!);

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
