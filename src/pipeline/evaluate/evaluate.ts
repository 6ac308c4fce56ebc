/** `evaluate`: an audited model on its test period: beside baselines, against nulls, by slices, and checked for leaks. */
import { CLASS_COUNT, MINUTE_MS } from '../../domain/core/index.ts';
import { averageUniqueness } from '../../domain/validation/index.ts';
import { trainingDataOf } from '../../platform/storage/index.ts';
import type { StoredModel } from '../../platform/storage/index.ts';
import { modelReference } from '../artifacts.ts';
import type { Config } from '../config.ts';
import { loadJudges } from '../live/index.ts';
import type { SeedJudge } from '../live/index.ts';
import { verdictOf } from '../report/index.ts';
import type { Ceiling, Evaluation, TestSeries } from '../report/index.ts';
import { ceilingOnRows } from '../truth.ts';
import { baselineJudges } from './baselines.ts';
import { nullTestsOf } from './artifact-nulls.ts';
import { checksOf } from './checks.ts';
import { economicView } from './economic-view.ts';
import { type EvaluateRequest, loadAudited, openTest } from './open-test.ts';
import { modelJudges, scoreSeeds, seedScore } from './judges.ts';
import { decisionsOf, type Judge, judgeRows } from './score.ts';
import { predictionSetScore } from './sets.ts';
import { sliceScores } from './slices.ts';
import { splitLanes } from './splits.ts';
import { barRows, labelsAt, timesAt } from './test-rows.ts';
import type { JudgedRows } from './test-rows.ts';

export interface EvaluateOutcome {
  readonly evaluation: Evaluation;
  readonly series: TestSeries;
  readonly stored: StoredModel;
  /** The configuration in force: the model's recipe with this run's places. */
  readonly config: Config;
}

export type { EvaluateRequest } from './open-test.ts';

export async function evaluate(request: EvaluateRequest): Promise<EvaluateOutcome> {
  const stored = await loadAudited(request);
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
  const { signal, runId } = request;
  const { manifest } = stored;
  const { config, data, plan, rows, period, earlierOpenings } = await openTest(request, stored);
  const { test } = rows;
  const { venue, symbol } = trainingDataOf(manifest);
  const minuteMs = timesAt(data, test);

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
  const { nulls, checks } = await nullTestsOf(checked, shipped.scored.network);
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
    series: seriesOf(rows, own[0]),
    stored,
    config,
  };
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

function seriesOf({ data, test }: JudgedRows, judge: Judge): TestSeries {
  const { probabilities } = judge;
  const row = (i: number): readonly [number, number, number] => [
    probabilities[i * CLASS_COUNT]!,
    probabilities[i * CLASS_COUNT + 1]!,
    probabilities[i * CLASS_COUNT + 2]!,
  ];
  return {
    minuteMs: [...timesAt(data, test)],
    close: Array.from(barRows(data, test), (at) => data.bars.close[at]!),
    probabilities: Array.from(test, (_, i) => row(i)),
    decisions: [...decisionsOf(judge)],
  };
}
