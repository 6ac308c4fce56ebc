/** `train micro`: stored candles, and a MacroNet's embeddings of their days → MicroNet in the registry. */
import { MINUTE_MS } from '../../domain/core/index.ts';
import {
  microIdentity,
  MicroModel,
  requireValidMicro,
  trainMicro as fit,
  type ObjectiveConfig,
  type ObjectiveEpoch,
  type TrainedMicro,
} from '../../learning/candles/index.ts';
import { type EpochRecord, saveModel } from '../../platform/storage/index.ts';
import { modelReference } from '../artifacts.ts';
import { EpochLog } from '../epoch-log.ts';
import { resumably } from '../resumable-training.ts';
import { summariseEpoch } from '../train-base.ts';
import {
  type DayOutcome,
  type LoadedMacro,
  loadMacro,
  rowsBetween,
  scoresOf,
} from '../candle-scoring/index.ts';
import { candleDraft } from './candle-artifact.ts';
import { microNetwork, type MicroSettings } from './config.ts';
import { contextsOf } from './embedding-cache.ts';
import { labelName, labelSeries, returnsAhead } from './label-series.ts';
import { requireFitting, requireUnseen } from './macro-fits.ts';
import { directionsBySymbol, type MicroFigures, microFigures, staticThresholds } from './micro-figures.ts';
import { type MicroRows, microRows } from './micro-rows.ts';
import {
  asEpochReport,
  type CandleTrainingRequest,
  readRequested,
  type RequestedCandles,
} from './request.ts';
import type { StoredSeries } from './stored-series.ts';

export interface TrainMicroRequest extends CandleTrainingRequest {
  /** `name` or `name@version` of a MacroNet; null for a MicroNet without embeddings (experiment E1). */
  readonly macro: string | null;
}

export interface TrainMicroResult {
  readonly runId: string;
  /** `name@version` */
  readonly model: string;
  readonly symbols: readonly string[];
  readonly macro: string | null;
  readonly rows: {
    readonly train: number;
    readonly validation: number;
    readonly test: number;
    readonly purged: number;
  };
  /** Symbol-days without a context, whose candles teach nothing. */
  readonly skippedDays: number;
  readonly parameters: number;
  readonly untrainedLoss: number;
  readonly epochs: readonly EpochRecord[];
  readonly best: EpochRecord;
  readonly resumedAfterEpoch: number | null;
  /** Of the validation rows: they chose the epoch and the thresholds, so this is no test. */
  readonly validation: MicroFigures;
  readonly testFromMs: number;
  readonly metrics: string;
  readonly out: string;
}

const PART = 'micro';

/**
 * Stops on the latest part of the development history; the last `validation.testShare` of the labelled candles is left
 * alone.
 * @throws ConfigError on bad settings or a MacroNet that does not fit; DataError when candles are missing, too few, or
 *   others than those that the MacroNet was trained on
 */
export async function trainMicro(request: TrainMicroRequest): Promise<TrainMicroResult> {
  const { config, runId, onNote, name } = request;
  const { micro, dataDir, validation } = config;
  const requested = await readRequested(request);
  const { venue, series } = requested;
  const macro =
    request.macro === null ? null : await loadMacro(dataDir, request.macro, { ...config, flag: '--macro' });
  try {
    const network = microNetwork(micro, macro?.model.size ?? 0, config);
    requireValidMicro(network.model, network.training);
    if (macro !== null) await requireFitting(macro, requested, { dataDir, onNote });
    const settings = macro?.settings ?? config.macro;
    const contexts: (readonly DayOutcome[])[] = [];
    for (const each of series) {
      request.signal.throwIfAborted();
      contexts.push(await contextsOf({ dataDir, venue }, { macro, settings }, each));
    }
    const rows = microRows(
      series.map((each, i) => ({
        series: each,
        labels: labelSeries(each, micro.label),
        returns: returnsAhead(each, micro.label.horizonCandles),
        days: contexts[i]!,
      })),
      {
        stopShare: validation.stopShare,
        test: { share: validation.testShare },
        output: micro.output,
        sequenceLength: micro.sequenceLength,
        horizonCandles: micro.label.horizonCandles,
        embargoMs: validation.embargoMinutes * MINUTE_MS,
      },
    );
    if (macro !== null) requireUnseen(macro, rows.testFromMs);
    const { trained, log, resumedAfterEpoch, forget } = await learn(request, requested, { network, rows });
    const judged = await judge(trained.onnx, rows, config);
    const labels = rows.train.length;
    const record = (epoch: ObjectiveEpoch): EpochRecord => summariseEpoch(asEpochReport(epoch, labels));
    const summary = {
      parameters: trained.parameters,
      untrainedLoss: trained.untrainedLoss,
      epochs: trained.epochs.map(record),
      best: record(trained.best),
      rows: {
        train: labels,
        validation: rows.validation.length,
        test: rows.test.length,
        purged: rows.purged,
      },
    };
    const stored = await saveModel(
      dataDir,
      {
        ...candleDraft(recorded(request, macro), {
          name,
          venue,
          series,
          usedRows: ({ candles }: StoredSeries) =>
            rowsBetween(candles.openTimeMs, { fromMs: Number.NEGATIVE_INFINITY, toMs: rows.testFromMs }),
          settings,
          sequenceLength: micro.sequenceLength,
        }),
        kind: 'micro',
        branch: micro.branch,
        output: micro.output,
        macro: macro === null ? null : { model: macro.reference, sha256: macro.sha256 },
        label: { ...micro.label, name: labelName(micro.label) },
        testFromMs: rows.testFromMs,
        thresholds: { static: staticThresholds(judged.scores, micro.signal), adaptive: micro.signal },
        metrics: { training: summary, validation: judged.figures },
      },
      { 'model.onnx': trained.onnx },
    );
    await forget();
    return {
      runId,
      model: modelReference(stored),
      symbols: series.map(({ symbol }) => symbol),
      macro: macro?.reference ?? null,
      ...summary,
      skippedDays: contexts.flat().filter(({ kind }) => kind === 'skipped').length,
      resumedAfterEpoch,
      validation: judged.figures,
      testFromMs: rows.testFromMs,
      metrics: log.file,
      out: stored.folder,
    };
  } finally {
    await macro?.model.release();
  }
}

