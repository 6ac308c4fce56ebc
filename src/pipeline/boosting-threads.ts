import { assistBoosting, type BoostingThreads, type BoostingWork } from '../learning/boosting/index.ts';
import { JobPool, serveJobs } from '../platform/jobs/index.ts';

/** Threads for boosting: started when they are first needed, kept for the next model, ended by {@link close}. */
export class BoostingPool implements BoostingThreads {
  readonly count: number;
  readonly #pool = new JobPool<BoostingWork, null>(new URL('boosting.worker.ts', import.meta.url));

  /** @param threads the caller's own included */
  constructor(threads: number) {
    this.count = threads;
  }

  async assist(work: BoostingWork): Promise<void> {
    await Promise.all(Array.from({ length: this.count - 1 }, () => this.#pool.perform(work)));
  }

  async close(): Promise<void> {
    await this.#pool.close();
  }
}

/** The side of a thread. */
export function serveBoosting(): void {
  serveJobs<BoostingWork, null>((work) =>
    Promise.resolve(work)
      .then(assistBoosting)
      .then(() => null),
  );
}
