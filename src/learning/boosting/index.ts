export { featureImportance, type FeatureImportance } from './importance.ts';
export type { BoostedTrees, Tree } from './model.ts';
export { DEFAULT_BOOSTING, type BoostingObjective, type BoostingParameters } from './parameters.ts';
export { predictBoosting } from './predict.ts';
export { trainBoosting, type BoostingRound, type BoostingTraining, type LabelledRows } from './train.ts';
export { boostingFromXgboostJson } from './xgboost-reader.ts';
export { boostingToXgboostJson } from './xgboost-writer.ts';
