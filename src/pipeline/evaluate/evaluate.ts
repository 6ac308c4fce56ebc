/** `evaluate`: an audited model on its test period: beside baselines, against nulls, by slices, and checked for leaks. */
import { CLASS_COUNT, ConfigError, DataError, MINUTE_MS } from '../../domain/core/index.ts';
import { featureSetOfModel } from '../../domain/features/index.ts';
import { averageUniqueness, decide } from '../../domain/validation/index.ts';
import { loadModel, trainingDataOf } from '../../platform/storage/index.ts';
import type { RunStore, StoredModel } from '../../platform/storage/index.ts';
import { historyHash, modelHash, modelReference } from '../artifacts.ts';
import type { RunRequest } from '../artifacts.ts';
import { planAudit } from '../audit/audit-plan.ts';
import { parseConfig } from '../config.ts';
import type { Config } from '../config.ts';
import { readLabelledBars } from '../labelled-bars.ts';
import type { LabelledBars } from '../labelled-bars.ts';
import { loadJudges } from '../live/index.ts';
import type { SeedJudge } from '../live/index.ts';
import { verdictOf } from '../report/index.ts';
import type { Ceiling, Evaluation, TestSeries } from '../report/index.ts';
import { ceilingOnRows } from '../truth.ts';
import { baselineJudges } from './baselines.ts';
import { nullTestsOf } from './artifact-nulls.ts';
import { checksOf } from './checks.ts';
import { economicView } from './economic-view.ts';
import { modelJudges, scoreSeeds, seedScore } from './judges.ts';
import { judgeRows } from './score.ts';
import { predictionSetScore } from './sets.ts';
import { sliceScores } from './slices.ts';
import { splitLanes } from './splits.ts';
import { barRows, labelsAt, timesAt } from './test-rows.ts';
import type { JudgedRows } from './test-rows.ts';

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
  requireAudited(stored);
  const seeds = await loadJudges(stored, { threads: request.config.threads });
  try {
    return await judge(request, stored, seeds);
  } finally {
    for (const { model } of seeds) await model.release();
  }
}

async function judge(
  request: EvaluateRequest,
  stored: StoredModel,
  seeds: readonly SeedJudge[],
): Promise<EvaluateOutcome> {
  const { store, signal, runId } = request;
  const { manifest } = stored;
  const config = configOf(request, stored);
  const { venue, symbol } = trainingDataOf(manifest);
  const data = await readLabelledBars({ dataDir: config.dataDir, venue, symbol }, manifest.label, {
    sequenceLength: config.base.sequenceLength,
    featureSet: config.features,
  });
  const plan = planAudit(data, config);
  const { before: development, after: test } = plan.development;
  refuseChangedHistory(stored, data, development);
  const rows: JudgedRows = { data, development, test };
  const minuteMs = timesAt(data, test);
  const period = { fromMs: minuteMs[0]!, toMs: minuteMs.at(-1)! };
  const earlierOpenings = store.openTest(
    { runId, modelSha256: modelHash(stored.files), venue, symbol, ...period },
    request.createdAt,
  );

  const scoredSeeds = await scoreSeeds(seeds, rows);
  const shipped = scoredSeeds[0]!;
  const own = modelJudges(shipped);
  const { sequenceLength } = config.base;
  const baselines = await baselineJudges(rows, {
    embargoMs: config.validation.embargoMinutes * MINUTE_MS,
    stopShare: config.validation.stopShare,
    mostRows: config.evaluation.baselineRows,
    sequenceLength,
    seed: config.seed,
    signal,
  });
  const labels = labelsAt(data, test);
  const resampling = {
    expectedBlockRows: manifest.label.lookaheadMinutes,
    replicates: config.evaluation.bootstrapSamples,
    seed: config.seed,
  };
  const judgement = judgeRows([...own, ...baselines], labels, resampling);
  const checked = { stored, model: shipped.model, data, plan, config, signal };
  const { nulls, checks } = await nullTestsOf(checked, shipped.scored.base);
  const oracle = await ceilingOnRows(data.synthetic, { minuteMs, labels, label: manifest.label });
  const draft = {
    runId,
    model: modelReference(stored),
    venue,
    symbol,
    synthetic: data.synthetic !== null,
    label: manifest.label,
    sequenceLength: manifest.sequenceLength,
    test: {
      ...period,
      rows: test.length,
      independentOutcomes: independentOutcomes(rows),
      earlierOpenings,
    },
    ...judgement,
    predictionSets: predictionSetScore(rows, shipped.scored.probabilities, {
      rule: shipped.model.sets,
      resampling,
    }),
    slices: sliceScores(rows, own[0], { sequenceLength, resampling }),
    seeds: scoredSeeds.map((each) => seedScore(each, labels)),
    checks: [...(await checksOf(checked)), ...checks],
    nulls,
    ...(await economicView({ ...request, stored, config, rows, scoredSeeds })),
    splits: splitLanes(data, plan),
    ceiling: oracle === null ? null : shareOfCeiling(oracle, judgement.scores[0]!.macroF1),
  };
  return {
    evaluation: { ...draft, verdict: verdictOf(draft) },
    series: seriesOf(rows, own[0].probabilities),
    stored,
    config,
  };
}

function requireAudited(stored: StoredModel): void {
  const { manifest } = stored;
  if (manifest.kind === 'audited') return;
  throw new ConfigError([
    {
      path: '--model',
      message: `${modelReference(stored)} is a base model without an auditor: run \`tidemark audit --model ${manifest.name}\` first`,
    },
  ]);
}

/** The model's recipe; where and how to judge it are this run's. */
function configOf({ config }: EvaluateRequest, { manifest, folder }: StoredModel): Config {
  const recipe = parseConfig(manifest.config, (field) => `${folder}/manifest.json: config.${field}`);
  const { dataDir, threads, evaluation } = config;
  return { ...recipe, dataDir, threads, features: featureSetOfModel(manifest).name, evaluation };
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

function independentOutcomes({ data, test }: JudgedRows): number {
  const labelEndMs = Float64Array.from(test, (position) => data.spans.labelEndMs[position]!);
  const uniqueness = averageUniqueness({ timeMs: timesAt(data, test), labelEndMs });
  return Math.floor(uniqueness.reduce((a, b) => a + b, 0));
}

const shareOfCeiling = (oracle: Omit<Ceiling, 'share'>, macroF1: number): Ceiling => ({
  ...oracle,
  share: macroF1 / oracle.macroF1,
});

function seriesOf({ data, test }: JudgedRows, probabilities: Float64Array): TestSeries {
  const row = (i: number): readonly [number, number, number] => [
    probabilities[i * CLASS_COUNT]!,
    probabilities[i * CLASS_COUNT + 1]!,
    probabilities[i * CLASS_COUNT + 2]!,
  ];
  return {
    minuteMs: [...timesAt(data, test)],
    close: Array.from(barRows(data, test), (at) => data.bars.close[at]!),
    probabilities: Array.from(test, (_, i) => row(i)),
    decisions: [...decide(probabilities)],
  };
}
