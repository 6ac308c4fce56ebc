/** All trainings of an experiment: first the MacroNets, then the MicroNets that read them, side by side on threads. */
import { runJobs } from '../../platform/jobs/index.ts';
import type { PretrainingTask } from '../../learning/candles/index.ts';
import type { Variant } from './definitions.ts';
import { type Fit, type FitAnswer, fitKey, fitOf, type FitTask, performFit } from './fit.ts';
import { experimentFitFile, readExperimentFit } from './fit-store.ts';
import type { DayEmbeddings, MacroFit, MacroJob } from './macro-fit.ts';
import type { MicroFit, MicroJob, SymbolScores } from './micro-fit.ts';
import type { ExperimentPlan, FoldPeriod } from './plan.ts';
import type { ExperimentRecipe } from './recipe.ts';
import type { SymbolSeries } from './series.ts';

export interface FitsPlan {
  readonly dataDir: string;
  readonly series: readonly SymbolSeries[];
  readonly plan: ExperimentPlan;
  readonly recipe: ExperimentRecipe;
  readonly seeds: readonly number[];
  readonly workers: number;
  readonly signal: AbortSignal;
  readonly onProgress?: (done: number, all: number, text: string) => void;
}

/** Who learns, and whose days judge what was learned. All symbols are asked, so that variants can share trainings. */
interface Circle {
  readonly learned: readonly SymbolSeries[];
  readonly judged: readonly SymbolSeries[];
}

interface Need extends Circle {
  readonly seed: number;
  readonly fold: number;
  readonly period: FoldPeriod;
  readonly task: PretrainingTask | null;
  readonly window: number;
}

export interface VariantFits {
  /** Each judged symbol once. */
  readonly scores: (variant: Variant, seed: number, fold: number) => readonly SymbolScores[];
  /** The same of its days; none for a variant without embedding. */
  readonly days: (variant: Variant, seed: number, fold: number) => readonly DayEmbeddings[];
  readonly made: number;
  readonly reused: number;
}

export async function fitVariants(variants: readonly Variant[], options: FitsPlan): Promise<VariantFits> {
  const { plan, seeds } = options;
  const needsOf = (variant: Variant, seed: number, fold: number): readonly Need[] =>
    circlesOf(variant, options.series).map(({ learned, judged }) => ({
      learned,
      judged,
      seed,
      fold,
      period: plan.folds[fold]!,
      task: variant.embedding,
      window: variant.window,
    }));
  const needs = variants.flatMap((variant) =>
    seeds.flatMap((seed) => plan.folds.flatMap((_, fold) => needsOf(variant, seed, fold))),
  );
  const keyed = (need: Need) => {
    const macro = need.task === null ? null : macroTask(need, need.task, options).key;
    return { macro, micro: fitKey(microJob(need, null, options), macro) };
  };
  const macroTasks = new Map<string, FitTask>();
  for (const need of needs) {
    if (need.task === null) continue;
    const { key, ...task } = macroTask(need, need.task, options);
    macroTasks.set(key, task);
  }
  const total = macroTasks.size + new Set(needs.map((need) => keyed(need).micro)).size;
  const counts = { done: 0, made: 0, reused: 0, total };
  const macros = await runTasks<MacroFit>(macroTasks, options, counts);
  const microTasks = new Map<string, FitTask>();
  for (const need of needs) {
    const { macro, micro } = keyed(need);
    microTasks.set(micro, microTask(need, { key: micro, embeddings: macros.get(macro ?? '') }, options));
  }
  const micros = await runTasks<MicroFit>(microTasks, options, counts);
  const judgedOf = <Each extends { readonly symbol: string }>({ judged }: Need, all: readonly Each[]) =>
    all.filter(({ symbol }) => judged.some((series) => series.symbol === symbol));
  return {
    scores: (...of) =>
      needsOf(...of).flatMap((need) => judgedOf(need, micros.get(keyed(need).micro)!.symbols)),
    days: (...of) =>
      needsOf(...of).flatMap((need) => judgedOf(need, macros.get(keyed(need).macro ?? '')?.days ?? [])),
    made: counts.made,
    reused: counts.reused,
  };
}

function circlesOf({ learnsFrom }: Variant, series: readonly SymbolSeries[]): readonly Circle[] {
  switch (learnsFrom) {
    case 'all':
      return [{ learned: series, judged: series }];
    case 'own':
      return series.map((each) => ({ learned: [each], judged: [each] }));
    case 'others':
      return series.map((each) => ({ learned: series.filter((other) => other !== each), judged: [each] }));
  }
}

const namesOf = (series: readonly SymbolSeries[]): string => series.map(({ symbol }) => symbol).join('+');

const partOf = ({ seed, fold, learned }: Need, what: string): string =>
  `${what}, fold ${fold + 1}, seed ${seed}, ${namesOf(learned)}`;

type KeyedTask = FitTask & { readonly key: string };

function macroTask(need: Need, task: PretrainingTask, { dataDir, recipe, series }: FitsPlan): KeyedTask {
  const { seed, period, learned } = need;
  const job: MacroJob = { kind: 'macro', seed, task, period, recipe, learned, asked: series };
  const key = fitKey(job, null);
  return { job, key, file: experimentFitFile(dataDir, key), part: partOf(need, `MacroNet ${task}`) };
}

function microJob(
  { seed, period, window, learned }: Need,
  embeddings: MacroFit['days'] | null,
  { recipe, series, plan: { embargoMs } }: FitsPlan,
): MicroJob {
  return { kind: 'micro', seed, period, recipe, embargoMs, window, embeddings, learned, asked: series };
}

function microTask(
  need: Need,
  { key, embeddings }: { readonly key: string; readonly embeddings: MacroFit | undefined },
  options: FitsPlan,
): FitTask {
  const what = `MicroNet of ${need.window} candles, ${need.task ?? 'no'} embedding`;
  return {
    job: microJob(need, embeddings?.days ?? null, options),
    file: experimentFitFile(options.dataDir, key),
    part: partOf(need, what),
  };
}

async function runTasks<Kind extends Fit>(
  tasks: ReadonlyMap<string, FitTask>,
  { workers, signal, onProgress }: FitsPlan,
  counts: { done: number; made: number; reused: number; readonly total: number },
): Promise<ReadonlyMap<string, Kind>> {
  const found = new Map<string, Kind>();
  const missing: [string, FitTask][] = [];
  for (const [key, task] of tasks) {
    const stored = await readExperimentFit<Kind>(task.file);
    if (stored === null) missing.push([key, task]);
    else found.set(key, stored);
  }
  counts.reused += found.size;
  counts.done += found.size;
  const told = (part: string): void => onProgress?.(++counts.done, counts.total, part);
  const keep = (key: string, answer: FitAnswer): void => {
    // Made by this very task: a macro task gives a macro fit.
    found.set(key, fitOf(answer) as Kind);
    counts.made++;
  };
  if (Math.min(workers, missing.length) <= 1) {
    for (const [key, task] of missing) {
      signal.throwIfAborted();
      keep(key, await performFit(task, signal));
      told(task.part);
    }
    return found;
  }
  const answers = await runJobs<FitTask, FitAnswer, string>({
    module: new URL('fit.worker.ts', import.meta.url),
    jobs: missing.map(([, task]) => task),
    workers,
    signal,
    onNews: (_, part) => told(part),
  });
  for (const [i, [key]] of missing.entries()) keep(key, answers[i]!);
  return found;
}
