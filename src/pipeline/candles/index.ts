export { type ImportCandlesOptions, importCandles } from './import-candles.ts';
export { ingestCandles } from './ingest-candles.ts';
export type { CandleManifest, CandleSource, RowAccount, StoredGap } from './manifest.ts';
export type { CandleOptions, IngestCandlesOptions } from './options.ts';
export type { CandleResult, CandleShare, FailedMonth } from './result.ts';
export { type CandleRange, loadCandles, type StoredCandles } from './stored-candles.ts';
