/**
 * A training with a checkpoint after every epoch. Killed and started again with the same data, configuration and seed,
 * it goes on after its last whole checkpoint and ends with the same bytes as if it had never stopped.
 */
import { createHash } from 'node:crypto';
import { DataError } from '../domain/core/index.ts';
import { tcnLstmIdentity, trainTcnLstm } from '../learning/models/index.ts';
import type { EpochReport, TrainedTcnLstm, TrainTcnLstmOptions } from '../learning/models/index.ts';
import { decodeCheckpoint, encodeCheckpoint } from '../learning/neural/index.ts';
import type { Checkpoint, NumberedEpoch, TrainingIdentity } from '../learning/neural/index.ts';
import { CheckpointStore } from '../platform/storage/index.ts';
import { CODE_VERSION } from './version.ts';

export interface ResumablePlan<Epoch = EpochReport> {
  readonly dataDir: string;
  /** What the folder of its checkpoints is called, before a hash of everything the training depends on. */
  readonly label: string;
  /** Ignores and removes what an earlier attempt left. */
  readonly fresh: boolean;
  /** One line for people: whether it goes on, and what is left when it stops. */
  readonly onNote?: ((text: string) => void) | undefined;
  /** Epochs that are over and whose checkpoint is safe: first those of an earlier attempt, then each. */
  readonly onSafeEpoch: (report: Epoch) => Promise<void>;
}

export interface Resumed {
  /** The epoch after which it went on; null when it began at the start. */
  readonly resumedAfterEpoch: number | null;
  /** Removes its checkpoints: to be called when its result is safe. */
  readonly forget: () => Promise<void>;
}

export type ResumedTraining = TrainedTcnLstm & Resumed;

/** Any training that can be taken up again after an epoch. */
export interface ResumableTraining<Config, Epoch extends NumberedEpoch, Trained> {
  /** Everything that the result depends on, and nothing else. */
  readonly identity: TrainingIdentity<Config>;
  readonly signal?: AbortSignal | undefined;
  readonly train: (checkpoints: {
    readonly resume?: Checkpoint<Config, Epoch>;
    readonly onCheckpoint: (checkpoint: Checkpoint<Config, Epoch>) => Promise<void>;
  }) => Promise<Trained>;
}

/** The base model's: see {@link resumably}. */
export async function trainResumably(
  options: TrainTcnLstmOptions,
  plan: ResumablePlan,
): Promise<ResumedTraining> {
  const training = {
    identity: tcnLstmIdentity(options),
    signal: options.signal,
    train: async (checkpoints: Pick<TrainTcnLstmOptions, 'resume' | 'onCheckpoint'>) =>
      await trainTcnLstm({ ...options, ...checkpoints }),
  };
  return await resumably(training, plan);
}

/**
 * @throws {DataError} as training does; a loss that is not finite leaves the last checkpoint, and the message says where
 */
export async function resumably<Config, Epoch extends NumberedEpoch, Trained>(
  { identity, signal, train }: ResumableTraining<Config, Epoch, Trained>,
  { dataDir, label, fresh, onNote, onSafeEpoch }: ResumablePlan<Epoch>,
): Promise<Trained & Resumed> {
  const store = new CheckpointStore(dataDir, `${label}-${trainingKey(identity)}`);
  if (fresh) await store.clear();
  const resume = await lastWhole<Config, Epoch>(store, onNote);
  const over = resume?.epochs.length ?? 0;
  if (resume !== undefined) onNote?.(`goes on after epoch ${over} (checkpoint in ${store.folder})`);
  for (const report of resume?.epochs ?? []) await onSafeEpoch(report);
  let safe = over;
  try {
    const trained = await train({
      ...(resume === undefined ? {} : { resume }),
      onCheckpoint: async (checkpoint) => {
        const report = checkpoint.epochs.at(-1)!;
        await store.write(report.epoch, encodeCheckpoint(checkpoint), checkpoint.best.report.epoch);
        safe = report.epoch;
        await onSafeEpoch(report);
      },
    });
    const resumedAfterEpoch = resume === undefined ? null : over;
    return { ...trained, resumedAfterEpoch, forget: async () => await store.clear() };
  } catch (error) {
    const kept =
      safe === 0 ? 'no epoch was over, so no checkpoint is left' : `epoch ${safe} is kept in ${store.folder}`;
    if (signal?.aborted === true) {
      onNote?.(safe === 0 ? kept : `${kept}: the same command goes on from there`);
    } else if (error instanceof DataError && error.code === 'TRAINING_NOT_FINITE') {
      const { code, context } = error;
      throw new DataError(`${error.message}; ${kept}`, { code, context, cause: error });
    }
    throw error;
  }
}

function trainingKey(identity: TrainingIdentity<unknown>): string {
  return createHash('sha256')
    .update(JSON.stringify([CODE_VERSION, identity]))
    .digest('hex')
    .slice(0, 16);
}

/** The latest checkpoint that is whole; damaged ones are told and passed over. */
async function lastWhole<Config, Epoch extends NumberedEpoch>(
  store: CheckpointStore,
  onNote: ResumablePlan['onNote'],
): Promise<Checkpoint<Config, Epoch> | undefined> {
  const files = await store.list();
  for (const [i, candidate] of files.entries()) {
    try {
      return decodeCheckpoint<Config, Epoch>(await store.read(candidate));
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      const next = files[i + 1];
      const instead =
        next === undefined
          ? 'the training starts from the start'
          : `trying the one after epoch ${next.epoch}`;
      onNote?.(`${candidate.file} is refused (${error.message}); ${instead}`);
    }
  }
  return undefined;
}
