export * from './calibration.ts';
export type { ScoredLabels } from './loss.ts';
export * from './network.ts';
