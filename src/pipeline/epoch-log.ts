/** Where the epochs of a run's training are recorded: the run store, and `<dataDir>/runs/<runId>/metrics.jsonl`. */
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { appendJsonLine } from '../platform/storage/index.ts';
import type { EpochRecord, RunStore } from '../platform/storage/index.ts';

interface EpochLogPlan {
  readonly dataDir: string;
  readonly runId: string;
  readonly store?: RunStore | undefined;
}

export class EpochLog {
  readonly file: string;
  readonly #runId: string;
  readonly #store: RunStore | undefined;

  private constructor(file: string, { runId, store }: EpochLogPlan) {
    this.file = file;
    this.#runId = runId;
    this.#store = store;
  }

  /** Empty, whatever a run of the same name left. */
  static async create(plan: EpochLogPlan): Promise<EpochLog> {
    const file = path.join(plan.dataDir, 'runs', plan.runId, 'metrics.jsonl');
    await rm(file, { force: true });
    return new EpochLog(file, plan);
  }

  /** Safe on the disk when this returns. */
  async write(part: string, record: EpochRecord): Promise<void> {
    this.#store?.recordEpoch(this.#runId, part, record);
    await appendJsonLine(this.file, { part, ...record });
  }
}
