/**
 * `audit`: purged walk-forward of the base model's recipe, the auditor on its out-of-fold predictions, calibration on
 * rows that neither has seen, and the shipped base model retrained by the same recipe on all development data. The
 * test period stays closed here.
 * Source of the protocol: QuantGod (reference §4); López de Prado, Advances in Financial Machine Learning, chapter 7.
 */
import { MINUTE_MS } from '../domain/core/index.ts';
import { featureSetOfModel, metaFeatures } from '../domain/features/index.ts';
import { boostingToXgboostJson } from '../learning/boosting/index.ts';
import type { BoostingRound } from '../learning/boosting/index.ts';
import { loadModel, saveModel, trainingDataOf } from '../platform/storage/index.ts';
import type { StoredModel } from '../platform/storage/index.ts';
import { manifestDraft, modelReference } from './artifacts.ts';
import type { RunRequest } from './artifacts.ts';
import { type AuditPlan, planAudit } from './audit/audit-plan.ts';
import { calibrateJudge, type CalibratedJudge } from './audit/calibrate-judge.ts';
import type { FitJob } from './audit/fit.ts';
import type { StoredFit } from './audit/fit-store.ts';
import { type FitsPlan, runFits, sizeFits } from './audit/run-fits.ts';
import { type OutOfFold, trainAuditor } from './audit/train-auditor.ts';
import { encodeOutOfFold, OUT_OF_FOLD_FILE } from './evaluate/out-of-fold-file.ts';
import { parseConfig } from './config.ts';
import type { Config } from './config.ts';
import { readLabelledBars } from './labelled-bars.ts';
import type { LabelledBars } from './labelled-bars.ts';
import { type CalibrationFile, judgeFileName } from './live/index.ts';
import { companionRows } from './symbol-rows.ts';
import type { SymbolBars } from './symbol-rows.ts';
import type { TrainingObserver, TrainingSummary } from './train-base.ts';

export interface AuditRequest extends RunRequest, TrainingObserver {
  /** The base model whose recipe is audited: `name` or `name@version`. */
  readonly model: string;
  /** How often the whole recipe is repeated, with seeds one after the other; the first is shipped. Default 1. */
  readonly seeds?: number | undefined;
  /** Trainings at once, each on a thread of its own; default: threads of the machine by those of the engine. */
  readonly workers?: number | undefined;
  /** Ignores what an interrupted or an earlier audit of the same left. */
  readonly fresh?: boolean | undefined;
  readonly onRound?: (round: BoostingRound) => void;
}

