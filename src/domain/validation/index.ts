export * from './bootstrap.ts';
export * from './calibration-error.ts';
export * from './classification.ts';
export * from './decision.ts';
export { type LabelSpans } from './label-spans.ts';
export * from './walk-forward.ts';
