export * from './cycle-events.ts';
export type { CycleSettings } from './cycle-settings.ts';
export type { CycleState } from './cycle-state.ts';
export * from './daily-cycle.ts';
export type { DayRecord } from './day-record.ts';
export { embeddingReference } from './drift.ts';
export { type CyclePorts, drive } from './drive.ts';
export { addTallies, type MoveRule, NO_TALLY, type Tally } from './outcomes.ts';
export { chanceHitRatio, RETRAIN_DEFAULTS, type RetrainPolicy } from './policy.ts';