export interface FoldSummary {
  readonly fold: number;
  readonly trainRows: number;
  readonly stoppingRows: number;
  readonly validationRows: number;
  readonly purged: number;
  readonly validationFromMs: number;
  readonly validationToMs: number;
  readonly training: TrainingSummary;
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

export interface AuditOutcome {
  readonly stored: StoredModel;
  /** Of the first seed. */
  readonly folds: readonly FoldSummary[];
  readonly oofRows: number;
  readonly auditorRounds: number;
  readonly seeds: readonly SeedSummary[];
}

/** Everything that the seeds share. */
interface Audit {
  readonly request: AuditRequest;
  readonly plan: AuditPlan;
  readonly symbol: SymbolBars;
  readonly companions: readonly SymbolBars[];
  /** The first seed's; of the others only the seed differs. */
  readonly config: Config;
  readonly fits: FitsPlan;
}

export async function audit(request: AuditRequest): Promise<AuditOutcome> {
  const base = await loadModel(request.config.dataDir, request.model);
  const recipe = recipeOf(base, request.config);
  const { label: definition, name } = base.manifest;
  const { venue, symbol, companions: others = [] } = trainingDataOf(base.manifest);
  const read = async (each: string): Promise<SymbolBars> => {
    const data = await readLabelledBars({ dataDir: recipe.dataDir, venue, symbol: each }, definition, {
      sequenceLength: recipe.base.sequenceLength,
      featureSet: recipe.features,
    });
    return { symbol: each, data: shared(data) };
  };
  const target = await read(symbol);
  const { data } = target;
  const companions: SymbolBars[] = [];
  for (const other of others) companions.push(await read(other.symbol));
  const plan = planAudit(data, recipe);
  const bars = [target, ...companions].reduce((sum, each) => sum + each.data.bars.rows, 0);
  const features = data.bars.featureNames.length;
  const { config, workers } = sizeFits(recipe, request.workers, { bars, features });
  const fits: FitsPlan = { ...request, workers };
  const all: Audit = { request, plan, symbol: target, companions, config, fits };

  const seeds = await auditSeeds(all);
  const [first] = seeds;
  const outcome = {
    folds: plan.folds.map((fold, k): FoldSummary => ({
      fold: k + 1,
      trainRows: fold.train.length,
      stoppingRows: fold.stopping.length,
      validationRows: fold.validation.length,
      purged: fold.purged,
      validationFromMs: fold.validationStartMs,
      validationToMs: fold.validationEndMs,
      training: first!.folds[k]!.training,
    })),
    oofRows: plan.outOfFold.length,
    auditorRounds: first!.summary.auditorRounds,
    seeds: seeds.map(({ summary }) => summary),
  };
  const facts = {
    kind: 'audited',
    name,
    venue,
    symbol,
    definition,
    data,
    usedRows: plan.development.before,
    companions: companionsOf(all, plan.development.boundaryMs).map(({ train, ...rest }) => ({
      ...rest,
      usedRows: train,
    })),
    metrics: { recipeFrom: modelReference(base), training: first!.shipped.training, ...outcome },
  } as const;
  const files: Record<string, Uint8Array> = Object.fromEntries(
    seeds.flatMap(({ auditorJson, shipped, calibration, conformal }, judge) => [
      [judgeFileName(judge, 'model.onnx'), shipped.onnx],
      [judgeFileName(judge, 'auditor.json'), Buffer.from(auditorJson)],
      [judgeFileName(judge, 'calibration.json'), jsonBytes(calibration)],
      [judgeFileName(judge, 'conformal.json'), jsonBytes(conformal)],
    ]),
  );
  files[OUT_OF_FOLD_FILE] = encodeOutOfFold(first!.outOfFold);
  const draft = manifestDraft({ ...request, config }, facts);
  return { stored: await saveModel(config.dataDir, draft, files), ...outcome };
}

const jsonBytes = (value: unknown): Buffer => Buffer.from(`${JSON.stringify(value)}\n`);

/** The recipe is the model's; where and how to run it, and how to audit it, are this run's. */
function recipeOf({ manifest, folder }: StoredModel, config: Config): Config {
  const stored = parseConfig(manifest.config, (field) => `${folder}/manifest.json: config.${field}`);
  const features = featureSetOfModel(manifest).name;
  return { ...config, features, base: stored.base, label: stored.label };
}

/** With its features in memory that threads share. */
function shared(data: LabelledBars): LabelledBars {
  const { features } = data.bars;
  const own = new Float64Array(new SharedArrayBuffer(features.byteLength));
  own.set(features);
  return { ...data, bars: { ...data.bars, features: own } };
}

interface AuditedSeed extends Pick<CalibratedJudge, 'calibration' | 'conformal'> {
  readonly summary: SeedSummary;
  readonly auditorJson: string;
  readonly outOfFold: OutOfFold;
  readonly folds: readonly StoredFit[];
  readonly shipped: StoredFit;
}

async function auditSeeds(audit: Audit): Promise<readonly AuditedSeed[]> {
  const { request, plan, config, fits } = audit;
  const configs = Array.from({ length: request.seeds ?? 1 }, (_, k) => ({
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

const partOf = ({ request }: Audit, config: Config, part: string): string =>
  (request.seeds ?? 1) > 1 ? `seed ${config.seed}, ${part}` : part;

const companionsOf = ({ companions, config }: Pick<Audit, 'companions' | 'config'>, boundaryMs: number) =>
  companionRows(companions, boundaryMs, config.validation.embargoMinutes * MINUTE_MS);

function foldJobs(audit: Audit, config: Config): readonly FitJob[] {
  const { plan, symbol, request } = audit;
  return plan.folds.map(({ train, stopping, validation, stoppingStartMs }, k) => ({
    config,
    part: partOf(audit, config, `fold ${k + 1} of ${plan.folds.length}`),
    name: `${symbol.symbol}-fold-${k + 1}`,
    symbols: [{ ...symbol, train, stopping }, ...companionsOf(audit, stoppingStartMs)],
    asked: validation,
    fresh: request.fresh ?? false,
  }));
}

function shippedJob(audit: Audit, config: Config, folds: readonly StoredFit[]): FitJob {
  const { plan, symbol, request } = audit;
  const { before, boundaryMs } = plan.development;
  return {
    config,
    part: partOf(audit, config, 'shipped base model'),
    name: `${symbol.symbol}-shipped`,
    symbols: [{ ...symbol, train: before, stopping: new Int32Array(0) }, ...companionsOf(audit, boundaryMs)],
    lastEpoch: median(folds.map(({ training }) => training.best.epoch)),
    asked: null,
    fresh: request.fresh ?? false,
  };
}

async function judgeOf(
  { plan, symbol: { data }, request }: Audit,
  config: Config,
  { folds, shipped }: Pick<AuditedSeed, 'folds' | 'shipped'>,
): Promise<AuditedSeed> {
  const outOfFold = outOfFoldOf(data, config, plan, folds);
  const { signal, onRound } = request;
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
