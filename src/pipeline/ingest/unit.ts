/**
 * One unit of ingest: a venue's day archive, or the files of one recording as a single stream, read once for all symbols
 * wanted of it. A unit knows nothing of the others, so that units may be done in any order, on any thread, and again.
 */
import { DataError } from '../../domain/core/index.ts';
import type { LogVolumeMode } from '../../domain/features/index.ts';
import {
  createInstrument,
  isBookUpdate,
  type MarketEvent,
  type VenueName,
} from '../../domain/market/index.ts';
import {
  CONTENT_CHANGED,
  type DamagedFile,
  type EventBatch,
  MarketSource,
  openDecoder,
  type SurveyedFile,
  verifyContent,
} from '../../platform/sources/index.ts';
import { listDays, type SymbolLocation } from '../../platform/storage/index.ts';
import {
  describeInputs,
  type FetchedOrigin,
  type FoundManifest,
  type IngestManifest,
  type InputFacts,
  isCurrent,
  readManifest,
} from './manifest.ts';
import { SymbolRun } from './symbol.ts';
import type { SyntheticOrigin } from '../truth.ts';

export interface UnitSymbol {
  readonly symbol: string;
  readonly tickSize: string;
  readonly lotSize: string;
}

/** Plain data: it travels to a worker thread. */
export interface IngestUnit {
  readonly dataDir: string;
  readonly venue: VenueName;
  /** What is wanted of the files; at least one. */
  readonly symbols: readonly UnitSymbol[];
  readonly logVolume: LogVolumeMode;
  /** See `IngestOptions`. */
  readonly maxUnzippedBytes: number | undefined;
  readonly codeVersion: string;
  /** In order of time. */
  readonly files: readonly SurveyedFile[];
  /** A venue's archive holds one UTC day, and a few messages of the next one that close its last bar. */
  readonly isArchive: boolean;
  /** Where simulated input came from. */
  readonly origin: SyntheticOrigin | null;
  readonly fetched: FetchedOrigin | null;
  /** Files beside these that could not be read at all, and strangers. */
  readonly damaged: readonly DamagedFile[];
  readonly skipped: readonly string[];
}

export interface UnitProgress {
  /** Position among the units asked for. */
  readonly unit: number;
  /** Bytes of the unit's files taken in. */
  readonly bytesDone: number;
  readonly messages: number;
  readonly bars: number;
  readonly file: string;
}

/** What became of one symbol of a unit. */
export type UnitOutcome =
  | {
      readonly kind: 'done' | 'unchanged';
      readonly symbol: string;
      readonly manifest: IngestManifest;
      readonly manifestFile: string;
      /** Bytes of JSON decoded, and of the files that held it; 0 when nothing had to be done. */
      readonly textBytes: number;
      readonly diskBytes: number;
    }
  | {
      readonly kind: 'refused';
      readonly symbol: string;
      readonly message: string;
      readonly code: string;
      readonly files: readonly string[];
    };

interface UnitContext {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: UnitProgress) => void) | undefined;
}

interface OneUnitContext {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress: (progress: Omit<UnitProgress, 'unit'>) => void;
}

/** Units one after the other: each finds the close of the one before already stored. `unit` counts from 0. */
export async function ingestUnits(
  units: readonly IngestUnit[],
  { signal, onProgress }: UnitContext,
): Promise<readonly UnitOutcome[]> {
  const outcomes: UnitOutcome[] = [];
  for (const [unit, wanted] of units.entries()) {
    const context = {
      signal,
      onProgress: (news: Omit<UnitProgress, 'unit'>) => onProgress?.({ ...news, unit }),
    };
    outcomes.push(...(await ingestUnit(wanted, context)));
  }
  return outcomes;
}

/** @throws the signal's reason when aborted; what is wrong with the data is in the outcomes */
async function ingestUnit(unit: IngestUnit, context: OneUnitContext): Promise<readonly UnitOutcome[]> {
  const unchanged: UnitOutcome[] = [];
  const runs: SymbolRun[] = [];
  for (const wanted of unit.symbols) {
    const done = await findDone({ ...unit, ...wanted });
    if (done === null) runs.push(await SymbolRun.open(unit, wanted));
    else unchanged.push({ kind: 'unchanged', symbol: wanted.symbol, ...done, textBytes: 0, diskBytes: 0 });
  }
  if (runs.length === 0) return unchanged;
  try {
    return [...unchanged, ...(await new UnitRun(unit, context, runs).perform())];
  } catch (error) {
    if (!isContentChanged(error)) throw error;
    const symbols = runs.map((run) => run.wanted);
    return [...unchanged, ...(await ingestWithout(error, { ...unit, symbols }, context))];
  }
}

function isContentChanged(error: unknown): error is DataError {
  return error instanceof DataError && error.code === CONTENT_CHANGED;
}

