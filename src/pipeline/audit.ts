/**
 * `audit`: purged walk-forward of the base model's recipe, the auditor on its out-of-fold predictions, and the shipped
 * base model retrained by the same recipe on all development data. The test period stays closed here.
 * Source of the protocol: QuantGod (reference §4); López de Prado, Advances in Financial Machine Learning, chapter 7.
 */
import { CLASS_COUNT, MINUTE_MS } from '../domain/core/index.ts';
import { featureSetOfModel, META_FEATURES, metaFeatureNames } from '../domain/features/index.ts';
import { purgedTail, walkForwardFolds } from '../domain/validation/index.ts';
import type { Fold } from '../domain/validation/index.ts';
import { boostingToXgboostJson, trainBoosting } from '../learning/boosting/index.ts';
import type {
  BoostedTrees,
  BoostingParameters,
  BoostingRound,
  LabelledRows,
} from '../learning/boosting/index.ts';
import { auditorInput, BaseModel } from '../learning/models/index.ts';
import { loadModel, saveModel, trainingDataOf } from '../platform/storage/index.ts';
import type { StoredModel } from '../platform/storage/index.ts';
import { manifestDraft, modelReference } from './artifacts.ts';
import type { RunRequest } from './artifacts.ts';
import { parseConfig } from './config.ts';
import type { AuditorRecipe, Config } from './config.ts';
import { readLabelledBars } from './labelled-bars.ts';
import type { LabelledBars } from './labelled-bars.ts';
import { companionRows } from './symbol-rows.ts';
import type { SymbolBars, SymbolRows } from './symbol-rows.ts';
import { developmentSplit, fitBase, summariseTraining } from './train-base.ts';
import type { TrainingObserver, TrainingSummary } from './train-base.ts';

export interface AuditRequest extends RunRequest, TrainingObserver {
  /** The base model whose recipe is audited: `name` or `name@version`. */
  readonly model: string;
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
  readonly folds: readonly FoldSummary[];
  readonly oofRows: number;
  readonly auditorRounds: number;
}

export async function audit(request: AuditRequest): Promise<AuditOutcome> {
  const base = await loadModel(request.config.dataDir, request.model);
  const config = recipeOf(base, request.config);
  const run = { ...request, config };
  const { label: definition, name } = base.manifest;
  const { venue, symbol, companions: others = [] } = trainingDataOf(base.manifest);
  const read = async (each: string): Promise<SymbolBars> => ({
    symbol: each,
    data: await readLabelledBars({ dataDir: config.dataDir, venue, symbol: each }, definition, {
      sequenceLength: config.base.sequenceLength,
      featureSet: config.features,
    }),
  });
  const { data } = await read(symbol);
  const companions: SymbolBars[] = [];
  for (const other of others) companions.push(await read(other.symbol));
  const development = developmentSplit(data, config);
  const embargoMs = config.validation.embargoMinutes * MINUTE_MS;
  const plan = walkForwardFolds({
    spans: data.spans,
    rows: development.before,
    folds: config.validation.folds,
    embargoMs,
    stoppingShare: config.validation.stopShare,
  });
  const folds: FoldResult[] = [];
  for (const [k, fold] of plan.entries()) {
    const rows = [
      { symbol, data, train: fold.train, stopping: fold.stopping },
      ...companionRows(companions, fold.stoppingStartMs, embargoMs),
    ];
    folds.push(await predictFold(run, rows, { fold, number: k + 1, of: plan.length }));
  }
  const { auditor, rounds } = await trainAuditor(run, data, { folds, embargoMs });
  const known = companionRows(companions, development.boundaryMs, embargoMs);
  const target = { symbol, data, train: development.before, stopping: new Int32Array(0) };
  const shipped = await fitBase(run, [target, ...known], {
    part: 'shipped base model',
    lastEpoch: median(folds.map(({ summary }) => summary.training.best.epoch)),
  });
  const outcome = {
    folds: folds.map(({ summary }) => summary),
    oofRows: folds.reduce((sum, { positions }) => sum + positions.length, 0),
    auditorRounds: rounds,
  };
  const facts = {
    kind: 'audited',
    name,
    venue,
    symbol,
    definition,
    data,
    usedRows: development.before,
    companions: known.map((each) => ({ symbol: each.symbol, data: each.data, usedRows: each.train })),
  } as const;
  const metrics = { recipeFrom: modelReference(base), training: summariseTraining(shipped), ...outcome };
  const stored = await saveModel(config.dataDir, manifestDraft(run, { ...facts, metrics }), {
    'model.onnx': shipped.onnx,
    'auditor.json': Buffer.from(boostingToXgboostJson(auditor)),
  });
  return { stored, ...outcome };
}

