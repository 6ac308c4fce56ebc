export * from './direction.ts';
export * from './errors.ts';
export * from './number-rules.ts';
export * from './random.ts';
export * from './time.ts';
