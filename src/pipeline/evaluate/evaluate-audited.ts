/** An audited model of minute bars on its test period. */
import { ConfigError } from '../../domain/core/index.ts';
import { trainingDataOf } from '../../platform/storage/index.ts';
import type { StoredModel } from '../../platform/storage/index.ts';
import { modelHash, modelReference } from '../artifacts.ts';
import { loadJudges } from '../live/index.ts';
import type { SeedJudge } from '../live/index.ts';
import { verdictOf } from '../report/index.ts';
import type { Ceiling } from '../report/index.ts';
import { ceilingOnRows } from '../truth.ts';
import { nullTestsOf } from './artifact-nulls.ts';
import { auditedCurves, auditedFacts } from './audited-facts.ts';
import { checksOf } from './checks.ts';
import { judgeModel, type ModelOnTrial, resamplingOf, seriesOf } from './judge-model.ts';
import { auditedJudge, modelJudges, scoreSeeds, type SeedVerdict } from './judges.ts';
import { type EvaluateRequest, loadAudited, openTest } from './open-test.ts';
import type { EvaluateOutcome } from './outcome.ts';
import { predictionSetScore } from './sets.ts';
import { splitLanes } from './splits.ts';
import { labelsAt, timesAt } from './test-rows.ts';

export async function evaluateAudited(request: EvaluateRequest): Promise<EvaluateOutcome> {
  const stored = await loadAudited(request);
  requireOwnSymbol(stored, request.symbol);
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
  const { signal } = request;
  const { manifest, files } = stored;
  const { label } = manifest;
  const { config, data, plan, rows, period, earlierOpenings } = await openTest(request, stored);
  const { venue, symbol } = trainingDataOf(manifest);
  const scoredSeeds = await scoreSeeds(seeds, rows);
  const shipped = scoredSeeds[0]!;
  const judged = scoredSeeds.map((each): SeedVerdict => {
    const parts = modelJudges(each).filter(({ id }) => id === 'base' || id === 'network');
    return { seed: each.seed, judge: auditedJudge(each), parts };
  });
  const trial: ModelOnTrial = {
    manifest,
    modelSha256: modelHash(files),
    config,
    venue,
    symbol,
    synthetic: data.synthetic !== null,
    label,
    rows,
    period,
    earlierOpenings,
    judges: modelJudges(shipped),
    seeds: judged,
    traders: judged,
  };
  const common = await judgeModel(request, trial);
  const checked = { stored, model: shipped.model, data, plan, config, signal };
  const { nulls, checks } = await nullTestsOf(checked, shipped.scored.network);
  const labels = labelsAt(data, rows.test);
  const oracle = await ceilingOnRows(data.synthetic, { minuteMs: timesAt(data, rows.test), labels, label });
  const { thresholdShort, thresholdLong, lookaheadMinutes } = label;
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  const draft = {
    ...common,
    kind: 'audited' as const,
    question: `will the price in ${lookaheadMinutes} minutes be below −${percent(-thresholdShort)} (SELL), above +${percent(thresholdLong)} (BUY), or neither (NEUTRAL)?`,
    predictionSets: predictionSetScore(rows, shipped.scored.probabilities, {
      rule: shipped.model.sets,
      resampling: resamplingOf(trial),
    }),
    scoreFigures: null,
    checks: [...(await checksOf(checked)), ...checks],
    nulls,
    splits: splitLanes(data, plan),
    ceiling: oracle === null ? null : shareOfCeiling(oracle, common.scores[0]!.macroF1),
  };
  return {
    evaluation: { ...draft, verdict: verdictOf(draft) },
    series: seriesOf(trial),
    curves: auditedCurves(stored),
    facts: auditedFacts(stored),
    manifest,
    config,
  };
}

const shareOfCeiling = (oracle: Omit<Ceiling, 'share'>, macroF1: number): Ceiling => ({
  ...oracle,
  share: macroF1 / oracle.macroF1,
});

/** @throws ConfigError for a symbol that the model's auditor has not seen */
function requireOwnSymbol(stored: StoredModel, symbol: string | undefined): void {
  const own = trainingDataOf(stored.manifest).symbol;
  if (symbol === undefined || symbol === own) return;
  throw new ConfigError([
    { path: '--symbol', message: `${modelReference(stored)} is of ${own}, not ${symbol}` },
  ]);
}
