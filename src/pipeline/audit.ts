/**
 * `audit`: purged walk-forward of the base model's recipe, the auditor on its out-of-fold predictions, calibration on
 * rows that neither has seen, and the shipped base model retrained by the same recipe on all development data. The
 * test period stays closed here.
 * Source of the protocol: QuantGod (reference §4); López de Prado, Advances in Financial Machine Learning, chapter 7.
 */
import { featureSetOfModel } from '../domain/features/index.ts';
import type { BoostingRound } from '../learning/boosting/index.ts';
import { loadModel, saveModel, trainingDataOf } from '../platform/storage/index.ts';
import type { ModelFiles, StoredModel } from '../platform/storage/index.ts';
import { manifestDraft, modelReference } from './artifacts.ts';
import type { RunRequest } from './artifacts.ts';
import { type AuditPlan, planAudit } from './audit/audit-plan.ts';
import { auditSeeds, companionsOf } from './audit/audit-seeds.ts';
import type { AuditedSeed, SeedsPlan, SeedSummary } from './audit/audit-seeds.ts';
import type { StoredFit } from './audit/fit-store.ts';
import { type FitsPlan, sizeFits } from './audit/run-fits.ts';
import { parseConfig } from './config.ts';
import type { Config } from './config.ts';
import { encodeOutOfFold, OUT_OF_FOLD_FILE } from './evaluate/out-of-fold-file.ts';
import { readLabelledBars } from './labelled-bars.ts';
import type { LabelledBars } from './labelled-bars.ts';
import { judgeFileName } from './live/index.ts';
import type { SymbolBars } from './symbol-rows.ts';
import type { TrainingObserver, TrainingSummary } from './train-base.ts';

export type { SeedSummary } from './audit/audit-seeds.ts';

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

export interface AuditOutcome {
  readonly stored: StoredModel;
  /** Of the first seed. */
  readonly folds: readonly FoldSummary[];
  readonly oofRows: number;
  readonly auditorRounds: number;
  readonly seeds: readonly SeedSummary[];
}

export async function audit(request: AuditRequest): Promise<AuditOutcome> {
  const base = await loadModel(request.config.dataDir, request.model);
  const recipe = recipeOf(base, request.config);
  const { label: definition, name } = base.manifest;
  const { venue, symbol, companions: others = [] } = trainingDataOf(base.manifest);
  const [target, ...companions] = await readSymbols(recipe, base, [symbol, ...others.map((o) => o.symbol)]);
  const { data } = target!;
  const plan = planAudit(data, recipe);
  const bars = [target!, ...companions].reduce((sum, each) => sum + each.data.bars.rows, 0);
  const features = data.bars.featureNames.length;
  const { config, workers } = sizeFits(recipe, request.workers, { bars, features });
  const fits: FitsPlan = { ...request, workers };
  const all: SeedsPlan = { run: request, plan, symbol: target!, companions, config, fits };

  const seeds = await auditSeeds(all);
  const [first] = seeds;
  const outcome = {
    folds: foldSummaries(plan, first!.folds),
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
    usedRows: plan.shipped,
    companions: companionsOf(all, plan.development.boundaryMs).map(
      ({ symbol: other, data: theirs, train }) => ({
        symbol: other,
        data: theirs,
        usedRows: train,
      }),
    ),
    metrics: { recipeFrom: modelReference(base), training: first!.shipped.training, ...outcome },
  } as const;
  const draft = manifestDraft({ ...request, config }, facts);
  return { stored: await saveModel(config.dataDir, draft, filesOf(seeds)), ...outcome };
}

/** The symbol that is audited, then its companions. */
async function readSymbols(
  { dataDir, base, features }: Config,
  { manifest }: StoredModel,
  symbols: readonly string[],
): Promise<readonly SymbolBars[]> {
  const { venue } = trainingDataOf(manifest);
  const input = { sequenceLength: base.sequenceLength, featureSet: features };
  const read: SymbolBars[] = [];
  for (const symbol of symbols) {
    const data = await readLabelledBars({ dataDir, venue, symbol }, manifest.label, input);
    read.push({ symbol, data: shared(data) });
  }
  return read;
}

const foldSummaries = (plan: AuditPlan, fits: readonly StoredFit[]): readonly FoldSummary[] =>
  plan.folds.map((fold, k) => ({
    fold: k + 1,
    trainRows: fold.train.length,
    stoppingRows: fold.stopping.length,
    validationRows: fold.validation.length,
    purged: fold.purged,
    validationFromMs: fold.validationStartMs,
    validationToMs: fold.validationEndMs,
    training: fits[k]!.training,
  }));

/** Of the artifact: four a seed, and the first seed's out-of-fold predictions. */
function filesOf(seeds: readonly AuditedSeed[]): ModelFiles {
  const files = seeds.flatMap(
    ({ auditorJson, shipped, calibration, conformal }, judge): [string, Uint8Array][] => [
      [judgeFileName(judge, 'model.onnx'), shipped.onnx],
      [judgeFileName(judge, 'auditor.json'), Buffer.from(auditorJson)],
      [judgeFileName(judge, 'calibration.json'), jsonBytes(calibration)],
      [judgeFileName(judge, 'conformal.json'), jsonBytes(conformal)],
    ],
  );
  return { ...Object.fromEntries(files), [OUT_OF_FOLD_FILE]: encodeOutOfFold(seeds[0]!.outOfFold) };
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
