/** `train base`: the network alone, stopped on the latest part of the development history, kept as an artifact. */
import { MINUTE_MS } from '../domain/core/index.ts';
import { parseVenueName } from '../domain/market/index.ts';
import { developmentTestSplit, purgedTail } from '../domain/validation/index.ts';
import type { PurgedSplit } from '../domain/validation/index.ts';
import { trainTcnLstm } from '../learning/models/index.ts';
import type { EpochReport, TrainedTcnLstm } from '../learning/models/index.ts';
import { saveModel } from '../platform/storage/index.ts';
import { manifestDraft, modelReference } from './artifacts.ts';
import type { RunRequest } from './artifacts.ts';
import { resolveLabel } from './config.ts';
import type { Config } from './config.ts';
import { readLabelledBars } from './labelled-bars.ts';
import type { LabelledBars } from './labelled-bars.ts';

/** Reports an epoch of the training called `part`. */
export type OnEpoch = (part: string, epoch: EpochReport, epochs: number) => void;

export interface TrainBaseRequest extends RunRequest {
  readonly venue: string;
  readonly symbol: string;
  readonly name: string;
  readonly onEpoch?: OnEpoch;
}

/** Losses and scores are null where there were no validation rows. */
export interface EpochSummary {
  readonly epoch: number;
  readonly trainLoss: number;
  readonly valLoss: number | null;
  readonly macroF1: number | null;
}

export interface TrainingSummary {
  readonly parameters: number;
  readonly labelsPerSecond: number;
  readonly epochs: readonly EpochSummary[];
  readonly best: EpochSummary;
}

export interface TrainBaseResult extends TrainingSummary {
  readonly runId: string;
  readonly model: string;
  readonly rows: { readonly train: number; readonly validation: number; readonly purged: number };
  readonly out: string;
}

export async function trainBase(request: TrainBaseRequest): Promise<TrainBaseResult> {
  const { config, venue, symbol, name } = request;
  const { dataDir, base, validation } = config;
  parseVenueName(venue);
  const definition = resolveLabel(config.label);
  const data = await readLabelledBars({ dataDir, venue, symbol }, definition, base.sequenceLength);
  const development = developmentSplit(data, config);
  const { before, after, purged } = purgedTail({
    spans: data.spans,
    rows: development.before,
    share: validation.stopShare,
    embargoMs: validation.embargoMinutes * MINUTE_MS,
  });
  const trained = await fitBase(request, data, { train: before, stopping: after, part: 'base' });
  const summary = summariseTraining(trained);
  const facts = {
    kind: 'base',
    name,
    venue,
    symbol,
    definition,
    data,
    usedRows: development.before,
  } as const;
  const stored = await saveModel(
    dataDir,
    manifestDraft(request, { ...facts, metrics: { training: summary } }),
    {
      'model.onnx': trained.onnx,
    },
  );
  return {
    runId: request.runId,
    model: modelReference(stored),
    rows: { train: before.length, validation: after.length, purged: development.purged + purged },
    ...summary,
    out: stored.folder,
  };
}

/** Development rows, and the last part of the history, which only `audit` opens. */
export function developmentSplit(data: LabelledBars, { validation }: Config): PurgedSplit {
  return developmentTestSplit(data.spans, {
    testShare: validation.testShare,
    embargoMs: validation.embargoMinutes * MINUTE_MS,
  });
}

interface FitRows {
  /** Positions in `data.rows`. */
  readonly train: Int32Array;
  /** Positions that stop the training, or the epoch after which it ends without any. */
  readonly stopping: Int32Array | { readonly lastEpoch: number };
  readonly part: string;
}

/** Trains the network of the configuration's recipe on some of the labelled rows. */
export async function fitBase(
  { config, signal, onEpoch }: Pick<TrainBaseRequest, 'config' | 'signal' | 'onEpoch'>,
  data: LabelledBars,
  { train, stopping, part }: FitRows,
): Promise<TrainedTcnLstm> {
  const { sequenceLength, channels, hidden, layers, dropout, ...training } = config.base;
  const barRows = (positions: Int32Array): Int32Array => positions.map((position) => data.rows[position]!);
  const lastEpoch = 'lastEpoch' in stopping ? stopping.lastEpoch : config.base.epochs;
  return await trainTcnLstm({
    dataset: {
      featureNames: data.bars.featureNames,
      rows: data.bars.rows,
      features: data.bars.features,
      labels: data.labels.label,
      segments: data.segments,
    },
    trainRows: barRows(train),
    ...('lastEpoch' in stopping ? { lastEpoch } : { validationRows: barRows(stopping) }),
    model: { sequenceLength, channels, hidden, layers, dropout },
    training: { ...training, seed: config.seed, threads: config.threads },
    availableBytes: process.availableMemory(),
    onEpoch: (report) => onEpoch?.(part, report, lastEpoch),
    signal,
  });
}

export function summariseTraining(trained: TrainedTcnLstm): TrainingSummary {
  const { parameters, labelsPerSecond, epochs, best } = trained;
  return { parameters, labelsPerSecond, epochs: epochs.map(summariseEpoch), best: summariseEpoch(best) };
}

const summariseEpoch = ({ epoch, trainLoss, validationLoss, macroF1 }: EpochReport): EpochSummary => ({
  epoch,
  trainLoss,
  valLoss: Number.isNaN(validationLoss) ? null : validationLoss,
  macroF1: Number.isNaN(macroF1) ? null : macroF1,
});
