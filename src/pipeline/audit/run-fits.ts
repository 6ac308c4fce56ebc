/** The trainings of an audit: those that an earlier attempt finished are read, the others run side by side. */
import { availableParallelism } from 'node:os';
import { CLASS_COUNT, invariant } from '../../domain/core/index.ts';
import { tcnLstmNetwork } from '../../learning/models/index.ts';
import { describeNetwork, sequencesThatFit, trainingBytes } from '../../learning/neural/index.ts';
import { runJobs } from '../../platform/jobs/index.ts';
import type { Config } from '../config.ts';
import type { TrainingObserver } from '../train-base.ts';
import { type FitAnswer, fitFileOf, type FitJob, type FitNews, fitOf, performFit } from './fit.ts';
import { readFit, type StoredFit } from './fit-store.ts';

export interface FitsPlan extends TrainingObserver {
  readonly workers: number;
  readonly signal: AbortSignal;
}

/** Results in the order of the jobs, the same whatever the number of workers. */
export async function runFits(
  jobs: readonly FitJob[],
  { workers, signal, ...observer }: FitsPlan,
): Promise<readonly StoredFit[]> {
  const fits: StoredFit[] = [];
  const missing: number[] = [];
  for (const [i, job] of jobs.entries()) {
    const file = fitFileOf(job);
    const stored = job.fresh ? 'absent' : await readFit(file);
    if (typeof stored === 'object') {
      fits[i] = stored;
      observer.onNote?.(`${job.part}: trained before, taken from ${file}`);
      continue;
    }
    if (stored === 'damaged') observer.onNote?.(`${job.part}: ${file} is damaged, so it is trained again`);
    missing.push(i);
  }
  const todo = missing.map((i) => jobs[i]!);
  const onNews = (news: FitNews): void => tell(news, observer);
  if (Math.min(workers, todo.length) <= 1) {
    for (const i of missing) fits[i] = fitOf(await performFit(jobs[i]!, { signal, send: onNews }));
    return fits;
  }
  const answers = await runJobs<FitJob, FitAnswer, FitNews>({
    module: new URL('fit.worker.ts', import.meta.url),
    jobs: todo,
    workers,
    signal,
    onNews: (_, news) => onNews(news),
  });
  for (const [k, i] of missing.entries()) fits[i] = fitOf(answers[k]!);
  return fits;
}

function tell(news: FitNews, { onEpoch, onStep, onNote }: TrainingObserver): void {
  switch (news.kind) {
    case 'epoch':
      return onEpoch?.(...news.report);
    case 'step':
      return onStep?.(news.part, news.step);
    case 'note':
      return onNote?.(news.text);
  }
}

export interface FitSizes {
  /** The recipe, with the sequences at once that fit into memory where not all of a batch do. */
  readonly config: Config;
  readonly workers: number;
}

/**
 * How many trainings run at once, and how many sequences each has in memory. The latter is decided as if each ran alone,
 * so that the number of workers changes no result; it is the workers that give way.
 * @param workers asked for; default: threads of the machine by those of the engine
 */
export function sizeFits(
  config: Config,
  workers: number | undefined,
  data: { readonly bars: number; readonly features: number },
): FitSizes {
  const { base } = config;
  const network = tcnLstmNetwork(base, data.features, CLASS_COUNT);
  const asked = Math.min(base.batchSize, base.microBatchSize ?? base.batchSize);
  const plan = {
    ...base,
    network,
    layout: describeNetwork(network),
    labelledSteps: base.mode === 'dense' ? base.labelledSteps : 1,
    batchSize: asked,
    accumulated: asked < base.batchSize,
    rows: data.bars,
    validated: true,
  };
  const availableBytes = process.availableMemory();
  const atOnce = sequencesThatFit(plan, availableBytes);
  const bytes = trainingBytes({ ...plan, batchSize: atOnce, accumulated: atOnce < base.batchSize });
  const most = workers ?? Math.floor(availableParallelism() / config.threads);
  invariant(bytes > 0, 'a training takes memory');
  return {
    config: atOnce < asked ? { ...config, base: { ...base, microBatchSize: atOnce } } : config,
    workers: Math.max(1, Math.min(most, Math.floor(availableBytes / bytes))),
  };
}
