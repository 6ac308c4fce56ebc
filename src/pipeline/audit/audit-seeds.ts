/** The recipe of an audit with one seed after the other: folds, auditor, calibration, shipped base model. */
import { MINUTE_MS } from '../../domain/core/index.ts';
import { metaFeatures } from '../../domain/features/index.ts';
import { boostingToXgboostJson } from '../../learning/boosting/index.ts';
import type { BoostingRound } from '../../learning/boosting/index.ts';
import type { Config } from '../config.ts';
import type { LabelledBars } from '../labelled-bars.ts';
import type { CalibrationFile } from '../live/index.ts';
import { companionRows } from '../symbol-rows.ts';
import type { SymbolBars } from '../symbol-rows.ts';
import type { AuditPlan } from './audit-plan.ts';
import { calibrateJudge, type CalibratedJudge } from './calibrate-judge.ts';
import type { FitJob } from './fit.ts';
import type { StoredFit } from './fit-store.ts';
import { type FitsPlan, runFits } from './run-fits.ts';
import { type OutOfFold, trainAuditor } from './train-auditor.ts';

/** Everything that the seeds share. */
export interface SeedsPlan {
  readonly run: {
    readonly seeds?: number | undefined;
    readonly fresh?: boolean | undefined;
    readonly signal: AbortSignal;
    readonly onRound?: (round: BoostingRound) => void;
  };
  readonly plan: AuditPlan;
  readonly symbol: SymbolBars;
  readonly companions: readonly SymbolBars[];
  /** The first seed's; of the others only the seed differs. */
  readonly config: Config;
  readonly fits: FitsPlan;
}

/** What one seed came to; everything in it was measured before the test period. */
export interface SeedSummary {
  readonly seed: number;
  readonly auditorRounds: number;
  readonly scores: CalibratedJudge['scores'];
  readonly calibration: Pick<CalibrationFile, 'audited' | 'base'>;
  /** Of the folds' trainings, and of the shipped base model's. */
  readonly bestEpochs: readonly number[];
  readonly shippedEpochs: number;
}

export interface AuditedSeed extends Pick<CalibratedJudge, 'calibration' | 'conformal'> {
  readonly summary: SeedSummary;
  readonly auditorJson: string;
  readonly outOfFold: OutOfFold;
  readonly folds: readonly StoredFit[];
  readonly shipped: StoredFit;
}

export async function auditSeeds(audit: SeedsPlan): Promise<readonly AuditedSeed[]> {
  const { run, plan, config, fits } = audit;
  const configs = Array.from({ length: run.seeds ?? 1 }, (_, k) => ({
    ...config,
    seed: config.seed + k,
  }));
  const foldFits = await runFits(
    configs.flatMap((each) => foldJobs(audit, each)),
    fits,
  );
  const foldsOf = configs.map((_, k) => foldFits.slice(k * plan.folds.length, (k + 1) * plan.folds.length));
  const shippedFits = await runFits(
    configs.map((each, k) => shippedJob(audit, each, foldsOf[k]!)),
    fits,
  );
  const seeds: AuditedSeed[] = [];
  for (const [k, each] of configs.entries()) {
    seeds.push(await judgeOf(audit, each, { folds: foldsOf[k]!, shipped: shippedFits[k]! }));
  }
  return seeds;
}

const partOf = ({ run }: SeedsPlan, config: Config, part: string): string =>
  (run.seeds ?? 1) > 1 ? `seed ${config.seed}, ${part}` : part;

/** Rows of the companions that were known by a moment. */
export const companionsOf = (
  { companions, config }: Pick<SeedsPlan, 'companions' | 'config'>,
  boundaryMs: number,
) => companionRows(companions, boundaryMs, config.validation.embargoMinutes * MINUTE_MS);

function foldJobs(audit: SeedsPlan, config: Config): readonly FitJob[] {
  const { plan, symbol, run } = audit;
  return plan.folds.map(({ train, stopping, validation, stoppingStartMs }, k) => ({
    config,
    part: partOf(audit, config, `fold ${k + 1} of ${plan.folds.length}`),
    name: `${symbol.symbol}-fold-${k + 1}`,
    symbols: [{ ...symbol, train, stopping }, ...companionsOf(audit, stoppingStartMs)],
    asked: validation,
    fresh: run.fresh ?? false,
  }));
}

function shippedJob(audit: SeedsPlan, config: Config, folds: readonly StoredFit[]): FitJob {
  const { plan, symbol, run } = audit;
  const { before, boundaryMs } = plan.development;
  return {
    config,
    part: partOf(audit, config, 'shipped base model'),
    name: `${symbol.symbol}-shipped`,
    symbols: [{ ...symbol, train: before, stopping: new Int32Array(0) }, ...companionsOf(audit, boundaryMs)],
    lastEpoch: median(folds.map(({ training }) => training.best.epoch)),
    asked: null,
    fresh: run.fresh ?? false,
  };
}

async function judgeOf(
  { plan, symbol: { data }, run }: SeedsPlan,
  config: Config,
  { folds, shipped }: Pick<AuditedSeed, 'folds' | 'shipped'>,
): Promise<AuditedSeed> {
  const outOfFold = outOfFoldOf(data, config, plan, folds);
  const { signal, onRound } = run;
  const { auditor, rounds } = await trainAuditor({ config, signal, onRound }, data, {
    outOfFold,
    rows: plan.auditor,
  });
  const { scores, ...judge } = calibrateJudge({ config, auditor }, data, {
    outOfFold,
    rows: plan.calibration,
  });
  const { audited, base } = judge.calibration;
  return {
    ...judge,
    auditorJson: boostingToXgboostJson(auditor),
    outOfFold,
    folds,
    shipped,
    summary: {
      seed: config.seed,
      auditorRounds: rounds,
      scores,
      calibration: { audited, base },
      bestEpochs: folds.map(({ training }) => training.best.epoch),
      shippedEpochs: shipped.training.epochs.length,
    },
  };
}

function outOfFoldOf(
  data: LabelledBars,
  config: Config,
  plan: AuditPlan,
  folds: readonly StoredFit[],
): OutOfFold {
  const positions = plan.outOfFold;
  const probabilities = Float64Array.from(folds.flatMap((fold) => [...fold.probabilities]));
  const meta = metaFeatures({
    probabilities,
    features: data.bars.features,
    featureNames: data.bars.featureNames,
    rows: positions.map((position) => data.rows[position]!),
    sequenceLength: config.base.sequenceLength,
  });
  return { positions, probabilities, meta };
}

/** Of whole numbers; the lower of the two middle ones. */
function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)]!;
}
