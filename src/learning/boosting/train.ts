/**
 * Histogram gradient boosting.
 *
 * As XGBoost's `hist`: one tree an output a round on second-order derivatives, quantile bins, missing values with a
 * learned direction, L1 and L2, row and column sampling a tree, early stopping. Bins are exact quantiles of the rows
 * where XGBoost sketches weighted ones, and random draws are our own, so that models agree in quality, not in bits.
 * Same data, parameters and seed give the same model to the bit.
 */
import { DataError, invariant, Random } from '../../domain/core/index.ts';
import { binFeatures, toFloat32Features } from './bins.ts';
import { TreeGrower } from './grower.ts';
import type { BoostedTrees, Tree } from './model.ts';
import { baseMargins, computeGradients, evaluationLoss, type Targets } from './objective.ts';
import {
  type BoostingObjective,
  type BoostingParameters,
  checkBoostingParameters,
  DEFAULT_BOOSTING,
  outputCount,
} from './parameters.ts';
import { drawColumns, drawnColumnCount, RowSampler } from './sampling.ts';
import { addTreeOutput, walkable, type Walkers } from './traversal.ts';

export interface LabelledRows {
  /** `[rows × columns]`, row-major; NaN is a missing value. */
  readonly features: Float64Array;
  /** `[rows]` class numbers from 0, or real values for `reg:squarederror`. */
  readonly labels: ArrayLike<number>;
  /** `[rows]`, default 1 each. */
  readonly weights?: ArrayLike<number>;
}

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
  checkBoostingParameters(parameters);
  const { objective, rounds, earlyStoppingRounds } = parameters;
  const { featureNames, seed, signal } = training;
  const outputs = outputCount(parameters);
  const targets = targetsOf('training', training, featureNames, parameters);
  const base = baseMargins(objective, targets, outputs);
  const booster = new Booster({ training, targets, base, parameters, outputs, seed });
  const judge = training.validation && new Judge(training.validation, featureNames, { base, parameters });

  const trees: Tree[] = [];
  let bestRound = 0;
  let bestLoss = Infinity;
  for (let round = 1; round <= rounds; round++) {
    const grown = booster.round();
    trees.push(...grown);
    const validationLoss = judge?.add(grown) ?? Number.NaN;
    training.onRound?.({ round, rounds, validationLoss });
    if (validationLoss < bestLoss) {
      bestLoss = validationLoss;
      bestRound = round;
    }
    if (judge !== undefined && earlyStoppingRounds > 0 && round - bestRound >= earlyStoppingRounds) break;
    await nextTurn();
    signal?.throwIfAborted();
  }
  const stopped = judge !== undefined && earlyStoppingRounds > 0;
  return {
    objective,
    outputs,
    featureNames,
    baseMargins: base,
    trees: stopped ? trees.slice(0, bestRound * outputs) : trees,
    attributes: stopped ? { best_iteration: String(bestRound - 1), best_score: String(bestLoss) } : {},
  };
}

/** The state of training: margins of the training rows, and what a tree is grown from. */
class Booster {
  readonly #parameters: BoostingParameters;
  readonly #features: Float32Array;
  readonly #columns: number;
  readonly #columnsPerTree: number;
  readonly #targets: Targets;
  readonly #margins: Float32Array;
  readonly #gradients: readonly Float32Array[];
  readonly #grower: TreeGrower;
  readonly #rowSampler: RowSampler;
  readonly #random: Random;

