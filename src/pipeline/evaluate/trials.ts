/** How often this data was tried before, and what the others would have earned. */
import { listModels, trainingDataOf } from '../../platform/storage/index.ts';
import type { AnyModelManifest, RunStore, TrialRecord } from '../../platform/storage/index.ts';

interface Data {
  readonly venue: string;
  readonly symbol: string;
}

export interface TrialCount {
  /** Runs that trained on this data before, and with this one; a run of several seeds counts once a seed. */
  readonly before: number;
  readonly count: number;
}

/**
 * Counts runs of commands that train, by the run store and by the manifests of all models: a run is left out only when
 * its models show that it was made on other data, or when it began after this one.
 * @param data by default what the model was trained on first
 */
export async function countTrials(
  dataDir: string,
  store: RunStore,
  own: AnyModelManifest,
  { venue, symbol }: Data = trainingDataOf(own),
): Promise<TrialCount> {
  const manifests = await listModels(dataDir);
  const startedAt = new Map<string, string>();
  for (const run of store.trainingRuns()) startedAt.set(run.id, run.startedAt);
  for (const { runId, createdAt } of manifests) {
    const known = startedAt.get(runId);
    if (known === undefined || createdAt < known) startedAt.set(runId, createdAt);
  }
  startedAt.delete(own.runId);
  let before = 0;
  for (const [runId, at] of startedAt) {
    const made = manifests.filter((manifest) => manifest.runId === runId);
    const elsewhere = made.length > 0 && !made.some((manifest) => isOn(manifest, { venue, symbol }));
    if (elsewhere || at > own.createdAt) continue;
    before += Math.max(1, ...made.map(seedsOf));
  }
  return { before, count: before + seedsOf(own) };
}

/** Imported models were trained nobody knows on what. */
function isOn({ data }: AnyModelManifest, { venue, symbol }: Data): boolean {
  if (data === null || data.venue !== venue) return false;
  return data.symbol === symbol || (data.companions ?? []).some((other) => other.symbol === symbol);
}

function seedsOf({ metrics }: AnyModelManifest): number {
  const seeds = metrics['seeds'];
  return Array.isArray(seeds) ? Math.max(1, seeds.length) : 1;
}

/** Trials are compared only over the same periods under the same rules. */
export const trialSetting = (setting: {
  readonly venue: string;
  readonly symbol: string;
  readonly label: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly periods: number;
  readonly costBps: number;
}): string => JSON.stringify(Object.entries(setting).toSorted(([a], [b]) => (a < b ? -1 : 1)));

/** Records this run's trials and returns the returns of all that were ever made in their setting. */
export function recordAndRecall(
  store: RunStore,
  trials: readonly TrialRecord[],
  recordedAt: string,
): readonly (readonly number[])[] {
  for (const trial of trials) store.recordTrial(trial, recordedAt);
  const [first] = trials;
  return first === undefined ? [] : store.trialsOf(first.setting).map(({ returns }) => returns);
}
