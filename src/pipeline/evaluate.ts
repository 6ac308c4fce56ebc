/** `evaluate`: an audited model on its test period, beside baselines fitted on the same development rows. */
import { CLASS_COUNT, ConfigError, DataError } from '../domain/core/index.ts';
import { featureSetOfModel } from '../domain/features/index.ts';
import { correctForClassWeights, decide } from '../domain/validation/index.ts';
import {
  predictClassPrior,
  predictLogistic,
  trainClassPrior,
  trainLogistic,
} from '../learning/baselines/index.ts';
import { AuditedModel, type AuditedProbabilities } from '../learning/models/index.ts';
import { loadModel, trainingDataOf } from '../platform/storage/index.ts';
import type { RunStore, StoredModel } from '../platform/storage/index.ts';
import { historyHash, modelHash, modelReference } from './artifacts.ts';
import type { RunRequest } from './artifacts.ts';
import { parseConfig } from './config.ts';
import type { Config } from './config.ts';
import { judgeRows, verdictOf } from './judge.ts';
import type { Judge } from './judge.ts';
import { readLabelledBars } from './labelled-bars.ts';
import type { LabelledBars } from './labelled-bars.ts';
import type { Ceiling, Evaluation, TestSeries } from './report/index.ts';
import { ceilingOnRows } from './truth.ts';
import { developmentSplit } from './train-base.ts';

export interface EvaluateRequest extends RunRequest {
  /** `name` or `name@version` of an audited model. */
  readonly model: string;
  readonly store: RunStore;
}

export interface EvaluateOutcome {
  readonly evaluation: Evaluation;
  readonly series: TestSeries;
  readonly stored: StoredModel;
  /** The configuration in force: the model's recipe with this run's places. */
  readonly config: Config;
}

export async function evaluate(request: EvaluateRequest): Promise<EvaluateOutcome> {
  const stored = await loadModel(request.config.dataDir, request.model);
  const { manifest } = stored;
  if (manifest.kind !== 'audited') {
    throw new ConfigError([
      {
        path: '--model',
        message: `${modelReference(stored)} is a base model without an auditor: run \`tidemark audit --model ${manifest.name}\` first`,
      },
    ]);
  }
  const recipe = parseConfig(manifest.config, (field) => `${stored.folder}/manifest.json: config.${field}`);
  const { dataDir, threads, evaluation: evaluationPlan } = request.config;
  const features = featureSetOfModel(manifest).name;
  const config: Config = { ...recipe, dataDir, threads, features, evaluation: evaluationPlan };
  const { venue, symbol, synthetic } = trainingDataOf(manifest);
  const data = await readLabelledBars({ dataDir, venue, symbol }, manifest.label, {
    sequenceLength: config.base.sequenceLength,
    featureSet: config.features,
  });
  const development = developmentSplit(data, config);
  refuseChangedHistory(stored, data, development.before);

  const test = development.after;
  const labelsOf = (positions: Int32Array): Int8Array =>
    Int8Array.from(positions, (position) => data.labels.label[data.rows[position]!]!);
  const period = { fromMs: data.spans.timeMs[test[0]!]!, toMs: data.spans.timeMs[test.at(-1)!]! };
  const earlierOpenings = request.store.openTest(
    { runId: request.runId, modelSha256: modelHash(stored.files), venue, symbol, ...period },
    request.createdAt,
  );
  const judges = await judgesOf(stored, data, { development: development.before, test, config, labelsOf });
  const labels = labelsOf(test);
  const judgement = judgeRows(judges, labels, {
    expectedBlockRows: manifest.label.lookaheadMinutes,
    replicates: config.evaluation.bootstrapSamples,
    seed: config.seed,
  });
  const rows = test.map((position) => data.rows[position]!);
  const minuteMs = Float64Array.from(rows, (row) => data.bars.minuteMs[row]!);
  const oracle = await ceilingOnRows(data.synthetic, { minuteMs, labels, label: manifest.label });
  const draft = {
    runId: request.runId,
    model: modelReference(stored),
    venue,
    symbol,
    synthetic,
    label: manifest.label,
    sequenceLength: manifest.sequenceLength,
    test: {
      ...period,
      rows: test.length,
      independentOutcomes: Math.floor(test.length / manifest.label.lookaheadMinutes),
      earlierOpenings,
    },
    ...judgement,
    ceiling: oracle === null ? null : shareOfCeiling(oracle, judgement.scores[0]!.macroF1),
  };
  return {
    evaluation: { ...draft, verdict: verdictOf(draft) },
    series: seriesOf(
      minuteMs,
      Array.from(rows, (row) => data.bars.close[row]!),
      judges[0]!.probabilities,
    ),
    stored,
    config,
  };
}