/** The same unit once more, without the file that turned out to be another than was packed. */
async function ingestWithout(
  error: DataError,
  unit: IngestUnit,
  context: OneUnitContext,
): Promise<readonly UnitOutcome[]> {
  const { message, code } = error;
  const left = unit.files.filter((file) => file.path !== error.context['file']);
  if (left.length > 0) {
    const damaged = [...unit.damaged, { path: String(error.context['file']), reason: message }];
    return await ingestUnit({ ...unit, files: left, damaged }, context);
  }
  const reasons = [...unit.damaged.map(({ reason }) => reason), message].join('\n');
  const files = unit.files.map((file) => file.path);
  return unit.symbols.map(({ symbol }) => ({ kind: 'refused', symbol, message: reasons, code, files }));
}

/** The manifest of an earlier ingest of the very same, whose files are all there. */
async function findDone(wanted: IngestUnit & UnitSymbol): Promise<FoundManifest | null> {
  const found = await readManifest(wanted);
  if (found === null || !(await isCurrent(found.manifest, wanted))) return null;
  return (await areStored(wanted, found.manifest)) ? found : null;
}

async function areStored(location: SymbolLocation, manifest: IngestManifest): Promise<boolean> {
  const bars = new Set(await listDays(location));
  const features = new Set(await listDays(location, 'features/set=stationary'));
  return manifest.days.every(({ day }) => bars.has(day) && features.has(day));
}

/** One reading of the files, and the symbols that it serves. */
class UnitRun {
  readonly #unit: IngestUnit;
  readonly #context: OneUnitContext;
  readonly #runs: readonly SymbolRun[];
  readonly #source: MarketSource;
  readonly #verified = new Set<string>();

  constructor(unit: IngestUnit, context: OneUnitContext, runs: readonly SymbolRun[]) {
    this.#unit = unit;
    this.#context = context;
    this.#runs = runs;
    const instruments = runs.map((run) => createInstrument({ venue: unit.venue, ...run.wanted }));
    this.#source = new MarketSource({
      files: unit.files.map((file) => file.path),
      decoder: openDecoder({ instruments, files: unit.files }),
      maxUnzippedBytes: unit.maxUnzippedBytes,
      signal: context.signal,
    });
  }

  /** @throws DataError `CONTENT_CHANGED` naming a file that must not be used at all */
  async perform(): Promise<readonly UnitOutcome[]> {
    await this.#read();
    const inputs = this.#isOver ? [] : await describeInputs(this.#unit.files);
    const outcomes: UnitOutcome[] = [];
    for (const run of this.#runs) {
      this.#context.signal?.throwIfAborted();
      outcomes.push(await this.#outcomeOf(run, inputs));
    }
    return outcomes;
  }

  async #read(): Promise<void> {
    for await (const batch of this.#source) {
      await this.#ingestBatch(batch);
      if (this.#isOver) return;
      this.#context.onProgress({
        bytesDone: this.#source.report.diskBytes,
        messages: this.#runs.reduce((sum, run) => sum + run.messages, 0),
        bars: this.#runs.reduce((sum, run) => sum + run.bars, 0),
        file: batch.file,
      });
    }
  }

  async #ingestBatch(batch: EventBatch): Promise<void> {
    for (let event = this.#next(batch); event !== null; event = this.#next(batch)) {
      if (!isBookUpdate(event)) continue;
      const run = this.#runs[batch.instrument]!;
      if (run.refusal !== null) continue;
      try {
        for (const bar of run.process(event, batch)) {
          if (run.endsDay(bar)) await this.#verify(batch.file);
          await run.store(bar);
        }
      } catch (error) {
        if (isContentChanged(error)) throw error;
        run.refuse(error);
      }
    }
  }

  /** A day that is written cannot be taken back: the checksums at the end of the file are looked at before. */
  async #verify(file: string): Promise<void> {
    if (this.#verified.has(file)) return;
    this.#verified.add(file);
    await verifyContent(file, this.#unit.maxUnzippedBytes);
  }

  /** The next event of a symbol that is still going on; null at the end of the batch, or when there is none. */
  #next(batch: EventBatch): MarketEvent | null {
    while (!this.#isOver) {
      try {
        return batch.next();
      } catch (error) {
        for (const run of this.#concernedBy(error, batch)) run.refuse(error);
      }
    }
    return null;
  }

  /** A snapshot that may be of several symbols concerns all of them, anything else the symbol of the line. */
  #concernedBy(error: unknown, batch: EventBatch): readonly SymbolRun[] {
    const owners = error instanceof DataError ? error.context['owners'] : undefined;
    if (typeof owners !== 'string') return [this.#runs[batch.instrument]!];
    const names = owners.split(', ');
    return this.#runs.filter((run) => names.includes(run.wanted.symbol));
  }

  get #isOver(): boolean {
    return this.#runs.every((run) => run.refusal !== null);
  }

  async #outcomeOf(run: SymbolRun, inputs: readonly InputFacts[]): Promise<UnitOutcome> {
    const { symbol } = run.wanted;
    const { report } = this.#source;
    const finished = await run.finish(report, inputs);
    if (finished !== null) {
      return { kind: 'done', symbol, ...finished, textBytes: report.textBytes, diskBytes: report.diskBytes };
    }
    const { message, code } = run.refusal!;
    return { kind: 'refused', symbol, message, code, files: this.#unit.files.map((file) => file.path) };
  }
}
