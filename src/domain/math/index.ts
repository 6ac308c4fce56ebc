export * from './cholesky.ts';
export * from './combinations.ts';
export * from './confusion.ts';
export * from './normal.ts';
export * from './quantile.ts';
export * from './softmax.ts';
export * from './symmetric-eigen.ts';
