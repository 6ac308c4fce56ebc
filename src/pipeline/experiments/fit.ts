/** One training of an experiment, and its name by content. */
import { createHash } from 'node:crypto';
import { DataError, type ErrorContext } from '../../domain/core/index.ts';
import { CODE_VERSION } from '../version.ts';
import { writeExperimentFit } from './fit-store.ts';
import { fitMacro, type MacroFit, type MacroJob } from './macro-fit.ts';
import { fitMicro, type MicroFit, type MicroJob } from './micro-fit.ts';
import type { SymbolSeries } from './series.ts';

export type FitJob = MacroJob | MicroJob;
export type Fit = MacroFit | MicroFit;

/** Plain data: it may travel to a thread. */
export interface FitTask {
  readonly job: FitJob;
  /** Where its result is kept. */
  readonly file: string;
  /** For people. */
  readonly part: string;
}

/** An error of the caller's own kind would lose its kind on the way between threads. */
export type FitAnswer =
  | { readonly kind: 'fitted'; readonly fit: Fit }
  | {
      readonly kind: 'refused';
      readonly message: string;
      readonly code: string;
      readonly context: ErrorContext;
    };

/** Trains and keeps the result before it is told. */
export async function performFit({ job, file, part }: FitTask, signal: AbortSignal): Promise<FitAnswer> {
  try {
    const fit = job.kind === 'macro' ? await fitMacro(job, signal) : await fitMicro(job, signal);
    await writeExperimentFit(file, fit);
    return { kind: 'fitted', fit };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof DataError)) throw error;
    return {
      kind: 'refused',
      message: `${part}: ${error.message}`,
      code: error.code,
      context: error.context,
    };
  }
}

/** @throws DataError when the answer tells of one */
export function fitOf(answer: FitAnswer): Fit {
  if (answer.kind === 'fitted') return answer.fit;
  throw new DataError(answer.message, answer);
}

/** Another name for everything that would give another result. */
export function fitKey(job: FitJob, embeddingsKey: string | null): string {
  const { learned, asked, ...others } = job;
  const identity = {
    ...others,
    embeddings: embeddingsKey,
    code: CODE_VERSION,
    learned: learned.map(digestOf),
    asked: asked.map(digestOf),
  };
  return createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 32);
}

const digests = new WeakMap<SymbolSeries, string>();

function digestOf(series: SymbolSeries): string {
  const known = digests.get(series);
  if (known !== undefined) return known;
  const hash = createHash('sha256').update(series.symbol);
  const { candles, features, target, labelEndMs } = series;
  for (const column of [candles.openTimeMs, candles.close, features, target, labelEndMs]) hash.update(column);
  const digest = hash.digest('hex');
  digests.set(series, digest);
  return digest;
}