  constructor(options: {
    readonly training: BoostingTraining;
    readonly targets: Targets;
    readonly base: Float32Array;
    readonly parameters: BoostingParameters;
    readonly outputs: number;
    readonly seed: number;
  }) {
    const { training, targets, base, parameters, outputs, seed } = options;
    const rows = targets.weights.length;
    this.#parameters = parameters;
    this.#targets = targets;
    this.#columns = training.featureNames.length;
    this.#columnsPerTree = drawnColumnCount(this.#columns, parameters.columnSampleByTree);
    this.#features = toFloat32Features(training.features, training.featureNames);
    const binned = binFeatures(this.#features, this.#columns, parameters.maxBins);
    this.#margins = repeated(base, rows);
    this.#gradients = Array.from({ length: outputs }, () => new Float32Array(2 * rows));
    this.#grower = new TreeGrower(binned, this.#columnsPerTree, parameters);
    this.#random = Random.fromLabel(seed, 'boosting');
    this.#rowSampler = new RowSampler(rows, parameters.subsample, this.#random);
  }

  /** One tree an output, all on the derivatives at the margins before the round. */
  round(): readonly Tree[] {
    computeGradients(this.#parameters.objective, this.#targets, this.#margins, this.#gradients);
    return this.#gradients.map((gradients, output) => {
      const { drawn, rest } = this.#rowSampler.draw();
      const columns = drawColumns(this.#columns, this.#columnsPerTree, this.#random);
      const { tree, leaves } = this.#grower.grow(gradients, drawn, columns);
      const outputs = this.#gradients.length;
      for (const leaf of leaves) {
        for (let i = leaf.from; i < leaf.to; i++) this.#margins[drawn[i]! * outputs + output]! += leaf.output;
      }
      const walkers = {
        features: this.#features,
        columns: this.#columns,
        rows: rest,
        margins: this.#margins,
        outputs,
      };
      addTreeOutput(walkable(tree), walkers, output);
      return tree;
    });
  }
}

/** Keeps the margins of the validation rows up to date. */
class Judge {
  readonly #objective: BoostingObjective;
  readonly #targets: Targets;
  readonly #walkers: Walkers;

  constructor(
    validation: LabelledRows,
    featureNames: readonly string[],
    { base, parameters }: { readonly base: Float32Array; readonly parameters: BoostingParameters },
  ) {
    this.#objective = parameters.objective;
    this.#targets = targetsOf('validation', validation, featureNames, parameters);
    const rows = this.#targets.weights.length;
    this.#walkers = {
      features: toFloat32Features(validation.features, featureNames),
      columns: featureNames.length,
      rows: Int32Array.from({ length: rows }, (_, row) => row),
      margins: repeated(base, rows),
      outputs: base.length,
    };
  }

  /** The loss after another round's trees. */
  add(trees: readonly Tree[]): number {
    trees.forEach((tree, output) => addTreeOutput(walkable(tree), this.#walkers, output));
    return evaluationLoss(this.#objective, this.#targets, this.#walkers.margins);
  }
}

function targetsOf(
  part: 'training' | 'validation',
  { features, labels, weights }: LabelledRows,
  featureNames: readonly string[],
  { objective, classes }: BoostingParameters,
): Targets {
  const rows = labels.length;
  invariant(
    features.length === rows * featureNames.length && (weights?.length ?? rows) === rows,
    'boosting needs one row of features and one weight a label',
    { part, rows, features: features.length, columns: featureNames.length },
  );
  if (rows === 0) {
    throw new DataError(`boosting needs ${part} rows, and got none`, { code: 'TRAINING_ROWS_MISSING' });
  }
  const classCount = objective === 'multi:softprob' ? classes : 2;
  for (let row = 0; row < rows; row++) {
    const label = labels[row]!;
    const usable =
      objective === 'reg:squarederror'
        ? Number.isFinite(label)
        : Number.isInteger(label) && label >= 0 && label < classCount;
    if (!usable) {
      throw new DataError(`${part} row ${row} has label ${label}, which ${objective} cannot use`, {
        code: 'LABEL_NOT_A_CLASS',
        context: { part, row, label },
      });
    }
    const weight = weights?.[row] ?? 1;
    if (!(weight >= 0 && weight < Infinity)) {
      throw new DataError(`${part} row ${row} has weight ${weight}: weights are finite and not negative`, {
        code: 'WEIGHT_INVALID',
        context: { part, row, weight },
      });
    }
  }
  return {
    labels,
    weights: weights === undefined ? new Float32Array(rows).fill(1) : Float32Array.from(weights),
  };
}

/** `[rows × values.length]` */
function repeated(values: Float32Array, rows: number): Float32Array {
  return new Float32Array(rows * values.length).map((_, i) => values[i % values.length]!);
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
