export * from './ingest-funding.ts';
export * from './read-instrument.ts';
export { type FundingMonth, type FundingRange, readFunding, type StoredFunding } from './stored-funding.ts';
