/** The auditor: boosted trees on what base models said of rows that they had not seen. */
import { CLASS_COUNT } from '../../domain/core/index.ts';
import { metaFeatureNames } from '../../domain/features/index.ts';
import { averageUniqueness } from '../../domain/validation/index.ts';
import { trainBoosting } from '../../learning/boosting/index.ts';
import type {
  BoostedTrees,
  BoostingParameters,
  BoostingRound,
  LabelledRows,
} from '../../learning/boosting/index.ts';
import { auditorMargins } from '../../learning/models/index.ts';
import type { AuditorRecipe, Config } from '../config.ts';
import type { LabelledBars } from '../labelled-bars.ts';
import { type AuditorRows, labelsAt } from './audit-plan.ts';

/** What the auditor is shown of each out-of-fold row. */
export interface OutOfFold {
  /** Positions in `data.rows`, ascending. */
  readonly positions: Int32Array;
  /** `[positions × 3]` the networks' softmax. */
  readonly softmax: Float64Array;
  /** `[positions × 3]` what became of it by each network's own calibration: what the auditor is shown. */
  readonly probabilities: Float64Array;
  /** `[positions × inputs]` */
  readonly meta: Float64Array;
}

interface AuditorTraining {
  readonly config: Config;
  readonly signal: AbortSignal;
  readonly onRound?: ((round: BoostingRound) => void) | undefined;
}

/**
 * How many rounds is decided on the latest, purged part of the rows; then all of them are learned from. No round at all, for
 * an auditor that begins at its base model, says that it knows nothing better.
 */
export async function trainAuditor(
  { config, signal, onRound }: AuditorTraining,
  data: LabelledBars,
  { outOfFold, rows }: { readonly outOfFold: OutOfFold; readonly rows: AuditorRows },
): Promise<{ readonly auditor: BoostedTrees; readonly rounds: number }> {
  const weightsOf = rowWeights(data, config.auditor);
  const learn = (chosen: Int32Array): LabelledRows => ({
    features: rowsOf(outOfFold.positions, outOfFold.meta, chosen),
    labels: labelsAt(data, chosen),
    weights: weightsOf(chosen),
    ...(config.auditor.start === 'base' && {
      margins: auditorMargins(rowsOf(outOfFold.positions, outOfFold.probabilities, chosen)),
    }),
  });
  const common = {
    featureNames: metaFeatureNames(data.bars.featureNames, config.auditor.features),
    seed: config.seed,
    signal,
  };
  const searched = await trainBoosting({
    ...common,
    ...learn(rows.search),
    validation: learn(rows.stopping),
    parameters: boostingParameters(config.auditor),
    ...(onRound === undefined ? {} : { onRound }),
  });
  const rounds = searched.trees.length / CLASS_COUNT;
  if (rounds === 0) return { auditor: searched, rounds };
  const auditor = await trainBoosting({
    ...common,
    ...learn(rows.all),
    parameters: { ...boostingParameters(config.auditor), rounds, earlyStoppingRounds: 0 },
  });
  return { auditor, rounds };
}

/** Rows of a `[positions × width]` table; `chosen` are among the positions. */
export function rowsOf(positions: Int32Array, table: Float64Array, chosen: Int32Array): Float64Array {
  const width = table.length / positions.length;
  // Folds follow each other in time, so that their positions run on without a hole.
  const first = positions[0]!;
  const rows = new Float64Array(chosen.length * width);
  chosen.forEach((position, i) => {
    rows.set(table.subarray((position - first) * width, (position - first + 1) * width), i * width);
  });
  return rows;
}

/** Uniqueness among the very rows that are learned from: those after them are not known. */
function rowWeights(
  data: LabelledBars,
  { uniqueness, classWeights }: AuditorRecipe,
): (chosen: Int32Array) => Float64Array {
  const { timeMs, labelEndMs } = data.spans;
  return (chosen) => {
    const at = (values: Float64Array): Float64Array => Float64Array.from(chosen, (i) => values[i]!);
    const spans = { timeMs: at(timeMs), labelEndMs: at(labelEndMs) };
    const unique = uniqueness ? averageUniqueness(spans) : new Float64Array(chosen.length).fill(1);
    const labels = labelsAt(data, chosen);
    return unique.map((weight, i) => weight * classWeights[labels[i]!]!);
  };
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
