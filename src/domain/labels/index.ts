export * from './definition.ts';
export * from './label-bars.ts';
