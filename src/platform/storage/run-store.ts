/**
 * What was run, how its trainings went and which test periods were opened, in `<dataDir>/tidemark.sqlite` (SQLite built into Node, WAL, so
 * that several processes may write). A test period that was opened before is no longer unseen, and pages say so.
 */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const SCHEMA = `
  PRAGMA busy_timeout = 5000;
  PRAGMA journal_mode = WAL;
  CREATE TABLE IF NOT EXISTS runs (
    id TEXT PRIMARY KEY, command TEXT NOT NULL, started_at TEXT NOT NULL, finished_at TEXT,
    status TEXT NOT NULL, code_version TEXT NOT NULL, config TEXT NOT NULL, result TEXT
  ) STRICT;
  CREATE TABLE IF NOT EXISTS epochs (
    run_id TEXT NOT NULL, part TEXT NOT NULL, epoch INTEGER NOT NULL, train_loss REAL NOT NULL,
    validation_loss REAL, macro_f1 REAL, learning_rate REAL NOT NULL, seconds REAL NOT NULL,
    labels_per_second REAL NOT NULL, PRIMARY KEY (run_id, part, epoch)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS test_openings (
    id INTEGER PRIMARY KEY, opened_at TEXT NOT NULL, run_id TEXT NOT NULL, model_sha256 TEXT NOT NULL,
    venue TEXT NOT NULL, symbol TEXT NOT NULL, from_ms INTEGER NOT NULL, to_ms INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS trials (
    model_sha256 TEXT NOT NULL, seed INTEGER NOT NULL, setting TEXT NOT NULL, run_id TEXT NOT NULL,
    recorded_at TEXT NOT NULL, returns TEXT NOT NULL, PRIMARY KEY (model_sha256, seed, setting)
  ) STRICT, WITHOUT ROWID;
`;

/** https://www.sqlite.org/rescode.html */
const SQLITE_BUSY = 5;

export interface TestOpening {
  readonly runId: string;
  /** Identifies the model: the same model judged on the same rows again learns nothing new. */
  readonly modelSha256: string;
  readonly venue: string;
  readonly symbol: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** What one model of one seed would have earned on a test period. */
export interface TrialRecord {
  readonly runId: string;
  readonly modelSha256: string;
  readonly seed: number;
  /** Data, period and rules: only trials of the same setting can be compared. */
  readonly setting: string;
  /** `[periods]` */
  readonly returns: readonly number[];
}

/** A run of a command that trains. */
export interface TrainingRun {
  readonly id: string;
  readonly command: string;
  readonly startedAt: string;
}

export interface RunRecord {
  readonly id: string;
  readonly command: string;
  readonly startedAt: string;
  readonly codeVersion: string;
  readonly config: unknown;
}

/** One epoch of a training; losses and scores are null where there were no validation rows. */
export interface EpochRecord {
  readonly epoch: number;
  readonly trainLoss: number;
  readonly valLoss: number | null;
  readonly macroF1: number | null;
  readonly learningRate: number;
  /** Of training, validation not counted. */
  readonly seconds: number;
  readonly labelsPerSecond: number;
}

export class RunStore {
  readonly #database: DatabaseSync;

