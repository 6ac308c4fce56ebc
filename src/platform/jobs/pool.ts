/**
 * Jobs on worker threads: in order of their list, at most `workers` at a time, cancelled cleanly. A job must be
 * repeatable: one whose thread dies is done again, once.
 *
 * Node's own threads rather than tinypool, whose tasks never settle when their thread exits (seen with 2.2.0).
 */
import { Worker, parentPort } from 'node:worker_threads';
import { InvariantError, invariant } from '../../domain/core/index.ts';

export interface PoolOptions<Job, News> {
  /** A module that calls {@link serveJobs}. */
  readonly module: URL;
  /** Plain data: they are copied to the threads. */
  readonly jobs: readonly Job[];
  readonly workers: number;
  readonly signal?: AbortSignal | undefined;
  /** News that a job sends while it runs. */
  readonly onNews?: ((job: number, news: News) => void) | undefined;
}

/** From a thread: news, then one result or failure a job. */
type Answer<Result, News> =
  | { readonly kind: 'news'; readonly news: News }
  | { readonly kind: 'result'; readonly result: Result }
  | { readonly kind: 'failure'; readonly error: unknown };

type Order<Job> = { readonly kind: 'job'; readonly job: Job } | { readonly kind: 'abort' };

type Outcome<Result> =
  Exclude<Answer<Result, never>, { kind: 'news' }> | { readonly kind: 'died'; readonly exitCode: number };

const ATTEMPTS = 2;
const NEVER = new AbortController().signal;

/** Results in the order of the jobs. @throws the first failure, or the signal's reason, after all threads have stopped */
export async function runJobs<Job, Result, News = never>(
  options: PoolOptions<Job, News>,
): Promise<readonly Result[]> {
  const { module, jobs, workers, onNews } = options;
  const failure = new AbortController();
  const signal =
    options.signal === undefined ? failure.signal : AbortSignal.any([options.signal, failure.signal]);
  const pool = new JobPool<Job, Result, News>(module);
  const results: Result[] = [];
  const pending = jobs.keys();
  const lane = async (): Promise<void> => {
    try {
      for (const index of pending) {
        signal.throwIfAborted();
        results[index] = await pool.perform(jobs[index]!, {
          signal,
          onNews: (news) => onNews?.(index, news),
        });
      }
    } catch (error) {
      failure.abort(error);
    }
  };
  await Promise.all(Array.from({ length: Math.min(workers, jobs.length) }, lane));
  await pool.close();
  signal.throwIfAborted();
  return results;
}

export interface JobOptions<News> {
  readonly signal?: AbortSignal | undefined;
  readonly onNews?: ((news: News) => void) | undefined;
}

/** Threads for jobs that come one by one: as many as there are jobs at a time, each used again. */
export class JobPool<Job, Result, News = never> {
  readonly #module: URL;
  readonly #threads = new Set<Thread<Job, Result, News>>();
  readonly #idle: Thread<Job, Result, News>[] = [];

  /** @param module that calls {@link serveJobs} */
  constructor(module: URL) {
    this.#module = module;
  }

  /** @throws the job's failure, or the signal's reason when aborted */
  async perform(job: Job, { signal = NEVER, onNews }: JobOptions<News> = {}): Promise<Result> {
    signal.throwIfAborted();
    const thread = this.#idle.pop() ?? new Thread<Job, Result, News>(this.#module);
    this.#threads.add(thread);
    try {
      return await thread.perform(job, signal, (news) => onNews?.(news));
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      this.#idle.push(thread);
    }
  }

  /** Ends the threads; a job still running dies. */
  async close(): Promise<void> {
    await Promise.all([...this.#threads].map((thread) => thread.close()));
  }
}

class Thread<Job, Result, News> {
  readonly #module: URL;
  #worker: Worker | null = null;

  constructor(module: URL) {
    this.#module = module;
  }

  async perform(job: Job, signal: AbortSignal, onNews: (news: News) => void): Promise<Result> {
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.#attempt(job, signal, onNews);
      if (outcome.kind === 'result') return outcome.result;
      if (outcome.kind === 'failure') throw outcome.error;
      signal.throwIfAborted();
      if (attempt === ATTEMPTS) {
        throw new InvariantError(
          `a worker thread died ${ATTEMPTS} times on the same job (exit code ${outcome.exitCode})`,
          {
            code: 'WORKER_DIED',
          },
        );
      }
    }
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  async #attempt(job: Job, signal: AbortSignal, onNews: (news: News) => void): Promise<Outcome<Result>> {
    const worker = (this.#worker ??= new Worker(this.#module));
    const abort = (): void => worker.postMessage({ kind: 'abort' } satisfies Order<Job>);
    const { promise, resolve } = Promise.withResolvers<Outcome<Result>>();
    const onMessage = (answer: Answer<Result, News>): void => {
      if (answer.kind === 'news') onNews(answer.news);
      else resolve(answer);
    };
    const onError = (error: unknown): void => resolve({ kind: 'failure', error });
    const onExit = (exitCode: number): void => {
      this.#worker = null;
      resolve({ kind: 'died', exitCode });
    };
    worker.on('message', onMessage).on('error', onError).on('exit', onExit);
    signal.addEventListener('abort', abort, { once: true });
    try {
      worker.postMessage({ kind: 'job', job } satisfies Order<Job>);
      return await promise;
    } finally {
      signal.removeEventListener('abort', abort);
      worker.off('message', onMessage).off('error', onError).off('exit', onExit);
    }
  }
}

/** The thread's side: performs the jobs that it is given, one after the other. */
export function serveJobs<Job, Result, News = never>(
  perform: (
    job: Job,
    context: { readonly signal: AbortSignal; readonly send: (news: News) => void },
  ) => Promise<Result>,
): void {
  const port = parentPort;
  invariant(port !== null, 'jobs are served on a worker thread');
  const answer = (message: Answer<Result, News>): void => port.postMessage(message);
  let running = new AbortController();
  port.on('message', (order: Order<Job>) => {
    if (order.kind === 'abort') {
      running.abort(new Error('the job was cancelled'));
      return;
    }
    running = new AbortController();
    perform(order.job, { signal: running.signal, send: (news) => answer({ kind: 'news', news }) }).then(
      (result) => answer({ kind: 'result', result }),
      (error: unknown) => answer({ kind: 'failure', error }),
    );
  });
}
