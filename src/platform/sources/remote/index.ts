export type { Arrival, FetchedFile } from './arrival.ts';
export { type BybitArchiveRange, planBybitArchive } from './bybit-archive.ts';
export type { Verification } from './download-outcome.ts';
export { fetchInputs, type FetchOptions, type FetchProgress } from './fetch-inputs.ts';
export { type PlannedInput, planInputs, type PlanOptions } from './input-plan.ts';
export type { HttpLimits, Network } from './network.ts';
export type { Rclone, RcloneOptions } from './rclone.ts';
export type { RemoteVersion, WholeVersion } from './remote-version.ts';
