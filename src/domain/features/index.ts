export * from './bar.ts';
export * from './segments.ts';
