/** What the judged seeds would have earned, beside every trial that was kept. */
import { trainingDataOf } from '../../platform/storage/index.ts';
import type { RunStore, StoredModel } from '../../platform/storage/index.ts';
import { modelHash } from '../artifacts.ts';
import type { Config } from '../config.ts';
import type { Economics, Trials } from '../report/index.ts';
import { economicsOf } from './economics.ts';
import { auditedJudge, type ScoredSeed } from './judges.ts';
import { positionReturns } from './positions.ts';
import type { PositionReturns } from './positions.ts';
import { decisionsOf } from './score.ts';
import { barRows, timesAt } from './test-rows.ts';
import type { JudgedRows } from './test-rows.ts';
import { countTrials, recordAndRecall, trialSetting } from './trials.ts';

interface EconomicRun {
  readonly store: RunStore;
  readonly createdAt: string;
  readonly stored: StoredModel;
  readonly config: Config;
  readonly rows: JudgedRows;
  readonly scoredSeeds: readonly ScoredSeed[];
}

/** What every seed would have earned, kept for the trials to come; the shipped one against all that were kept. */
export async function economicView({
  store,
  createdAt,
  stored,
  config,
  rows,
  scoredSeeds,
}: EconomicRun): Promise<{ readonly trials: Trials; readonly economics: Economics }> {
  const { data, test } = rows;
  const { manifest, files } = stored;
  const { costBps, bootstrapSamples } = config.evaluation;
  const { lookaheadMinutes, name: label } = manifest.label;
  const { venue, symbol } = trainingDataOf(manifest);
  const timeMs = timesAt(data, test);
  const futureReturn = Float64Array.from(barRows(data, test), (row) => data.labels.futureReturn[row]!);
  const returnsOf = (seed: ScoredSeed): PositionReturns =>
    positionReturns({
      timeMs,
      futureReturn,
      decisions: decisionsOf(auditedJudge(seed)),
      horizonMinutes: lookaheadMinutes,
      costBps,
    });
  const earned = scoredSeeds.map((each) => ({ seed: each.seed, returns: returnsOf(each) }));
  const own = earned[0]!.returns;
  const setting = trialSetting({
    venue,
    symbol,
    label,
    fromMs: timeMs[0]!,
    toMs: timeMs.at(-1)!,
    periods: own.net.length,
    costBps,
  });
  const modelSha256 = modelHash(files);
  const compared = recordAndRecall(
    store,
    earned.map(({ seed, returns }) => ({
      runId: manifest.runId,
      modelSha256,
      seed,
      setting,
      returns: [...returns.net],
    })),
    createdAt,
  );
  const counted = await countTrials(config.dataDir, store, manifest);
  const count = Math.max(counted.count, compared.length);
  return {
    trials: { ...counted, count, compared: compared.length },
    economics: economicsOf(
      own,
      { count, returns: compared },
      {
        costBps,
        periodMinutes: lookaheadMinutes,
        resampling: { replicates: bootstrapSamples, seed: config.seed },
      },
    ),
  };
}
