/** One training of an audit: a fold's base model and what it says of the rows that it has not seen, or the shipped one. */
import { createHash } from 'node:crypto';
import { ConfigError, DataError } from '../../domain/core/index.ts';
import type { ConfigProblem, ErrorContext } from '../../domain/core/index.ts';
import { BaseModel, tcnLstmIdentity } from '../../learning/models/index.ts';
import type { StepReport, TrainTcnLstmOptions } from '../../learning/models/index.ts';
import type { Config } from '../config.ts';
import { trainResumably } from '../resumable-training.ts';
import type { SymbolRows } from '../symbol-rows.ts';
import { fitOptions, type FitRun, summariseTraining } from '../train-base.ts';
import type { OnEpoch } from '../train-base.ts';
import { CODE_VERSION } from '../version.ts';
import { fitFile, type StoredFit, writeFit } from './fit-store.ts';

/** Plain data: it may travel to a thread. */
export interface FitJob {
  /** With what fits into memory decided: see `sizeFits`. */
  readonly config: Config;
  /** For people. */
  readonly part: string;
  /** Names its files. */
  readonly name: string;
  /** The symbol that is judged first, then its companions. */
  readonly symbols: readonly SymbolRows[];
  /** Ends after this epoch, without rows that stop it. */
  readonly lastEpoch?: number;
  /** Positions in the first symbol's rows that the trained model is asked about; null: the model itself is wanted. */
  readonly asked: Int32Array | null;
  /** Ignores what an earlier attempt left. */
  readonly fresh: boolean;
}

/** What a training says on its way. */
export type FitNews =
  | { readonly kind: 'epoch'; readonly report: Parameters<OnEpoch> }
  | { readonly kind: 'step'; readonly part: string; readonly step: StepReport }
  | { readonly kind: 'note'; readonly text: string };

/** Errors of the caller's own kinds would lose their kind on the way between threads. */
export type FitAnswer =
  | { readonly kind: 'fitted'; readonly fit: StoredFit }
  | {
      readonly kind: 'data-error';
      readonly message: string;
      readonly code: string;
      readonly context: ErrorContext;
    }
  | { readonly kind: 'config-error'; readonly problems: readonly ConfigProblem[]; readonly code: string };

/** Where the result of a job is kept: another file for everything that would give another result. */
export function fitFileOf(job: FitJob): string {
  const { config, lastEpoch = null, asked, name } = job;
  const identity = JSON.stringify([CODE_VERSION, tcnLstmIdentity(optionsOf(job, {})), lastEpoch]);
  const hash = createHash('sha256')
    .update(identity)
    .update(asked ?? 'model');
  return fitFile(config.dataDir, name, hash.digest('hex').slice(0, 24));
}

/** Trains, going on where an attempt was interrupted, and keeps the result before it is told. */
export async function performFit(
  job: FitJob,
  { signal, send }: { readonly signal: AbortSignal; readonly send: (news: FitNews) => void },
): Promise<FitAnswer> {
  try {
    return { kind: 'fitted', fit: await fitAndKeep(job, { signal, send }) };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof DataError) {
      const { message, code, context } = error;
      return { kind: 'data-error', message: `${job.part}: ${message}`, code, context };
    }
    if (error instanceof ConfigError)
      return { kind: 'config-error', problems: error.problems, code: error.code };
    throw error;
  }
}

/** @throws the error that the answer tells of */
export function fitOf(answer: FitAnswer): StoredFit {
  switch (answer.kind) {
    case 'fitted':
      return answer.fit;
    case 'data-error':
      throw new DataError(answer.message, answer);
    case 'config-error':
      throw new ConfigError(answer.problems, { code: answer.code });
  }
}

async function fitAndKeep(
  job: FitJob,
  { signal, send }: { readonly signal: AbortSignal; readonly send: (news: FitNews) => void },
): Promise<StoredFit> {
  const { config, name, fresh } = job;
  const options = optionsOf(job, {
    signal,
    onEpoch: (...report) => send({ kind: 'epoch', report }),
    onStep: (part, step) => send({ kind: 'step', part, step }),
    onNote: (text) => send({ kind: 'note', text }),
  });
  const trained = await trainResumably(options, {
    dataDir: config.dataDir,
    label: name,
    fresh,
    onNote: (text) => send({ kind: 'note', text: `${job.part}: ${text}` }),
    onSafeEpoch: async () => undefined,
  });
  const training = summariseTraining(trained);
  const fit: StoredFit =
    job.asked === null
      ? { training, probabilities: new Float64Array(0), onnx: trained.onnx }
      : { training, probabilities: await ask(job, job.asked, trained.onnx), onnx: new Uint8Array(0) };
  await writeFit(fitFileOf(job), fit);
  await trained.forget();
  return fit;
}

/** `[asked × 3]` */
async function ask({ symbols, config }: FitJob, asked: Int32Array, onnx: Uint8Array): Promise<Float64Array> {
  const { rows, bars } = symbols[0]!.data;
  const model = await BaseModel.load(onnx, { threads: config.threads });
  try {
    return await model.scoreRows(
      bars.features,
      asked.map((position) => rows[position]!),
    );
  } finally {
    await model.release();
  }
}

/** What fits into memory was decided for all jobs alike; the memory left to this one must not decide again. */
function optionsOf(
  { config, symbols, part, lastEpoch }: FitJob,
  observer: Omit<Partial<FitRun>, 'config'>,
): TrainTcnLstmOptions {
  const run = { signal: new AbortController().signal, ...observer, config };
  const plan = { part, ...(lastEpoch === undefined ? {} : { lastEpoch }) };
  const { availableBytes: _, ...options } = fitOptions(run, symbols, plan);
  return options;
}