  constructor(dataDir: string) {
    mkdirSync(dataDir, { recursive: true });
    this.#database = new DatabaseSync(path.join(dataDir, 'tidemark.sqlite'));
    createTables(this.#database);
  }

  start(run: RunRecord): void {
    this.#database
      .prepare(
        'INSERT INTO runs (id, command, started_at, status, code_version, config) VALUES (?, ?, ?, ?, ?, ?)',
      )
      .run(run.id, run.command, run.startedAt, 'running', run.codeVersion, JSON.stringify(run.config));
  }

  finish(
    id: string,
    outcome: {
      readonly status: 'done' | 'failed' | 'interrupted';
      readonly at: string;
      readonly result: unknown;
    },
  ): void {
    this.#database
      .prepare('UPDATE runs SET status = ?, finished_at = ?, result = ? WHERE id = ?')
      .run(outcome.status, outcome.at, JSON.stringify(outcome.result), id);
  }

  /** Records an epoch of the run's training called `part`; the same epoch again replaces what was there. */
  recordEpoch(runId: string, part: string, record: EpochRecord): void {
    const { epoch, trainLoss, valLoss, macroF1, learningRate, seconds, labelsPerSecond } = record;
    this.#database
      .prepare('INSERT OR REPLACE INTO epochs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)')
      .run(runId, part, epoch, trainLoss, valLoss, macroF1, learningRate, seconds, labelsPerSecond);
  }

  /** Epochs of the run's training called `part`, in their order. */
  epochsOf(runId: string, part: string): readonly EpochRecord[] {
    const rows = this.#database
      .prepare('SELECT * FROM epochs WHERE run_id = ? AND part = ? ORDER BY epoch')
      .all(runId, part);
    const orNull = (value: unknown): number | null => (value === null ? null : Number(value));
    return rows.map((row) => ({
      epoch: Number(row['epoch']),
      trainLoss: Number(row['train_loss']),
      valLoss: orNull(row['validation_loss']),
      macroF1: orNull(row['macro_f1']),
      learningRate: Number(row['learning_rate']),
      seconds: Number(row['seconds']),
      labelsPerSecond: Number(row['labels_per_second']),
    }));
  }

  /**
   * Records that a test period was looked at, and returns how many times a period that overlaps it had been opened
   * before by other models.
   */
  openTest(opening: TestOpening, openedAt: string): number {
    const { runId, modelSha256, venue, symbol, fromMs, toMs } = opening;
    const earlier = this.#database
      .prepare(
        `SELECT COUNT(DISTINCT model_sha256) AS models FROM test_openings
         WHERE venue = ? AND symbol = ? AND from_ms <= ? AND to_ms >= ? AND model_sha256 <> ?
           AND id < COALESCE((SELECT MIN(id) FROM test_openings WHERE model_sha256 = ?), 9223372036854775807)`,
      )
      .get(venue, symbol, toMs, fromMs, modelSha256, modelSha256);
    this.#database
      .prepare(
        `INSERT INTO test_openings (opened_at, run_id, model_sha256, venue, symbol, from_ms, to_ms)
         VALUES (?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(openedAt, runId, modelSha256, venue, symbol, fromMs, toMs);
    return Number(earlier?.['models'] ?? 0);
  }

  /** Runs of commands that train, whatever became of them: who stopped one had seen its epochs. */
  trainingRuns(): readonly TrainingRun[] {
    const rows = this.#database
      .prepare(
        "SELECT id, command, started_at FROM runs WHERE command LIKE 'train%' OR command IN ('audit', 'tune', 'evolve', 'experiment')",
      )
      .all();
    return rows.map((row) => ({
      id: String(row['id']),
      command: String(row['command']),
      startedAt: String(row['started_at']),
    }));
  }

  /** The same model and seed in the same setting again replaces what was there. */
  recordTrial({ modelSha256, seed, setting, runId, returns }: TrialRecord, recordedAt: string): void {
    this.#database
      .prepare('INSERT OR REPLACE INTO trials VALUES (?, ?, ?, ?, ?, ?)')
      .run(modelSha256, seed, setting, runId, recordedAt, JSON.stringify(returns));
  }

  /** All trials of a setting, in the order in which they were recorded. */
  trialsOf(setting: string): readonly TrialRecord[] {
    const rows = this.#database
      .prepare('SELECT * FROM trials WHERE setting = ? ORDER BY recorded_at, model_sha256, seed')
      .all(setting);
    return rows.map((row) => ({
      runId: String(row['run_id']),
      modelSha256: String(row['model_sha256']),
      seed: Number(row['seed']),
      setting,
      returns: JSON.parse(String(row['returns'])) as number[],
    }));
  }

  close(): void {
    this.#database.close();
  }
}

const LONGEST_WAIT_MS = 5_000;
const PAUSE_MS = 10;

/**
 * Switching a new file to WAL fails at once when another process is doing the same, whatever the busy timeout says: so
 * the two that start together take turns here.
 */
function createTables(database: DatabaseSync): void {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let waitedMs = 0; ; waitedMs += PAUSE_MS) {
    try {
      database.exec(SCHEMA);
      return;
    } catch (error) {
      if (!isBusy(error) || waitedMs >= LONGEST_WAIT_MS) throw error;
      Atomics.wait(pause, 0, 0, PAUSE_MS);
    }
  }
}

/** Extended codes carry the primary one in their lowest byte. */
const isBusy = (error: unknown): boolean =>
  error instanceof Error &&
  'errcode' in error &&
  typeof error.errcode === 'number' &&
  (error.errcode & 0xff) === SQLITE_BUSY;
