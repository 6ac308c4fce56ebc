export * from './rehearse.ts';
export { REHEARSAL_DEFAULTS, type RehearsalRequest } from './request.ts';
export * from './write-rehearsal.ts';
