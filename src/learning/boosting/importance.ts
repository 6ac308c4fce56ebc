import type { BoostedTrees } from './model.ts';

export interface FeatureImportance {
  readonly feature: string;
  /** Mean gain of the splits on the feature, XGBoost's `gain`; 0 without any. */
  readonly gain: number;
  /** Mean sum of second derivatives at those splits, XGBoost's `cover`. */
  readonly cover: number;
  readonly totalGain: number;
  readonly splits: number;
}

/** How much each feature contributed to lowering the training loss, greatest total gain first. */
export function featureImportance({ featureNames, trees }: BoostedTrees): readonly FeatureImportance[] {
  const gains = new Float64Array(featureNames.length);
  const covers = new Float64Array(featureNames.length);
  const splits = new Int32Array(featureNames.length);
  for (const tree of trees) {
    tree.left.forEach((left, node) => {
      if (left < 0) return;
      const feature = tree.feature[node]!;
      gains[feature]! += tree.gain[node]!;
      covers[feature]! += tree.cover[node]!;
      splits[feature]! += 1;
    });
  }
  return featureNames
    .map((feature, i) => ({
      feature,
      gain: splits[i]! > 0 ? gains[i]! / splits[i]! : 0,
      cover: splits[i]! > 0 ? covers[i]! / splits[i]! : 0,
      totalGain: gains[i]!,
      splits: splits[i]!,
    }))
    .sort((a, b) => b.totalGain - a.totalGain);
}
