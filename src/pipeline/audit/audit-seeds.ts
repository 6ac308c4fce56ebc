/** The recipe of an audit with one seed after the other: folds, auditor, calibration, shipped base model. */
import { CLASS_COUNT, MINUTE_MS } from '../../domain/core/index.ts';
import { metaFeatures } from '../../domain/features/index.ts';
import { boostingToXgboostJson } from '../../learning/boosting/index.ts';
import type { BoostingRound } from '../../learning/boosting/index.ts';
import type { Config } from '../config.ts';
import type { LabelledBars } from '../labelled-bars.ts';
import type { CalibrationFile } from '../live/index.ts';
import { companionRows } from '../symbol-rows.ts';
import type { SymbolBars } from '../symbol-rows.ts';
import type { Fold } from '../../domain/validation/index.ts';
import { networkProbabilities, networkTemperature } from '../../learning/calibration/index.ts';
import type { NetworkCalibration } from '../../learning/calibration/index.ts';
import { type AuditPlan, labelsAt } from './audit-plan.ts';
import { calibrateJudge, type CalibratedJudge, independentOutcomes } from './calibrate-judge.ts';
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
  readonly calibration: Pick<CalibrationFile, 'network' | 'audited' | 'base'>;
  /** Temperature of each fold's network. */
  readonly temperatures: readonly number[];
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
    asked: Int32Array.of(...stopping, ...validation),
    fresh: run.fresh ?? false,
  }));
}

function shippedJob(audit: SeedsPlan, config: Config, folds: readonly StoredFit[]): FitJob {
  const { plan, symbol, run } = audit;
  const { boundaryMs } = plan.development;
  return {
    config,
    part: partOf(audit, config, 'shipped base model'),
    name: `${symbol.symbol}-shipped`,
    symbols: [
      { ...symbol, train: plan.shipped, stopping: new Int32Array(0) },
      ...companionsOf(audit, boundaryMs),
    ],
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
  const networks = folds.map((fit, k) => networkOf(data, config, plan.folds[k]!, fit));
  const outOfFold = outOfFoldOf(data, config, plan, { folds, networks });
  // The shipped network has learned from all that could judge it: it takes the folds' mean.
  const logs = networks.map(({ temperature }) => Math.log(temperature));
  const temperature = Math.exp(logs.reduce((a, b) => a + b, 0) / logs.length);
  const network = { classWeights: config.base.classWeights, temperature };
  const { signal, onRound } = run;
  const { auditor, rounds } = await trainAuditor({ config, signal, onRound }, data, {
    outOfFold,
    rows: plan.auditor,
  });
  const { scores, ...judge } = calibrateJudge({ config, auditor, network }, data, {
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
      calibration: { network, audited, base },
      temperatures: networks.map((each) => each.temperature),
      bestEpochs: folds.map(({ training }) => training.best.epoch),
      shippedEpochs: shipped.training.epochs.length,
    },
  };
}

/** A fold's network is calibrated on the rows that stopped its training, all of them before those that it is asked about. */
function networkOf(
  data: LabelledBars,
  { base: { classWeights } }: Config,
  { stopping }: Fold,
  { probabilities }: StoredFit,
): NetworkCalibration {
  const temperature = networkTemperature(
    {
      probabilities: probabilities.subarray(0, stopping.length * CLASS_COUNT),
      labels: labelsAt(data, stopping),
      independent: independentOutcomes(data, stopping),
    },
    classWeights,
  );
  return { classWeights, temperature };
}

function outOfFoldOf(
  data: LabelledBars,
  config: Config,
  plan: AuditPlan,
  {
    folds,
    networks,
  }: { readonly folds: readonly StoredFit[]; readonly networks: readonly NetworkCalibration[] },
): OutOfFold {
  const positions = plan.outOfFold;
  const asked = folds.map(({ probabilities }, k) =>
    probabilities.subarray(plan.folds[k]!.stopping.length * CLASS_COUNT),
  );
  const softmax = joined(asked);
  const probabilities = joined(asked.map((each, k) => networkProbabilities(each, networks[k]!)));
  const meta = metaFeatures({
    probabilities,
    features: data.bars.features,
    featureNames: data.bars.featureNames,
    rows: positions.map((position) => data.rows[position]!),
    sequenceLength: config.base.sequenceLength,
    set: config.auditor.features,
  });
  return { positions, softmax, probabilities, meta };
}

function joined(parts: readonly Float64Array[]): Float64Array {
  const whole = new Float64Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Of whole numbers; the lower of the two middle ones. */
function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)]!;
}
