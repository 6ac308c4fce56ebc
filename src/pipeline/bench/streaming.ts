/** How far the streaming form of a base model is from the window form that it was trained as, on bars of a market. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CLASS_COUNT, DataError } from '../../domain/core/index.ts';
import {
  type BarTable,
  LOG_RETURN_FEATURE,
  type Segment,
  usableSegments,
} from '../../domain/features/index.ts';
import { labelBars, labelDefinition } from '../../domain/labels/index.ts';
import {
  BaseModel,
  StreamingModel,
  TRAINING_DEFAULTS,
  type TcnLstmConfig,
  trainTcnLstm,
} from '../../learning/models/index.ts';
import { readBars } from '../../platform/storage/index.ts';
import type { BenchContext, BenchRow } from './row.ts';
import { ingestL2 } from '../ingest/ingest.ts';
import { simulate } from '../simulate.ts';
import { CODE_VERSION } from '../version.ts';

const DAYS = 6;
const MODEL: TcnLstmConfig = { sequenceLength: 720, channels: 32, hidden: 128, layers: 1, dropout: 0.3 };
/** The simulated market moves about so much within the hour. */
const LABEL = labelDefinition(-0.004, 0.004, 60);
const EPOCHS = 10;

export interface FormDistance {
  /** Bars that both forms answered. */
  readonly bars: number;
  /** Over these bars: the largest difference of a class's probability, on average and at most. */
  readonly mean: number;
  readonly max: number;
  /** Share of bars for which both name the same class as the most probable one. */
  readonly agreement: number;
}

/**
 * Both forms over one segment of a series.
 * @param features `[· × width]` raw
 */
export async function compareForms(
  onnx: Uint8Array,
  features: Float64Array,
  segment: Segment,
): Promise<FormDistance> {
  const [window, stream] = await Promise.all([BaseModel.load(onnx), StreamingModel.from(onnx)]);
  const width = window.description.featureNames.length;
  const first = segment.start + window.sequenceLength - 1;
  const rows = Int32Array.from({ length: Math.max(0, segment.end - first) }, (_, i) => first + i);
  const expected = await window.scoreRows(features, rows);
  let [sum, max, agreed] = [0, 0, 0];
  for (let row = segment.start; row < segment.end; row++) {
    const answer = await stream.push(features.slice(row * width, (row + 1) * width));
    if (answer === undefined) continue;
    const at = (row - first) * CLASS_COUNT;
    const own = expected.subarray(at, at + CLASS_COUNT);
    const distance = Math.max(...answer.map((value, k) => Math.abs(value - own[k]!)));
    sum += distance;
    max = Math.max(max, distance);
    if (answer.indexOf(Math.max(...answer)) === own.indexOf(Math.max(...own))) agreed += 1;
  }
  await Promise.all([window.release(), stream.release()]);
  return { bars: rows.length, mean: sum / rows.length, max, agreement: agreed / rows.length };
}

/** A model that is trained on the first half of a simulated market, and compared on the second. */
export async function benchStreamingForm({ threads, signal, report }: BenchContext): Promise<BenchRow[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-bench-'));
  try {
    report(null, 'simulating a market and training on its first half');
    const bars = await simulatedBars(folder, signal);
    const halfway = Math.floor(bars.rows / 2);
    const { onnx } = await trainOn(bars, halfway, { threads, signal });
    report(null, 'comparing the streaming form with the window form on its second half');
    const segment = longest(
      usableSegments(bars).map(({ start, end }) => ({ start: Math.max(start, halfway), end })),
    );
    const { bars: count, mean, max, agreement } = await compareForms(onnx, bars.features, segment);
    const what = `streaming form against the 720-bar window, 32/128/1, ${count} bars (SYNTHETIC)`;
    const peer = { peer: 'equal answers', peerVersion: null, ratio: null };
    return [
      { name: `${what}: mean distance`, unit: 'probability', value: mean, ...peer, peerValue: 0 },
      { name: `${what}: largest distance`, unit: 'probability', value: max, ...peer, peerValue: 0 },
      { name: `${what}: same class`, unit: 'share', value: agreement, ...peer, peerValue: 1 },
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function simulatedBars(folder: string, signal: AbortSignal): Promise<BarTable> {
  const market = { days: DAYS, startDate: '2025-01-01', seed: 1, strength: 0.5, rate: 'light' } as const;
  const { venue, symbol, folder: inputs } = await simulate({ ...market, out: folder, signal });
  const dataDir = path.join(folder, 'data');
  await ingestL2({
    venue,
    symbol,
    inputs: [inputs],
    dataDir,
    codeVersion: CODE_VERSION,
    clock: () => performance.now(),
  });
  return await readBars({ dataDir, venue, symbol });
}

async function trainOn(
  bars: BarTable,
  rows: number,
  { threads, signal }: { readonly threads: number; readonly signal: AbortSignal },
) {
  const width = bars.featureNames.length;
  const returns = Float64Array.from(
    { length: bars.rows },
    (_, row) => bars.features[row * width + LOG_RETURN_FEATURE]!,
  );
  const { label } = labelBars(bars.minuteMs, returns, LABEL);
  const segments = usableSegments(bars).filter(({ start }) => start < rows);
  const trainRows = segments.flatMap(({ start, end }) => {
    const first = start + MODEL.sequenceLength - 1;
    const last = Math.min(end, rows - LABEL.lookaheadMinutes);
    return Array.from({ length: Math.max(0, last - first) }, (_, i) => first + i);
  });
  return await trainTcnLstm({
    dataset: {
      featureNames: bars.featureNames,
      rows: bars.rows,
      features: bars.features,
      labels: label,
      segments,
    },
    trainRows: Int32Array.from(trainRows.filter((row) => label[row]! >= 0)),
    model: MODEL,
    training: {
      ...TRAINING_DEFAULTS.dense,
      labelledSteps: 120,
      batchSize: 4,
      learningRate: 1e-3,
      epochs: EPOCHS,
      threads,
    },
    signal,
  });
}

function longest(segments: readonly Segment[]): Segment {
  const found = segments.toSorted((a, b) => b.end - b.start - (a.end - a.start))[0];
  if (found === undefined || found.end - found.start < MODEL.sequenceLength) {
    throw new DataError('the simulated market has no stretch of one window', { code: 'BENCH_INPUT' });
  }
  return found;
}
