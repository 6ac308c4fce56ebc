/** Training and prediction by several threads. */
import type { TrainingWork } from './booster.ts';
import { Crew } from './crew.ts';
import type { PredictionWork } from './predict.ts';

/** What threads work on together: plain data, to be posted to them; large arrays lie in shared memory. */
export type BoostingWork = TrainingWork | PredictionWork;

/** Threads that the caller has started; this layer starts none. */
export interface BoostingThreads {
  /** How many there are, the caller's own included. */
  readonly count: number;
  /** Has each thread but the caller's call {@link assistBoosting}; settles when all have returned. */
  assist(work: BoostingWork): Promise<void>;
}

/** Runs `lead` as the leading thread of a crew, which is dismissed afterwards. */
export async function withCrew<T>(
  work: BoostingWork,
  threads: BoostingThreads | undefined,
  lead: (crew: Crew) => Promise<T> | T,
): Promise<T> {
  const crew = Crew.lead(work.control, work.threads);
  if (threads === undefined || threads.count === 1) return await lead(crew);
  const assistance = threads.assist(work);
  try {
    await Promise.race([crew.assembled(), assistance]);
    return await lead(crew);
  } finally {
    crew.dismiss();
    await assistance;
  }
}