/** The configuration as it was in effect: embeddings are of the MacroNet's own settings. */
function recorded(request: TrainMicroRequest, macro: LoadedMacro | null): TrainMicroRequest {
  if (macro === null) return request;
  return { ...request, config: { ...request.config, macro: { ...request.config.macro, ...macro.settings } } };
}

interface Learning {
  readonly network: ReturnType<typeof microNetwork>;
  readonly rows: MicroRows;
}

async function learn(
  { config, runId, signal, onEpoch, onStep, onNote, fresh = false, store }: TrainMicroRequest,
  { series }: RequestedCandles,
  { network, rows }: Learning,
) {
  const { dataDir, micro } = config;
  const { dataset, train: trainRows, validation: validationRows } = rows;
  const options = { ...network, dataset, trainRows, validationRows };
  const log = await EpochLog.create({ dataDir, runId, store });
  const asReport = (epoch: ObjectiveEpoch) => asEpochReport(epoch, trainRows.length);
  const { forget, resumedAfterEpoch, ...trained } = await resumably<
    ObjectiveConfig,
    ObjectiveEpoch,
    TrainedMicro
  >(
    {
      identity: microIdentity(options),
      signal,
      train: async (checkpoints) =>
        await fit({
          ...options,
          ...checkpoints,
          signal,
          onStep: (step) => onStep?.(PART, step),
          onEpoch: (epoch) => onEpoch?.(PART, asReport(epoch), micro.epochs),
        }),
    },
    {
      dataDir,
      label: `micro-${series.map(({ symbol }) => symbol).join('-')}`,
      fresh,
      onNote,
      onSafeEpoch: async (epoch) => await log.write(PART, summariseEpoch(asReport(epoch))),
    },
  );
  return { trained, log, resumedAfterEpoch, forget };
}

interface Judging {
  readonly micro: MicroSettings;
  readonly seed: number;
  readonly threads: number;
}

/** On the validation rows. */
async function judge(onnx: Uint8Array, rows: MicroRows, { micro, seed, threads }: Judging) {
  const { validation, label, returns, symbolOf } = rows;
  const answers = await answersOf(onnx, rows, threads);
  const scores = scoresOf(answers, micro.output);
  const figures = microFigures({
    output: micro.output,
    answers,
    labels: Int8Array.from(validation, (row) => label[row]!),
    returns: Float64Array.from(validation, (row) => returns[row]!),
    directions: directionsBySymbol(
      scores,
      Int32Array.from(validation, (row) => symbolOf[row]!),
      micro.signal,
    ),
    trainLabels: Int8Array.from(rows.train, (row) => label[row]!),
    classWeights: micro.classWeights,
    seed,
  });
  return { figures, scores };
}

async function answersOf(
  onnx: Uint8Array,
  { dataset, validation }: MicroRows,
  threads: number,
): Promise<Float64Array> {
  const model = await MicroModel.load(onnx, { threads });
  try {
    const contextOf = (row: number) => dataset.contexts[dataset.contextOf[row]!]!;
    return await model.scoreRows(dataset.features, validation, contextOf);
  } finally {
    await model.release();
  }
}
