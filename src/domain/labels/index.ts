export * from './definition.ts';
export * from './label-bars.ts';
export * from './label-candles.ts';
