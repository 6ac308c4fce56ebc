export { EXPERIMENT_NAMES, type ExperimentName } from './definitions.ts';
export { EXPERIMENT_DEFAULTS, type ExperimentRequest, runExperiment } from './experiment.ts';
export { type ExperimentMarket, GENERATED_INTERVAL } from './market-data.ts';
export { type ExperimentRecipe, experimentRecipe } from './recipe.ts';
export { type ExperimentOutcome, writeExperiment } from './write-experiment.ts';
