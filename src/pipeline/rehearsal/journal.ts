/**
 * What a rehearsal has played: `journal.jsonl`, one line a day, each with a checksum over itself and all lines before it; and
 * `state.json`, from which the day after goes on. A day is over when both say so: a line without its state is played again,
 * and gives the same bytes.
 */
import { createHash } from 'node:crypto';
import { readFile, rm, truncate } from 'node:fs/promises';
import path from 'node:path';
import { DataError } from '../../domain/core/index.ts';
import { appendJsonLine, writeFileAtomic } from '../../platform/storage/index.ts';
import type { CycleState, DayRecord } from '../../trading/cycle/index.ts';

export interface RetrainedModel {
  /** `name@version` */
  readonly model: string;
  /** 00:00 UTC from which on it serves. */
  readonly fromMs: number;
  /** End of what it has learned from. */
  readonly trainedUntilMs: number;
  readonly reason: string;
}

export interface JournalLine {
  /** `2025-03-01` */
  readonly day: string;
  /** SHA-256 of the day's candles, by symbol. */
  readonly candles: Readonly<Record<string, string>>;
  /** One a symbol. */
  readonly records: readonly DayRecord[];
  readonly retrained: RetrainedModel | null;
}

type CheckedLine = JournalLine & { readonly check: string };

interface StateFile {
  readonly day: string;
  /** Checksum of the day's line. */
  readonly check: string;
  /** One a symbol. */
  readonly cycles: readonly CycleState[];
}

const NO_CHECK = '';

export class Journal {
  readonly #file: string;
  readonly #stateFile: string;
  readonly #lines: CheckedLine[];
  #states: readonly CycleState[];

  private constructor(folder: string, lines: readonly CheckedLine[], states: readonly CycleState[]) {
    this.#file = path.join(folder, 'journal.jsonl');
    this.#stateFile = path.join(folder, 'state.json');
    this.#lines = [...lines];
    this.#states = states;
  }

  /** @throws DataError when a line other than the last one, or the state, is not what was written */
  static async open(folder: string, { fresh }: { readonly fresh: boolean }): Promise<Journal> {
    if (fresh) await rm(folder, { recursive: true, force: true });
    const file = path.join(folder, 'journal.jsonl');
    const text = await readOrEmpty(file);
    const lines = wholeLines(text, file);
    const state = await readState(path.join(folder, 'state.json'));
    const last = state === null ? -1 : lines.findIndex(({ check }) => check === state.check);
    if (state !== null && last < 0) {
      throw damaged(file, `has no line of ${state.day}, of which state.json tells`);
    }
    const kept = lines.slice(0, last + 1);
    const bytes = kept.reduce((sum, line) => sum + Buffer.byteLength(`${JSON.stringify(line)}\n`), 0);
    if (text !== '') await truncate(file, bytes);
    return new Journal(folder, kept, state?.cycles ?? []);
  }

  get lines(): readonly JournalLine[] {
    return this.#lines;
  }

  /** After the last line; none before the first. */
  get states(): readonly CycleState[] {
    return this.#states;
  }

  get file(): string {
    return this.#file;
  }

  /** Safe on the disk when this returns. */
  async append(line: JournalLine, cycles: readonly CycleState[]): Promise<void> {
    const check = checkOf(line, this.#lines.at(-1)?.check ?? NO_CHECK);
    const checked = { ...line, check };
    await appendJsonLine(this.#file, checked);
    const state: StateFile = { day: line.day, check, cycles };
    await writeFileAtomic(this.#stateFile, `${sealed(JSON.stringify(state))}\n`);
    this.#lines.push(checked);
    this.#states = cycles;
  }
}

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');

const checkOf = (line: JournalLine, before: string): string =>
  hash(`${before}${JSON.stringify(line)}`).slice(0, 16);

/** The lines up to the first that is not whole, which can only be the last: it was being written. */
function wholeLines(text: string, file: string): readonly CheckedLine[] {
  const lines: CheckedLine[] = [];
  const rows = text.split('\n');
  for (const [i, row] of rows.entries()) {
    if (row === '') continue;
    const line = parsedLine(row);
    const { check, ...content } = line ?? { check: NO_CHECK };
    const before = lines.at(-1)?.check ?? NO_CHECK;
    const isSame = line !== null && JSON.stringify(line) === row;
    if (isSame && checkOf(content as JournalLine, before) === check) {
      lines.push(line);
      continue;
    }
    if (i < rows.length - 1) throw damaged(file, `line ${i + 1} is not what was written`);
  }
  return lines;
}

function parsedLine(row: string): CheckedLine | null {
  try {
    return JSON.parse(row) as CheckedLine;
  } catch {
    return null;
  }
}

/** A checksum before the content, so that a changed byte is refused. */
const sealed = (content: string): string => `${hash(content)} ${content}`;

async function readState(file: string): Promise<StateFile | null> {
  const text = (await readOrEmpty(file)).trimEnd();
  if (text === '') return null;
  const content = text.slice(65);
  if (text !== sealed(content)) throw damaged(file, 'is not what was written');
  return JSON.parse(content) as StateFile;
}

async function readOrEmpty(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}

const damaged = (file: string, reason: string): DataError =>
  new DataError(`${file}: ${reason}; play the days again with --fresh`, {
    code: 'REHEARSAL_DAMAGED',
    context: { file },
  });