/** The recipe is the model's; where and how to run it, and how to audit it, are this run's. */
function recipeOf({ manifest, folder }: StoredModel, config: Config): Config {
  const stored = parseConfig(manifest.config, (field) => `${folder}/manifest.json: config.${field}`);
  const features = featureSetOfModel(manifest).name;
  return { ...config, features, base: stored.base, label: stored.label };
}

interface FoldResult {
  /** Positions in `data.rows`, and the base model's out-of-fold view of each. */
  readonly positions: Int32Array;
  /** `[positions × 14]` */
  readonly meta: Float64Array;
  readonly summary: FoldSummary;
}

/** @param rows the symbol that is judged first, then its companions */
async function predictFold(
  run: AuditRequest,
  rows: readonly SymbolRows[],
  { fold, number, of }: { readonly fold: Fold; readonly number: number; readonly of: number },
): Promise<FoldResult> {
  const { data } = rows[0]!;
  const trained = await fitBase(run, rows, { part: `fold ${number} of ${of}` });
  const model = await BaseModel.load(trained.onnx, { threads: run.config.threads });
  try {
    const judged = fold.validation.map((position) => data.rows[position]!);
    const { features } = data.bars;
    const probabilities = await model.scoreRows(features, judged);
    return {
      positions: fold.validation,
      meta: auditorInput(model, { probabilities, features, rows: judged }),
      summary: {
        fold: number,
        trainRows: fold.train.length,
        stoppingRows: fold.stopping.length,
        validationRows: fold.validation.length,
        purged: fold.purged,
        validationFromMs: fold.validationStartMs,
        validationToMs: fold.validationEndMs,
        training: summariseTraining(trained),
      },
    };
  } finally {
    await model.release();
  }
}

/** How many rounds is decided on the latest, purged part of the out-of-fold rows; then all of them are learned from. */
async function trainAuditor(
  { config, signal, onRound }: AuditRequest,
  data: LabelledBars,
  { folds, embargoMs }: { readonly folds: readonly FoldResult[]; readonly embargoMs: number },
): Promise<{ readonly auditor: BoostedTrees; readonly rounds: number }> {
  const width = META_FEATURES.length;
  const positions = Int32Array.from(folds.flatMap((fold) => [...fold.positions]));
  const meta = Float64Array.from(folds.flatMap((fold) => [...fold.meta]));
  // Folds follow each other in time, so that their positions run on without a hole.
  const first = positions[0]!;
  const rowsOf = (chosen: Int32Array): LabelledRows => {
    const features = new Float64Array(chosen.length * width);
    chosen.forEach((position, i) => {
      features.set(meta.subarray((position - first) * width, (position - first + 1) * width), i * width);
    });
    return { features, labels: chosen.map((position) => data.labels.label[data.rows[position]!]!) };
  };
  const { before, after } = purgedTail({
    spans: data.spans,
    rows: positions,
    share: config.validation.stopShare,
    embargoMs,
  });
  const common = { featureNames: metaFeatureNames(data.bars.featureNames), seed: config.seed, signal };
  const searched = await trainBoosting({
    ...common,
    ...rowsOf(before),
    validation: rowsOf(after),
    parameters: boostingParameters(config.auditor),
    ...(onRound === undefined ? {} : { onRound }),
  });
  const rounds = searched.trees.length / CLASS_COUNT;
  const auditor = await trainBoosting({
    ...common,
    ...rowsOf(positions),
    parameters: { ...boostingParameters(config.auditor), rounds, earlyStoppingRounds: 0 },
  });
  return { auditor, rounds };
}

const boostingParameters = (recipe: AuditorRecipe): Partial<BoostingParameters> => ({
  objective: 'multi:softprob',
  classes: CLASS_COUNT,
  rounds: recipe.rounds,
  maxDepth: recipe.maxDepth,
  eta: recipe.learningRate,
  subsample: recipe.subsample,
  columnSampleByTree: recipe.columnSample,
  minChildWeight: recipe.minChildWeight,
  alpha: recipe.alpha,
  lambda: recipe.lambda,
  earlyStoppingRounds: recipe.earlyStoppingRounds,
});

/** Of whole numbers; the lower of the two middle ones. */
function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)]!;
}
