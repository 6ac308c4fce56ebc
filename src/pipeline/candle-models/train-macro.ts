/** `train macro`: stored candles → MacroNet in the registry, and its embedding of every day in the cache. */
import { CANDLE_INTERVALS, type CandleInterval } from '../../domain/candles/index.ts';
import { ConfigError, DAY_MS } from '../../domain/core/index.ts';
import {
  macroIdentity,
  MacroModel,
  requireValidMacro,
  trainMacro as pretrain,
} from '../../learning/candles/index.ts';
import type { ObjectiveConfig, ObjectiveEpoch, TrainedMacro } from '../../learning/candles/index.ts';
import { type EpochRecord, saveModel } from '../../platform/storage/index.ts';
import { modelHash, modelReference } from '../artifacts.ts';
import { EpochLog } from '../epoch-log.ts';
import { resumably } from '../resumable-training.ts';
import { summariseEpoch } from '../train-base.ts';
import { daysOf, type LoadedMacro, loadMacro } from '../candle-scoring/index.ts';
import { candleDraft } from './candle-artifact.ts';
import { macroNetwork } from './config.ts';
import { type EmbeddingFigures, embeddingFigures } from './embedding-figures.ts';
import { cachedEmbeddings } from './embedding-cache.ts';
import { developmentRows, macroWindows } from './macro-windows.ts';
import { asEpochReport, type CandleTrainingRequest, readRequested } from './request.ts';
import type { StoredSeries } from './stored-series.ts';

export interface TrainMacroResult {
  readonly runId: string;
  /** `name@version` */
  readonly model: string;
  /** Of the artifact's files: what MicroNets refer to. */
  readonly sha256: string;
  readonly symbols: readonly string[];
  readonly windows: { readonly train: number; readonly validation: number };
  readonly parameters: number;
  /** Of the validation windows before training. */
  readonly untrainedLoss: number;
  readonly epochs: readonly EpochRecord[];
  readonly best: EpochRecord;
  readonly resumedAfterEpoch: number | null;
  readonly figures: EmbeddingFigures;
  /** Symbol-days of all candles asked for, those after the development period included. */
  readonly embeddings: { readonly days: number; readonly skipped: number; readonly seconds: number };
  /** JSON lines, one an epoch. */
  readonly metrics: string;
  readonly out: string;
}

const PART = 'macro';

/**
 * MacroNet and the statistics of its features see the development period alone: all but the last `validation.testShare`
 * of the candles' times.
 * @throws ConfigError on bad settings; DataError when candles are missing or too few, saying what to run
 */
export async function trainMacro(request: CandleTrainingRequest): Promise<TrainMacroResult> {
  const { config, runId, signal, onEpoch, onStep, onNote, name } = request;
  const { macro, validation, dataDir } = config;
  const network = macroNetwork(macro, candlesIn(macro.days, request.interval), config);
  requireValidMacro(network.model, network.pretraining);
  const { venue, series } = await readRequested(request);
  requireStride(series[0]!.interval, macro.strideCandles);
  const split = macroWindows(series, { ...macro, ...validation });
  const options = { ...network, windows: split.train, validation: split.validation };
  const windows = { train: split.train.ends.length, validation: split.validation.ends.length };
  const log = await EpochLog.create({ dataDir, runId, store: request.store });
  const { forget, resumedAfterEpoch, ...trained } = await resumably<
    ObjectiveConfig,
    ObjectiveEpoch,
    TrainedMacro
  >(
    {
      identity: macroIdentity(options),
      signal,
      train: async (checkpoints) =>
        await pretrain({
          ...options,
          ...checkpoints,
          signal,
          onStep: (step) => onStep?.(PART, step),
          onEpoch: (epoch) => onEpoch?.(PART, asEpochReport(epoch, windows.train), macro.epochs),
        }),
    },
    {
      dataDir,
      label: `macro-${series.map(({ symbol }) => symbol).join('-')}`,
      fresh: request.fresh ?? false,
      onNote,
      onSafeEpoch: async (epoch) =>
        await log.write(PART, summariseEpoch(asEpochReport(epoch, windows.train))),
    },
  );
  const figures = await measure(trained.onnx, { request, series, untilMs: split.developmentEndMs });
  const { untrainedLoss, parameters } = trained;
  const record = (epoch: ObjectiveEpoch): EpochRecord => summariseEpoch(asEpochReport(epoch, windows.train));
  const summary = {
    parameters,
    untrainedLoss,
    epochs: trained.epochs.map(record),
    best: record(trained.best),
    windows,
  };
  const facts = {
    name,
    venue,
    series,
    usedRows: (each: StoredSeries) => developmentRows(each, split.developmentEndMs),
    settings: macro,
    sequenceLength: network.model.sequenceLength,
  };
  const stored = await saveModel(
    dataDir,
    {
      ...candleDraft(request, facts),
      kind: 'macro',
      encoder: macro.encoder,
      task: macro.task,
      embedding: macro.embedding,
      metrics: { training: summary, embeddings: figures },
    },
    { 'model.onnx': trained.onnx },
  );
  await forget();
  const reference = modelReference(stored);
  const loaded = await loadMacro(dataDir, reference, config);
  try {
    return {
      runId,
      model: reference,
      sha256: modelHash(stored.files),
      symbols: series.map(({ symbol }) => symbol),
      ...summary,
      resumedAfterEpoch,
      figures,
      embeddings: await embedAll({ dataDir, venue }, { loaded, series, signal }),
      metrics: log.file,
      out: stored.folder,
    };
  } finally {
    await loaded.model.release();
  }
}

/** An unknown interval is told with the other mistakes of the request. */
const candlesIn = (days: number, interval: string): number =>
  (days * DAY_MS) / (CANDLE_INTERVALS[interval as CandleInterval] ?? CANDLE_INTERVALS['5m']);

function requireStride(interval: CandleInterval, strideCandles: number): void {
  const candlesADay = DAY_MS / CANDLE_INTERVALS[interval];
  if (candlesADay % strideCandles === 0) return;
  throw new ConfigError([
    {
      path: 'macro.strideCandles',
      message: `must divide the ${candlesADay} candles of a day, is ${strideCandles}`,
    },
  ]);
}

interface Measured {
  readonly request: CandleTrainingRequest;
  readonly series: readonly StoredSeries[];
  readonly untilMs: number;
}

async function measure(onnx: Uint8Array, { request, series, untilMs }: Measured): Promise<EmbeddingFigures> {
  const { macro, threads } = request.config;
  const model = await MacroModel.load(onnx, { threads });
  try {
    return await embeddingFigures(model, series, { settings: macro, untilMs });
  } finally {
    await model.release();
  }
}

async function embedAll(
  place: { readonly dataDir: string; readonly venue: string },
  {
    loaded,
    series,
    signal,
  }: { readonly loaded: LoadedMacro; readonly series: readonly StoredSeries[]; readonly signal: AbortSignal },
): Promise<TrainMacroResult['embeddings']> {
  const started = performance.now();
  let [days, skipped] = [0, 0];
  for (const each of series) {
    signal.throwIfAborted();
    const result = await cachedEmbeddings(place, loaded, each, daysOf(each));
    days += result.computed + result.reused;
    skipped += result.days.length - result.computed - result.reused;
  }
  return { days, skipped, seconds: (performance.now() - started) / 1000 };
}
