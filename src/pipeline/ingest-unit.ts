/**
 * One unit of ingest: a venue's day archive, or the files of one recording as a single stream. A unit knows nothing of
 * the others, so that units may be done in any order, on any thread, and again.
 */
import { DataError, dayOf, isoDay, MINUTE_MS, minuteOf } from '../domain/core/index.ts';
import { BookToBars, type LogVolumeMode } from '../domain/features/index.ts';
import { createInstrument, type VenueName } from '../domain/market/index.ts';
import {
  type DamagedFile,
  type EventBatch,
  MarketSource,
  type SurveyedFile,
  symbolMissing,
  VenueLineDecoder,
} from '../platform/sources/index.ts';
import { listDays, readBars, type SymbolLocation } from '../platform/storage/index.ts';
import { DayFiles } from './ingest-days.ts';
import {
  describeInputs,
  type FetchedOrigin,
  type IngestManifest,
  isCurrent,
  readManifest,
  writeManifest,
} from './ingest-manifest.ts';
import { StreamWatch } from './ingest-watch.ts';
import type { SyntheticOrigin } from './truth.ts';

/** Plain data: it travels to a worker thread. */
export interface IngestUnit {
  readonly dataDir: string;
  readonly venue: VenueName;
  readonly symbol: string;
  readonly tickSize: string;
  readonly lotSize: string;
  readonly logVolume: LogVolumeMode;
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

export type UnitOutcome =
  | {
      readonly kind: 'done' | 'unchanged';
      readonly manifest: IngestManifest;
      readonly manifestFile: string;
      /** Bytes of JSON decoded, and of the files that held it; 0 when nothing had to be done. */
      readonly textBytes: number;
      readonly diskBytes: number;
    }
  | {
      readonly kind: 'refused';
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
    outcomes.push(
      await ingestUnit(wanted, { signal, onProgress: (news) => onProgress?.({ ...news, unit }) }),
    );
  }
  return outcomes;
}

/** @throws the signal's reason when aborted; what is wrong with the data is in the outcome */
async function ingestUnit(unit: IngestUnit, context: OneUnitContext): Promise<UnitOutcome> {
  const current = await readManifest(unit);
  if (
    current !== null &&
    (await isCurrent(current.manifest, unit)) &&
    (await areStored(unit, current.manifest))
  ) {
    return { kind: 'unchanged', ...current, textBytes: 0, diskBytes: 0 };
  }
  try {
    return await new UnitRun(unit, context, await earlierCloses(unit)).perform();
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    return {
      kind: 'refused',
      message: error.message,
      code: error.code,
      files: unit.files.map((file) => file.path),
    };
  }
}

async function areStored(unit: SymbolLocation, manifest: IngestManifest): Promise<boolean> {
  const stored = new Set(await listDays(unit));
  return manifest.days.every(({ day }) => stored.has(day));
}

/** Closes of stored complete bars just before the unit begins: its first bar joins them. */
async function earlierCloses(unit: IngestUnit): Promise<ReadonlyMap<number, number>> {
  const closes = new Map<number, number>();
  const first = unit.files[0];
  if (first === undefined) return closes;
  const startMs = minuteOf(first.firstTimeMs);
  const days = await listDays(unit);
  if (![startMs - MINUTE_MS, startMs].some((ms) => days.includes(isoDay(ms)))) return closes;
  const bars = await readBars({ ...unit, fromMs: startMs - 2 * MINUTE_MS, toMs: startMs + MINUTE_MS });
  const width = bars.featureNames.length;
  for (let row = 0; row < bars.rows; row++) {
    if (!Number.isNaN(bars.features[row * width]!)) closes.set(bars.minuteMs[row]!, bars.close[row]!);
  }
  return closes;
}

class UnitRun {
  readonly #unit: IngestUnit;
  readonly #context: OneUnitContext;
  readonly #source: MarketSource;
  readonly #dayFiles: DayFiles;
  readonly #watch = new StreamWatch();
  readonly #bookToBars: BookToBars;

