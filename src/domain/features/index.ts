export * from './archives-to-bars.ts';
export * from './bar.ts';
export * from './book-to-bars.ts';
export * from './feature-sets.ts';
export * from './indicators.ts';
export * from './meta-features.ts';
export * from './minute-bar-builder.ts';
export * from './segments.ts';
export { STATIONARY } from './stationary-features.ts';
