/** What the judged seeds would have earned, beside every trial that was kept. */
import type { AnyModelManifest, RunStore } from '../../platform/storage/index.ts';
import type { Config } from '../config.ts';
import type { Economics, Trials } from '../report/index.ts';
import { economicsOf } from './economics.ts';
import type { SeedVerdict } from './judges.ts';
import { positionReturns } from './positions.ts';
import type { PositionReturns } from './positions.ts';
import { decisionsOf } from './score.ts';
import type { Judge } from './score.ts';
import { barRows, timesAt } from './test-rows.ts';
import type { JudgedRows } from './test-rows.ts';
import { countTrials, recordAndRecall, trialSetting } from './trials.ts';

interface EconomicRun {
  readonly store: RunStore;
  readonly createdAt: string;
  readonly manifest: AnyModelManifest;
  readonly modelSha256: string;
  readonly venue: string;
  readonly symbol: string;
  readonly label: { readonly name: string; readonly lookaheadMinutes: number };
  readonly config: Config;
  readonly rows: JudgedRows;
  /** Of every seed, the shipped one first: the judge that positions follow. */
  readonly traders: readonly SeedVerdict[];
}

/** What every seed would have earned, kept for the trials to come; the shipped one against all that were kept. */
export async function economicView(
  run: EconomicRun,
): Promise<{ readonly trials: Trials; readonly economics: Economics }> {
  const { store, createdAt, manifest, modelSha256, venue, symbol, label, config, rows, traders } = run;
  const { data, test } = rows;
  const { costBps, bootstrapSamples } = config.evaluation;
  const { lookaheadMinutes } = label;
  const timeMs = timesAt(data, test);
  const futureReturn = Float64Array.from(barRows(data, test), (row) => data.labels.futureReturn[row]!);
  const returnsOf = (judge: Judge): PositionReturns =>
    positionReturns({
      timeMs,
      futureReturn,
      decisions: decisionsOf(judge),
      horizonMinutes: lookaheadMinutes,
      costBps,
    });
  const earned = traders.map(({ seed, judge }) => ({ seed, returns: returnsOf(judge) }));
  const own = earned[0]!.returns;
  const setting = trialSetting({
    venue,
    symbol,
    label: label.name,
    fromMs: timeMs[0]!,
    toMs: timeMs.at(-1)!,
    periods: own.net.length,
    costBps,
  });
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
  const counted = await countTrials(config.dataDir, store, manifest, { venue, symbol });
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
