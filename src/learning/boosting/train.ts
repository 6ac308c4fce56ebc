/**
 * Histogram gradient boosting.
 *
 * As XGBoost's `hist`: one tree an output a round on second-order derivatives, quantile bins, missing values with a
 * learned direction, L1 and L2, monotone constraints, row and column sampling a tree, early stopping. Bins are exact
 * quantiles of the rows where XGBoost sketches weighted ones, and random draws are our own, so that models agree in
 * quality, not in bits. Same data, parameters and seed give the same model to the bit, whatever the number of threads.
 */
import { invariant } from '../../domain/core/index.ts';
import { Booster, trainingWork } from './booster.ts';
import { featureColumns, mirroredFeatures } from './features.ts';
import { type BoostedTrees, ROW_MARGINS, type Tree } from './model.ts';
import { baseMargins, evaluationLoss, predictInPlace } from './objective.ts';
import {
  type BoostingParameters,
  checkBoostingParameters,
  DEFAULT_BOOSTING,
  outputCount,
} from './parameters.ts';
import { type LabelledRows, targetsOf } from './targets.ts';
import { type BoostingThreads, withCrew } from './threads.ts';

export interface BoostingRound {
  /** From 1. */
  readonly round: number;
  readonly rounds: number;
  /** Log loss, or root mean squared error, of the validation rows after this round; NaN without such rows. */
  readonly validationLoss: number;
}

export interface BoostingTraining extends LabelledRows {
  readonly featureNames: readonly string[];
  /** Later, purged rows that decide when to stop; without them all rounds are run. */
  readonly validation?: LabelledRows;
  /** What differs from {@link DEFAULT_BOOSTING}. */
  readonly parameters?: Partial<BoostingParameters>;
  readonly seed: number;
  /** Default: the caller's own thread alone. */
  readonly threads?: BoostingThreads | undefined;
  readonly onRound?: (round: BoostingRound) => void;
  /** Stops between two rounds; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * Trains; gives way to other work between rounds.
 *
 * @throws ConfigError on bad parameters; DataError on an infinite feature, a label that is no class, or no rows
 */
export async function trainBoosting(training: BoostingTraining): Promise<BoostedTrees> {
  const parameters: BoostingParameters = { ...DEFAULT_BOOSTING, ...training.parameters };
  const { featureNames, seed, threads, validation } = training;
  checkBoostingParameters(parameters, featureNames.length);
  const { objective } = parameters;
  const outputs = outputCount(parameters);
  const targets = targetsOf('training', training, featureNames, parameters);
  const judged = validation && targetsOf('validation', validation, featureNames, parameters);
  const ownMargins = training.margins !== undefined;
  invariant(
    validation === undefined || ownMargins === (validation.margins !== undefined),
    'either all rows begin at margins of their own, or none',
  );
  const base = ownMargins ? new Float32Array(outputs) : baseMargins(objective, targets, outputs);
  const work = trainingWork({
    parameters,
    threads: threads?.count ?? 1,
    seed,
    columns: featureNames.length,
    features: featureColumns(training.features, featureNames),
    targets,
    base,
    rowMargins: training.margins,
    validation: {
      features: mirroredFeatures(validation?.features ?? new Float64Array(0), featureNames),
      rows: judged?.weights.length ?? 0,
      rowMargins: validation?.margins,
    },
  });
  const validationLoss = (): number => {
    if (judged === undefined) return Number.NaN;
    const predictions = Float64Array.from(work.validation.margins);
    predictInPlace(objective, predictions, outputs);
    return evaluationLoss(objective, judged, predictions);
  };
  const grown = await withCrew(work, threads, async (crew) => {
    const booster = new Booster(work, crew);
    const round = (): readonly Tree[] => {
      crew.meet();
      return booster.round();
    };
    return await runRounds(training, parameters, { round, validationLoss });
  });
  const attributes = { ...grown.attributes, ...(ownMargins && { [ROW_MARGINS]: 'required' }) };
  return { objective, outputs, featureNames, baseMargins: base, trees: grown.trees, attributes };
}

/** Rounds until they are over, or, with validation rows, until patience is; then only those up to the best are kept. */
async function runRounds(
  { validation, onRound, signal }: BoostingTraining,
  { rounds, earlyStoppingRounds }: BoostingParameters,
  steps: { readonly round: () => readonly Tree[]; readonly validationLoss: () => number },
): Promise<Pick<BoostedTrees, 'trees' | 'attributes'>> {
  const trees: (readonly Tree[])[] = [];
  const stopsEarly = validation !== undefined && earlyStoppingRounds > 0;
  let bestRound = 0;
  // Margins of the rows' own are a model already: no tree at all may be best.
  let bestLoss = validation?.margins === undefined ? Infinity : steps.validationLoss();
  for (let round = 1; round <= rounds; round++) {
    trees.push(steps.round());
    const validationLoss = steps.validationLoss();
    onRound?.({ round, rounds, validationLoss });
    if (validationLoss < bestLoss) {
      bestLoss = validationLoss;
      bestRound = round;
    }
    if (stopsEarly && round - bestRound >= earlyStoppingRounds) break;
    await nextTurn();
    signal?.throwIfAborted();
  }
  if (!stopsEarly) return { trees: trees.flat(), attributes: {} };
  return {
    trees: trees.slice(0, bestRound).flat(),
    attributes: {
      ...(bestRound > 0 && { best_iteration: String(bestRound - 1) }),
      best_score: String(bestLoss),
    },
  };
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