  constructor(unit: IngestUnit, context: OneUnitContext, earlier: ReadonlyMap<number, number>) {
    const instrument = createInstrument(unit);
    this.#unit = unit;
    this.#context = context;
    this.#bookToBars = new BookToBars(instrument, { logVolume: unit.logVolume, earlierCloses: earlier });
    this.#source = new MarketSource({
      files: unit.files.map((file) => file.path),
      decoder: new VenueLineDecoder(instrument),
      signal: context.signal,
    });
    const ownDays = unit.isArchive ? new Set(unit.files.map((file) => dayOf(file.firstTimeMs))) : null;
    this.#dayFiles = new DayFiles({ location: unit, ownDays, origin: unit.origin });
  }

  async perform(): Promise<UnitOutcome> {
    for await (const batch of this.#source) {
      await this.#ingestBatch(batch);
      this.#context.onProgress({
        bytesDone: this.#source.report.diskBytes,
        messages: this.#bookToBars.sequencedBook.counts.applied,
        bars: this.#dayFiles.bars,
        file: batch.file,
      });
    }
    this.#context.signal?.throwIfAborted();
    for (const bar of this.#bookToBars.flush()) await this.#dayFiles.add(bar);
    this.#refuseEmptiness();
    await this.#dayFiles.finish();
    const manifest = await this.#manifest();
    const { textBytes, diskBytes } = this.#source.report;
    return {
      kind: 'done',
      manifest,
      manifestFile: await writeManifest(this.#unit, manifest),
      textBytes,
      diskBytes,
    };
  }

  async #ingestBatch(batch: EventBatch): Promise<void> {
    for (let event = batch.next(); event !== null; event = batch.next()) {
      if (event.kind === 'quote') continue;
      const bars = this.#bookToBars.process(event);
      this.#watch.observe(event, this.#bookToBars, batch);
      for (const bar of bars) await this.#dayFiles.add(bar);
    }
  }

  #refuseEmptiness(): void {
    const { symbol } = this.#unit;
    const { counts } = this.#bookToBars.sequencedBook;
    const { symbolsSeen, damaged } = this.#source.report;
    if (counts.applied > 0) return;
    if (damaged.length > 0) {
      throw new DataError(damaged.map((file) => file.reason).join('\n'), { code: 'INPUT_DAMAGED' });
    }
    if (!symbolsSeen.has(symbol)) throw symbolMissing(symbol, symbolsSeen.keys());
    throw new DataError(
      `no book of ${symbol} could be built: ${counts.waiting} changes and no snapshot that they join; ` +
        'give the file that holds the snapshot as well',
      { code: 'SNAPSHOT_MISSING', context: { symbol, waiting: counts.waiting } },
    );
  }

  async #manifest(): Promise<IngestManifest> {
    const unit = this.#unit;
    const { report } = this.#source;
    const { counts } = this.#bookToBars.sequencedBook;
    return {
      format: 2,
      codeVersion: unit.codeVersion,
      parameters: {
        venue: unit.venue,
        symbol: unit.symbol,
        tickSize: unit.tickSize,
        lotSize: unit.lotSize,
        logVolume: unit.logVolume,
      },
      synthetic: unit.origin,
      fetched: unit.fetched,
      inputs: await describeInputs(unit.files),
      days: this.#dayFiles.days,
      opening: this.#dayFiles.opening,
      counts: {
        lines: report.lines,
        messages: counts.applied,
        bars: this.#dayFiles.bars,
        gaps: counts.gaps,
        crossed: counts.crossed,
        quarantined: report.quarantined,
        ignored: counts.ignored,
        checkedSnapshots: counts.repeated,
        disagreements: counts.disagreements,
        trimmedBars: this.#dayFiles.trimmedBars,
      },
      gaps: this.#watch.gaps,
      quarantined: report.quarantinedLines,
      damaged: [...unit.damaged, ...report.damaged],
      skipped: unit.skipped,
      incomplete: this.#dayFiles.incomplete,
    };
  }
}
