/** `train base`: the network alone, stopped on the latest part of the development history, kept as an artifact. */
import { MINUTE_MS } from '../domain/core/index.ts';
import { parseVenueName } from '../domain/market/index.ts';
import { developmentTestSplit, purgedTail } from '../domain/validation/index.ts';
import type { PurgedSplit } from '../domain/validation/index.ts';
import type {
  EpochReport,
  StepReport,
  TrainedTcnLstm,
  TrainTcnLstmOptions,
} from '../learning/models/index.ts';
import { saveModel } from '../platform/storage/index.ts';
import type { EpochRecord, RunStore } from '../platform/storage/index.ts';
import { manifestDraft, modelReference } from './artifacts.ts';
import type { RunRequest } from './artifacts.ts';
import { resolveLabel } from './config.ts';
import type { Config } from './config.ts';
import { EpochLog } from './epoch-log.ts';
import { readLabelledBars } from './labelled-bars.ts';
import type { LabelledBars } from './labelled-bars.ts';
import { trainResumably } from './resumable-training.ts';
import { learningRows, momentsOf, rowsAt } from './symbol-rows.ts';
import type { SymbolBars, SymbolRows } from './symbol-rows.ts';

/** Reports an epoch of the training called `part`. */
export type OnEpoch = (part: string, epoch: EpochReport, epochs: number) => void;

/** Told while trainings run. */
export interface TrainingObserver {
  readonly onEpoch?: OnEpoch;
  /** A step of the training called `part` was taken. */
  readonly onStep?: (part: string, step: StepReport) => void;
  /** One line for people: what is done otherwise than asked for, and why. */
  readonly onNote?: (text: string) => void;
}

export interface TrainBaseRequest extends RunRequest, TrainingObserver {
  readonly venue: string;
  readonly symbol: string;
  /**
   * Symbols that the same network learns from besides, each scaled with its own statistics. Every symbol then has a
   * model of its own, called `<name>-<symbol>`.
   */
  readonly companions?: readonly string[];
  readonly name: string;
  /** Ignores the checkpoints that an interrupted training of the same left. */
  readonly fresh?: boolean;
  /** Where epochs are recorded besides the run's folder. */
  readonly store?: RunStore;
}

export interface TrainingSummary {
  readonly parameters: number;
  readonly labelsPerSecond: number;
  readonly epochs: readonly EpochRecord[];
  readonly best: EpochRecord;
  /** Sequences that were in memory at once. */
  readonly microBatchSize: number;
}

/** One symbol's model. */
export interface SymbolModel {
  readonly symbol: string;
  readonly model: string;
  readonly rows: { readonly train: number; readonly validation: number; readonly purged: number };
  readonly out: string;
}

export interface TrainBaseResult extends TrainingSummary, SymbolModel {
  readonly runId: string;
  /** The epoch after which an interrupted training went on; null when it began at the start. */
  readonly resumedAfterEpoch: number | null;
  /** JSON lines, one an epoch. */
  readonly metrics: string;
  /** Models of the companions: the same network, each with its symbol's scaling. */
  readonly companions: readonly SymbolModel[];
}

const PART = 'base';

