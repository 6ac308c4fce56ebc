import { Booster } from './booster.ts';
import { Crew } from './crew.ts';
import { predictBlocks } from './predict.ts';
import type { BoostingWork } from './threads.ts';

/** The work of a thread that assists; returns when the caller's thread ends it. */
export function assistBoosting(work: BoostingWork): void {
  const crew = Crew.join(work.control, work.threads);
  try {
    if (work.kind === 'training') {
      const booster = new Booster(work, crew);
      while (crew.continues()) booster.round();
    } else {
      predictBlocks(work, crew);
    }
  } catch (error) {
    crew.dismiss();
    throw error;
  }
}
