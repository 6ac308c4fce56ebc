export * from './import-candles.ts';
export * from './ingest-candles.ts';
export type * from './manifest.ts';
export type * from './options.ts';
export type * from './result.ts';
export * from './stored-candles.ts';