export async function trainBase(request: TrainBaseRequest): Promise<TrainBaseResult> {
  const { config, venue, symbol, name } = request;
  const { dataDir, base, validation } = config;
  parseVenueName(venue);
  const definition = resolveLabel(config.label);
  const read = async (each: string): Promise<SymbolBars> => ({
    symbol: each,
    data: await readLabelledBars({ dataDir, venue, symbol: each }, definition, {
      sequenceLength: base.sequenceLength,
      featureSet: config.features,
    }),
  });
  const symbols: SymbolBars[] = [];
  for (const each of new Set([symbol, ...(request.companions ?? [])])) symbols.push(await read(each));
  const moments = momentsOf(symbols);
  const embargoMs = validation.embargoMinutes * MINUTE_MS;
  const development = developmentTestSplit(moments, { testShare: validation.testShare, embargoMs });
  const share = validation.stopShare;
  const stop = purgedTail({ spans: moments, rows: development.before, share, embargoMs });
  const parts = symbols.map((each) => ({
    ...each,
    train: rowsAt(each, moments, stop.before),
    stopping: rowsAt(each, moments, stop.after),
    used: rowsAt(each, moments, development.before),
    test: rowsAt(each, moments, development.after),
  }));
  const log = await EpochLog.create({ dataDir, runId: request.runId, store: request.store });
  const { forget, resumedAfterEpoch, ...trained } = await trainResumably(
    fitOptions(request, parts, { part: PART }),
    {
      dataDir,
      label: symbols.map((each) => each.symbol).join('-'),
      fresh: request.fresh ?? false,
      onNote: request.onNote,
      onSafeEpoch: async (report) => await log.write(PART, summariseEpoch(report)),
    },
  );
  const summary = summariseTraining(trained);
  const models: SymbolModel[] = [];
  for (const { symbol: each, data, train, stopping, used, test } of parts) {
    const alone = parts.length === 1;
    const facts = {
      kind: 'base',
      name: alone ? name : `${name}-${each.toLowerCase()}`,
      venue,
      symbol: each,
      definition,
      data,
      usedRows: used,
      companions: parts.flatMap((other) =>
        other.symbol === each ? [] : [{ symbol: other.symbol, data: other.data, usedRows: other.used }],
      ),
      metrics: { training: summary },
    } as const;
    const onnx = alone ? trained.onnx : trained.onnxOf.get(each)!;
    const stored = await saveModel(dataDir, manifestDraft(request, facts), { 'model.onnx': onnx });
    const purged = data.rows.length - test.length - train.length - stopping.length;
    models.push({
      symbol: each,
      model: modelReference(stored),
      rows: { train: train.length, validation: stopping.length, purged },
      out: stored.folder,
    });
  }
  await forget();
  const [first, ...companions] = models;
  return { runId: request.runId, ...first!, ...summary, resumedAfterEpoch, metrics: log.file, companions };
}

/** Development rows, and the last part of the history, which only `audit` opens. */
export function developmentSplit(data: LabelledBars, { validation }: Config): PurgedSplit {
  return developmentTestSplit(data.spans, {
    testShare: validation.testShare,
    embargoMs: validation.embargoMinutes * MINUTE_MS,
  });
}

export interface FitPlan {
  readonly part: string;
  /** Ends after this epoch, without rows that stop it. */
  readonly lastEpoch?: number;
}

export type FitRun = Pick<TrainBaseRequest, 'config' | 'signal'> & TrainingObserver;

/** The training of the configuration's recipe on some of the labelled rows; `onnx` is the first symbol's. */
export function fitOptions(
  { config, signal, onEpoch, onStep, onNote }: FitRun,
  symbols: readonly SymbolRows[],
  { part, lastEpoch }: FitPlan,
): TrainTcnLstmOptions {
  const { sequenceLength, channels, hidden, layers, dropout, ...training } = config.base;
  const { stoppingRows, ...rows } = learningRows(symbols);
  return {
    ...rows,
    ...(lastEpoch === undefined ? { validationRows: stoppingRows } : { lastEpoch }),
    model: { sequenceLength, channels, hidden, layers, dropout },
    training: { ...training, seed: config.seed, threads: config.threads },
    availableBytes: process.availableMemory(),
    onStep: (step) => onStep?.(part, step),
    onEpoch: (report) => onEpoch?.(part, report, lastEpoch ?? config.base.epochs),
    onAccumulation: (batchSize, atOnce) =>
      onNote?.(
        `${part}: batches of ${batchSize} sequences run in parts of at most ${atOnce} and their gradients add up; ` +
          'batch norm sees each part by itself',
      ),
    signal,
  };
}

export function summariseTraining(trained: TrainedTcnLstm): TrainingSummary {
  const { parameters, labelsPerSecond, epochs, best, microBatchSize } = trained;
  const records = epochs.map(summariseEpoch);
  return { parameters, labelsPerSecond, epochs: records, best: summariseEpoch(best), microBatchSize };
}

export const summariseEpoch = ({ validationLoss, macroF1, ...report }: EpochReport): EpochRecord => ({
  ...report,
  valLoss: Number.isNaN(validationLoss) ? null : validationLoss,
  macroF1: Number.isNaN(macroF1) ? null : macroF1,
});
