/**
 * Order-book archives and recordings → minute bars on disk.
 *
 * Bad input does not spoil good input: a garbage line is put aside, a lost message closes its minute as incomplete, a
 * damaged file gives what lies before the damage; all of it is in the manifest beside the bars.
 */
import path from 'node:path';
import { DataError, dayOf, MINUTE_MS, minuteOf } from '../domain/core/index.ts';
import { BookToBars, type LogVolumeMode } from '../domain/features/index.ts';
import { parseVenueName } from '../domain/market/index.ts';
import {
  type DamagedFile,
  type EventBatch,
  VenueLineDecoder,
  MarketSource,
  type Survey,
  surveyInputs,
  symbolMissing,
} from '../platform/sources/index.ts';
import {
  listDays,
  readBars,
  sha256File,
  symbolFolder,
  type SymbolLocation,
} from '../platform/storage/index.ts';
import { readMarker, type SyntheticOrigin } from './truth.ts';
import { DayFiles } from './ingest-days.ts';
import { type IngestManifest, writeManifest } from './ingest-manifest.ts';
import { StreamWatch } from './ingest-watch.ts';

export interface IngestProgress {
  /** Bytes of the input files, taken in and in all. */
  readonly bytesDone: number;
  readonly bytesTotal: number;
  readonly messages: number;
  readonly bars: number;
  readonly file: string;
}

