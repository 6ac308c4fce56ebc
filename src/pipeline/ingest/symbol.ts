/** One symbol on its way through a unit: events → book → bars → day files, and the manifest that tells of it. */
import { DataError, dayOf, isoDay, MINUTE_MS, minuteOf } from '../../domain/core/index.ts';
import { BookToBars, type MinuteBar } from '../../domain/features/index.ts';
import { type BookUpdate, createInstrument } from '../../domain/market/index.ts';
import {
  type DamagedFile,
  type EventBatch,
  type SourceReport,
  symbolMissing,
} from '../../platform/sources/index.ts';
import { listDays, readBars } from '../../platform/storage/index.ts';
import { DayFiles } from './days.ts';
import { type FoundManifest, type IngestManifest, type InputFacts, writeManifest } from './manifest.ts';
import type { IngestUnit, UnitSymbol } from './unit.ts';
import { StreamWatch } from './watch.ts';

export class SymbolRun {
  readonly wanted: UnitSymbol;
  /** What is wrong with the symbol's data; nothing more is done for it. */
  refusal: DataError | null = null;
  readonly #unit: IngestUnit;
  readonly #bookToBars: BookToBars;
  readonly #dayFiles: DayFiles;
  readonly #watch = new StreamWatch();

  /** Begins where earlier units have ended: with the closes that they stored. */
  static async open(unit: IngestUnit, wanted: UnitSymbol): Promise<SymbolRun> {
    return new SymbolRun(unit, wanted, await earlierCloses(unit, wanted));
  }

  private constructor(unit: IngestUnit, wanted: UnitSymbol, earlierCloses: ReadonlyMap<number, number>) {
    const { venue, dataDir, logVolume, origin } = unit;
    this.#unit = unit;
    this.wanted = wanted;
    this.#bookToBars = new BookToBars(createInstrument({ venue, ...wanted }), { logVolume, earlierCloses });
    const ownDays = unit.isArchive ? new Set(unit.files.map((file) => dayOf(file.firstTimeMs))) : null;
    this.#dayFiles = new DayFiles({ location: { dataDir, venue, symbol: wanted.symbol }, ownDays, origin });
  }

  get messages(): number {
    return this.#bookToBars.sequencedBook.counts.applied;
  }

  get bars(): number {
    return this.#dayFiles.bars;
  }

  /**
   * The bars that the event closes, to be stored.
   * @throws DataError when the symbol's time runs backwards
   */
  process(event: BookUpdate, batch: EventBatch): readonly MinuteBar[] {
    const bars = this.#bookToBars.process(event);
    this.#watch.observe(event, this.#bookToBars, batch);
    return bars;
  }

  /** Whether to store the bar writes the day before it. */
  endsDay(bar: MinuteBar): boolean {
    return this.#dayFiles.endsDay(bar);
  }

  async store(bar: MinuteBar): Promise<void> {
    await this.#dayFiles.add(bar);
  }

  /** @throws whatever is not a matter of the data */
  refuse(error: unknown): void {
    if (!(error instanceof DataError)) throw error;
    this.refusal ??= error;
  }

  /**
   * The input has ended: writes what is open, and the manifest. Of a symbol that is refused, days written before stay,
   * and the manifest says so; null when there are none.
   */
  async finish(report: SourceReport, inputs: readonly InputFacts[]): Promise<FoundManifest | null> {
    try {
      if (this.refusal === null) {
        for (const bar of this.#bookToBars.flush()) await this.#dayFiles.add(bar);
        this.#refuseEmptiness(report);
        await this.#dayFiles.finish();
      }
    } catch (error) {
      this.refuse(error);
    }
    if (this.refusal !== null) {
      this.#dayFiles.drop();
      if (this.#dayFiles.days.length === 0) return null;
    }
    const manifest = this.#manifest(report, inputs);
    return { manifest, manifestFile: await writeManifest({ ...this.#unit, ...this.wanted }, manifest) };
  }

  #refuseEmptiness({ symbolsSeen, damaged }: SourceReport): void {
    const { symbol } = this.wanted;
    const { counts } = this.#bookToBars.sequencedBook;
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

  #refused(): readonly DamagedFile[] {
    if (this.refusal === null) return [];
    const { message, context } = this.refusal;
    return [{ path: String(context['file'] ?? this.#unit.files[0]?.path), reason: message }];
  }

  #manifest(report: SourceReport, inputs: readonly InputFacts[]): IngestManifest {
    const unit = this.#unit;
    const { counts } = this.#bookToBars.sequencedBook;
    return {
      format: 3,
      codeVersion: unit.codeVersion,
      parameters: { venue: unit.venue, ...this.wanted, logVolume: unit.logVolume },
      synthetic: unit.origin,
      fetched: unit.fetched,
      inputs: inputs.map((input) => ({ ...input, ...this.#watch.timesIn(input.file) })),
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
      damaged: [...unit.damaged, ...report.damaged, ...this.#refused()],
      skipped: unit.skipped,
      incomplete: this.#dayFiles.incomplete,
    };
  }
}

/** Closes of stored complete bars just before the unit begins: its first bar joins them. */
async function earlierCloses(unit: IngestUnit, { symbol }: UnitSymbol): Promise<ReadonlyMap<number, number>> {
  const closes = new Map<number, number>();
  const first = unit.files[0];
  if (first === undefined) return closes;
  const location = { dataDir: unit.dataDir, venue: unit.venue, symbol };
  const startMs = minuteOf(first.firstTimeMs);
  const days = await listDays(location);
  if (![startMs - MINUTE_MS, startMs].some((ms) => days.includes(isoDay(ms)))) return closes;
  const bars = await readBars({ ...location, fromMs: startMs - 2 * MINUTE_MS, toMs: startMs + MINUTE_MS });
  const width = bars.featureNames.length;
  for (let row = 0; row < bars.rows; row++) {
    if (!Number.isNaN(bars.features[row * width]!)) closes.set(bars.minuteMs[row]!, bars.close[row]!);
  }
  return closes;
}
