export { assistBoosting } from './assist.ts';
export { featureImportance, type FeatureImportance } from './importance.ts';
export { type BoostedTrees, needsRowMargins, type Tree } from './model.ts';
export {
  DEFAULT_BOOSTING,
  type BoostingObjective,
  type BoostingParameters,
  type GrowPolicy,
} from './parameters.ts';
export { predictBoosting, predictBoostingOn } from './predict.ts';
export type { BoostingThreads, BoostingWork } from './threads.ts';
export { type PermutationImportance, permutationImportance } from './permutation.ts';
export type { LabelledRows } from './targets.ts';
export { trainBoosting, type BoostingRound, type BoostingTraining } from './train.ts';
export { featureContributions } from './contributions.ts';
export { boostingFromXgboostJson } from './xgboost-reader.ts';
export { boostingToXgboostJson } from './xgboost-writer.ts';