export interface IngestOptions {
  readonly venue: string;
  readonly symbol: string;
  /** Files and folders; what is in them is told by their content. */
  readonly inputs: readonly string[];
  readonly dataDir: string;
  /** Decimal text such as `0.1`; inferred from the data when absent. */
  readonly tickSize?: string | undefined;
  readonly lotSize?: string | undefined;
  readonly logVolume?: LogVolumeMode | undefined;
  readonly codeVersion: string;
  /** Milliseconds from any origin. */
  readonly clock: () => number;
  readonly onProgress?: ((progress: IngestProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface IngestResult {
  readonly venue: string;
  readonly symbol: string;
  readonly tickSize: string;
  readonly lotSize: string;
  readonly files: number;
  readonly messages: number;
  readonly bars: number;
  readonly incompleteBars: number;
  /** Bytes of JSON decoded, and of the files that held it. */
  readonly bytesIn: number;
  readonly bytesOnDisk: number;
  readonly seconds: number;
  readonly gaps: number;
  readonly crossed: number;
  readonly quarantined: number;
  readonly days: readonly string[];
  /** Folder of the bars, and the manifest in it. */
  readonly out: string;
  readonly manifest: string;
}

const DEFAULT_LOG_VOLUME: LogVolumeMode = 'messages';

/**
 * @throws ConfigError for an unknown venue; DataError when there is nothing to ingest, when tick or lot do not fit the
 * data, and, after all that is good has been written, when an input file was damaged; the signal's reason when aborted
 */
export async function ingestL2(options: IngestOptions): Promise<IngestResult> {
  const startedMs = options.clock();
  const venue = parseVenueName(options.venue);
  const symbol = options.symbol.toUpperCase();
  const location = { dataDir: options.dataDir, venue, symbol };
  const survey = await surveyInputs({ ...options, venue, symbol });
  const origin = await originOf(survey.files.map((file) => file.path));
  const bookToBars = new BookToBars(survey.instrument, {
    logVolume: options.logVolume ?? DEFAULT_LOG_VOLUME,
    earlierCloses: await earlierCloses(location, survey),
  });
  const run = new IngestRun({ options, location, survey, origin, bookToBars });
  await run.readAll();
  const manifest = await run.writeManifest();
  run.refuseDamage(manifest);
  return run.result(manifest, (options.clock() - startedMs) / 1_000);
}

/** The marker beside the first input that has one. */
async function originOf(files: readonly string[]): Promise<SyntheticOrigin | null> {
  for (const folder of new Set(files.map((file) => path.dirname(file)))) {
    const origin = await readMarker(folder);
    if (origin !== null) return origin;
  }
  return null;
}

/** Closes of stored complete bars just before the input begins, so that a day ingested by itself joins the day before. */
async function earlierCloses(location: SymbolLocation, survey: Survey): Promise<ReadonlyMap<number, number>> {
  const closes = new Map<number, number>();
  const first = survey.files[0];
  if (first === undefined || (await listDays(location)).length === 0) return closes;
  const startMs = minuteOf(first.firstTimeMs);
  try {
    const bars = await readBars({ ...location, fromMs: startMs - 2 * MINUTE_MS, toMs: startMs + MINUTE_MS });
    const width = bars.featureNames.length;
    for (let row = 0; row < bars.rows; row++) {
      if (!Number.isNaN(bars.features[row * width]!)) closes.set(bars.minuteMs[row]!, bars.close[row]!);
    }
  } catch (error) {
    // There are bars of other days only: nothing to join.
    if (!(error instanceof DataError) || error.code !== 'BARS_MISSING') throw error;
  }
  return closes;
}

interface IngestPlan {
  readonly options: IngestOptions;
  readonly location: SymbolLocation;
  readonly survey: Survey;
  readonly origin: SyntheticOrigin | null;
  readonly bookToBars: BookToBars;
}

class IngestRun {
  readonly #options: IngestOptions;
  readonly #location: SymbolLocation;
  readonly #survey: Survey;
  readonly #origin: SyntheticOrigin | null;
  readonly #source: MarketSource;
  readonly #dayFiles: DayFiles;
  readonly #watch = new StreamWatch();
  readonly #bookToBars: BookToBars;

  constructor({ options, location, survey, origin, bookToBars }: IngestPlan) {
    this.#options = options;
    this.#location = location;
    this.#survey = survey;
    this.#origin = origin;
    this.#bookToBars = bookToBars;
    this.#source = new MarketSource({
      files: survey.files.map((file) => file.path),
      decoder: new VenueLineDecoder(survey.instrument),
      signal: options.signal,
    });
    const archives = survey.files.every((file) => !file.hasReceiveTimes);
    const ownDays = archives ? new Set(survey.files.map((file) => dayOf(file.firstTimeMs))) : null;
    this.#dayFiles = new DayFiles({ location, ownDays, origin });
  }

  async readAll(): Promise<void> {
    const { signal, onProgress } = this.#options;
    const bytesTotal = this.#survey.files.reduce((sum, file) => sum + file.sizeBytes, 0);
    for await (const batch of this.#source) {
      await this.#ingestBatch(batch);
      onProgress?.({
        bytesDone: this.#source.report.diskBytes,
        bytesTotal,
        messages: this.#bookToBars.sequencedBook.counts.applied,
        bars: this.#dayFiles.bars,
        file: batch.file,
      });
    }
    signal?.throwIfAborted();
    for (const bar of this.#bookToBars.flush()) await this.#dayFiles.add(bar);
    this.#refuseEmptiness();
    await this.#dayFiles.finish();
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
    const { symbol } = this.#location;
    const { counts } = this.#bookToBars.sequencedBook;
    if (counts.applied > 0) return;
    const { symbolsSeen } = this.#source.report;
    if (!symbolsSeen.has(symbol)) throw symbolMissing(symbol, symbolsSeen.keys());
    throw new DataError(
      `no book of ${symbol} could be built: ${counts.waiting} changes and no snapshot that they join; ` +
        'give the file that holds the snapshot as well',
      { code: 'SNAPSHOT_MISSING', context: { symbol, waiting: counts.waiting } },
    );
  }

  get #damaged(): readonly DamagedFile[] {
    return [...this.#survey.damaged, ...this.#source.report.damaged];
  }

  async writeManifest(): Promise<string> {
    const { instrument, files, skipped } = this.#survey;
    const { report } = this.#source;
    const { counts } = this.#bookToBars.sequencedBook;
    const inputs: { file: string; bytes: number; sha256: string }[] = [];
    for (const { path, sizeBytes } of files) {
      inputs.push({ file: path, bytes: sizeBytes, sha256: await sha256File(path) });
    }
    const manifest: IngestManifest = {
      format: 1,
      codeVersion: this.#options.codeVersion,
      parameters: {
        venue: instrument.venue,
        symbol: instrument.symbol,
        tickSize: instrument.tick.text,
        lotSize: instrument.lot.text,
        logVolume: this.#options.logVolume ?? DEFAULT_LOG_VOLUME,
      },
      synthetic: this.#origin,
      inputs,
      days: this.#dayFiles.days,
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
      damaged: this.#damaged,
      skipped,
      incomplete: this.#dayFiles.incomplete,
    };
    return await writeManifest(this.#location, manifest);
  }

  refuseDamage(manifest: string): void {
    if (this.#damaged.length === 0) return;
    const reasons = this.#damaged.map((file) => file.reason).join('\n');
    throw new DataError(`${reasons}\nKept: ${this.#dayFiles.bars} bars of what is good; see ${manifest}`, {
      code: 'INPUT_DAMAGED',
      context: { files: this.#damaged.length, manifest },
    });
  }

  result(manifest: string, seconds: number): IngestResult {
    const { instrument, files } = this.#survey;
    const { report } = this.#source;
    const { counts } = this.#bookToBars.sequencedBook;
    return {
      venue: instrument.venue,
      symbol: instrument.symbol,
      tickSize: instrument.tick.text,
      lotSize: instrument.lot.text,
      files: files.length,
      messages: counts.applied,
      bars: this.#dayFiles.bars,
      incompleteBars: this.#dayFiles.incomplete.length,
      bytesIn: report.textBytes,
      bytesOnDisk: report.diskBytes,
      seconds,
      gaps: counts.gaps,
      crossed: counts.crossed,
      quarantined: report.quarantined,
      days: this.#dayFiles.days.map(({ day }) => day),
      out: symbolFolder('bars', this.#location),
      manifest,
    };
  }
}