interface JudgingRows {
  /** Positions in `data.rows`. */
  readonly development: Int32Array;
  readonly test: Int32Array;
  readonly config: Config;
  readonly labelsOf: (positions: Int32Array) => Int8Array;
}

/** The audited model first, then its base model alone, then the baselines. */
async function judgesOf(
  stored: StoredModel,
  data: LabelledBars,
  rows: JudgingRows,
): Promise<readonly Judge[]> {
  const { development, test, config, labelsOf } = rows;
  const model = await AuditedModel.load(
    {
      onnx: stored.files['model.onnx']!,
      auditorJson: Buffer.from(stored.files['auditor.json']!).toString('utf8'),
    },
    { threads: config.threads, featureNames: data.bars.featureNames },
  );
  const rowsToScore = test.map((position) => data.rows[position]!);
  const scored = await scoreAndRelease(model, data, rowsToScore);
  const known = labelsOf(development);
  const prior = trainClassPrior(known, CLASS_COUNT);
  const logistic = trainLogistic({
    features: lastBars(data, development),
    featureNames: data.bars.featureNames,
    labels: known,
    classes: CLASS_COUNT,
  });
  return [
    { id: 'audited', name: 'Audited model', probabilities: scored.audited },
    {
      id: 'base',
      name: 'Base model alone',
      probabilities: correctForClassWeights(scored.base, config.base.classWeights),
    },
    {
      id: 'logistic',
      name: 'Logistic regression, last bar',
      probabilities: predictLogistic(logistic, lastBars(data, test)),
    },
    { id: 'prior', name: 'Class prior', probabilities: predictClassPrior(prior, test.length) },
  ];
}

async function scoreAndRelease(
  model: AuditedModel,
  { bars }: LabelledBars,
  rows: Int32Array,
): Promise<AuditedProbabilities> {
  try {
    return await model.scoreRows(bars.features, rows);
  } finally {
    await model.release();
  }
}

/** `[positions × features]`: the bar at each position. */
function lastBars(data: LabelledBars, positions: Int32Array): Float64Array {
  const width = data.bars.featureNames.length;
  const features = new Float64Array(positions.length * width);
  positions.forEach((position, i) => {
    const row = data.rows[position]!;
    features.set(data.bars.features.subarray(row * width, (row + 1) * width), i * width);
  });
  return features;
}

/** A model is judged on what followed its training; other bars or labels than it was made from would blur that. */
function refuseChangedHistory({ manifest }: StoredModel, data: LabelledBars, development: Int32Array): void {
  const { rows, sha256, symbol } = trainingDataOf(manifest);
  if (rows === development.length && sha256 === historyHash(data, development)) return;
  const change =
    rows === development.length
      ? 'its bars or labels are others'
      : `its development part had ${rows} rows, now it has ${development.length}`;
  throw new DataError(
    `the history of ${symbol} changed since ${manifest.name}@${manifest.version} was audited: ${change}; run \`tidemark audit\` again`,
    { code: 'HISTORY_CHANGED', context: { model: manifest.name, version: manifest.version } },
  );
}

const shareOfCeiling = (oracle: Omit<Ceiling, 'share'>, macroF1: number): Ceiling => ({
  ...oracle,
  share: macroF1 / oracle.macroF1,
});

function seriesOf(minuteMs: Float64Array, close: readonly number[], probabilities: Float64Array): TestSeries {
  const decisions = decide(probabilities);
  const row = (i: number): readonly [number, number, number] => [
    probabilities[i * CLASS_COUNT]!,
    probabilities[i * CLASS_COUNT + 1]!,
    probabilities[i * CLASS_COUNT + 2]!,
  ];
  return {
    minuteMs: [...minuteMs],
    close,
    probabilities: Array.from(minuteMs, (_, i) => row(i)),
    decisions: [...decisions],
  };
}
