import { invariant, Random } from '../../domain/core/index.ts';
import type { BoostedTrees } from './model.ts';
import { evaluationLoss } from './objective.ts';
import { predictBoosting } from './predict.ts';
import { type LabelledRows, targetsOf } from './targets.ts';

export interface PermutationImportance {
  readonly feature: string;
  /** How much worse the loss (log loss, or root mean squared error) is with the feature's values shuffled: mean. */
  readonly lossIncrease: number;
  /** Of the increases over the repetitions. */
  readonly standardDeviation: number;
}

/**
 * What the model loses without each feature, greatest first, on rows that it has not been trained on.
 * Source: Breiman, Random Forests (2001), in the form of Fisher, Rudin & Dominici (2019) and scikit-learn's
 * `permutation_importance`.
 *
 * @throws DataError on labels that the model's objective cannot use, or no rows
 */
export function permutationImportance(
  model: BoostedTrees,
  rows: LabelledRows,
  { repeats, seed }: { readonly repeats: number; readonly seed: number },
): readonly PermutationImportance[] {
  const { objective, outputs, featureNames } = model;
  invariant(repeats >= 1, 'features are shuffled at least once', { repeats });
  const targets = targetsOf('evaluation', rows, featureNames, { objective, classes: outputs });
  const lossOf = (features: Float64Array): number =>
    evaluationLoss(objective, targets, predictBoosting(model, features, rows.margins));
  const columns = featureNames.length;
  const loss = lossOf(rows.features);
  const shuffled = rows.features.slice();
  return featureNames
    .map((feature, c) => {
      const random = Random.fromLabel(seed, `permutation of column ${c}`);
      const order = Int32Array.from(targets.weights, (_, row) => row);
      const place = (): void =>
        order.forEach((from, row) => (shuffled[row * columns + c] = rows.features[from * columns + c]!));
      const increases = Array.from({ length: repeats }, () => {
        random.shuffle(order);
        place();
        return lossOf(shuffled) - loss;
      });
      order.sort();
      place();
      const mean = increases.reduce((sum, x) => sum + x, 0) / repeats;
      const variance = increases.reduce((sum, x) => sum + (x - mean) ** 2, 0) / repeats;
      return { feature, lossIncrease: mean, standardDeviation: Math.sqrt(variance) };
    })
    .sort((a, b) => b.lossIncrease - a.lossIncrease);
}
