export * from './class-prior.ts';
export * from './logistic.ts';
