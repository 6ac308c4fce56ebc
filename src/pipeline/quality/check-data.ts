/**
 * The quality check of one symbol's bars: every row and every level of every day file, the gaps with their causes, the
 * drift of the features. One day is in memory at a time, and the next one is read meanwhile.
 */
import path from 'node:path';
import { DataError, DAY_MS, isoDay, isoMinute, MINUTE_MS } from '../../domain/core/index.ts';
import { BAR_LEVELS, QUANTGOD_9, STATIONARY } from '../../domain/features/index.ts';
import {
  BAR_FILE_SCHEMA,
  type BarDay,
  barFile,
  type FeatureMonths,
  listDays,
  readBarDay,
  readDayFileFacts,
  readFeatureMonths,
  sha256File,
  stationaryFile,
  type SymbolLocation,
  symbolFolder,
} from '../../platform/storage/index.ts';
import { checkGrid, MINUTES_A_DAY, ReturnChain } from './continuity-check.ts';
import { measureDrift, MIN_MONTH_ROWS, reportDrift } from './drift.ts';
import { checkFeatures, INCOMPLETE, MISSING, NO_RETURN, USABLE } from './feature-check.ts';
import { checkFeatureFile, type FeatureFile, readFeatureFile } from './feature-file-check.ts';
import { FindingLog } from './findings.ts';
import { type CoveredDay, findGaps, reportGaps } from './gaps.ts';
import { checkCrossing, checkSide, LevelCounts, type ReportCell } from './level-check.ts';
import { checkDayAgainstManifests, checkManifests, readBarFolder, type StoredManifest } from './manifests.ts';
import {
  type Coverage,
  type DayCoverage,
  type IngestSummary,
  type QualityReport,
  verdictOf,
} from './quality-report.ts';
import { checkSchema } from './schema-check.ts';

export interface CheckProgress {
  readonly daysDone: number;
  readonly days: number;
  readonly day: string;
}

export interface CheckDataOptions extends SymbolLocation {
  /** UTC days, both inclusive; all days there are when absent. */
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
  readonly onProgress?: ((progress: CheckProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * @throws DataError when there are no bars in the range; whatever is wrong with bars that are there is a finding
 * @throws the signal's reason when aborted
 */
export async function checkData(options: CheckDataOptions): Promise<QualityReport> {
  const folder = symbolFolder('bars', options);
  const stored = (await listDays(options))
    .map((day) => Date.parse(`${day}T00:00:00Z`))
    .filter((dayMs) => dayMs >= (options.fromMs ?? -Infinity) && dayMs <= (options.toMs ?? Infinity));
  const [firstMs] = stored;
  if (firstMs === undefined) {
    throw new DataError(
      `no bars of ${options.venue} ${options.symbol} to check in ${folder}; run \`tidemark ingest l2\` first`,
      { code: 'BARS_MISSING', context: { venue: options.venue, symbol: options.symbol } },
    );
  }
  const log = new FindingLog();
  const { manifests, isSynthetic } = await readBarFolder(folder, log);
  const fromMs = options.fromMs ?? firstMs;
  const toMs = options.toMs ?? stored.at(-1)!;
  const check = new DataCheck(options, { manifests, log });
  await check.readAll(stored);
  check.reportDepth();
  checkManifests(
    manifests.filter(({ days }) => days.some(({ day }) => day >= isoDay(fromMs) && day <= isoDay(toMs))),
    log,
  );
  const days = check.calendar(fromMs, toMs);
  const gaps = findGaps(days, manifests);
  reportGaps(gaps, log);
  const drift = measureDrift(await check.featureMonths());
  reportDrift(drift, log);
  const coverage = check.coverage(days, options.fromMs !== undefined || options.toMs !== undefined);
  const { findings } = log;
  const kinds = (severity: string): number => findings.filter((f) => f.severity === severity).length;
  return {
    venue: options.venue,
    symbol: options.symbol,
    synthetic: isSynthetic,
    from: isoDay(fromMs),
    to: isoDay(toMs),
    folder,
    errors: kinds('error'),
    warnings: kinds('warning'),
    notes: kinds('note'),
    verdict: verdictOf({ findings, coverage, synthetic: isSynthetic }),
    findings,
    coverage,
    depth: check.depth,
    gaps,
    drift,
    ingests: manifests.map(summarise),
  };
}

interface Day {
  readonly dayMs: number;
  readonly file: string;
  /** Null when it cannot be read. */
  readonly bars: BarDay | null;
  readonly features: FeatureFile;
}

class DataCheck {
  readonly #options: CheckDataOptions;
  readonly #manifests: readonly StoredManifest[];
  readonly #log: FindingLog;
  readonly #chain: ReturnChain;
  readonly #bids = new LevelCounts();
  readonly #asks = new LevelCounts();
  readonly #days = new Map<number, CoveredDay>();
  readonly #daysWithFeatures: number[] = [];

  constructor(
    options: CheckDataOptions,
    { manifests, log }: { readonly manifests: readonly StoredManifest[]; readonly log: FindingLog },
  ) {
    this.#options = options;
    this.#manifests = manifests;
    this.#log = log;
    this.#chain = new ReturnChain(log);
  }

  async readAll(daysMs: readonly number[]): Promise<void> {
    const { onProgress, signal } = this.#options;
    let next: Promise<Day> | null = this.#read(daysMs[0]!);
    for (const [index, dayMs] of daysMs.entries()) {
      const day: Day = await next!;
      next = index + 1 < daysMs.length && signal?.aborted !== true ? this.#read(daysMs[index + 1]!) : null;
      // Should this day fail, the day read ahead fails unheard: its own turn never comes.
      next?.catch(() => null);
      signal?.throwIfAborted();
      await this.#check(day);
      onProgress?.({ daysDone: index + 1, days: daysMs.length, day: isoDay(dayMs) });
    }
  }

  async #read(dayMs: number): Promise<Day> {
    const file = `date=${isoDay(dayMs)}.parquet`;
    const features = await readFeatureFile(this.#options, dayMs, this.#log);
    try {
      const facts = await readDayFileFacts(barFile(this.#options, dayMs));
      const isReadable = checkSchema(facts, { schema: BAR_FILE_SCHEMA, file, log: this.#log });
      const bars = isReadable ? await readBarDay(this.#options, dayMs) : null;
      return { dayMs, file, bars, features };
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      this.#log.add('file-unreadable', { file, detail: error.message });
      return { dayMs, file, bars: null, features };
    }
  }

  async #check({ dayMs, file, bars, features }: Day): Promise<void> {
    if (features.features !== null) this.#daysWithFeatures.push(dayMs);
    if (bars === null) {
      this.#chain.skip();
      this.#days.set(dayMs, { dayMs, states: null, isReadable: false });
      return;
    }
    const log = this.#log;
    if (bars.rows === 0) log.add('file-empty', { file });
    const rows = checkGrid(bars, { file, dayMs, log });
    const report: ReportCell = (kind, row, column, value) => {
      const timeMs = bars.minuteMs[row]!;
      const minute = Number.isNaN(timeMs) ? `row ${row + 1}` : isoMinute(timeMs);
      log.add(kind, { file, minute, column, detail: String(value) });
    };
    this.#bids.add(checkSide(bars.bids, report));
    this.#asks.add(checkSide(bars.asks, report));
    checkCrossing(bars.bids, bars.asks, report);
    const ofRows = checkFeatures(bars, report);
    this.#chain.add({ day: bars, rows, states: ofRows, file });
    const states = new Uint8Array(MINUTES_A_DAY);
    for (const row of rows) states[(bars.minuteMs[row]! - dayMs) / MINUTE_MS] = ofRows[row]!;
    this.#days.set(dayMs, { dayMs, states, isReadable: true });
    await checkFeatureFile(features, { bars, states: ofRows, manifests: this.#manifests }, log);
    await checkDayAgainstManifests(
      {
        file,
        day: isoDay(dayMs),
        rows: bars.rows,
        sha256: () => sha256File(path.join(symbolFolder('bars', this.#options), file)),
      },
      this.#manifests,
      log,
    );
  }

  /** Of the original nine, and of what the stationary set has besides. */
  async featureMonths(): Promise<readonly FeatureMonths[]> {
    const readable = [...this.#days.values()].filter(({ isReadable }) => isReadable);
    const own = new Set<string>(QUANTGOD_9);
    return [
      ...(await readFeatureMonths({
        files: readable.map(({ dayMs }) => barFile(this.#options, dayMs)),
        names: QUANTGOD_9,
        referenceRows: MIN_MONTH_ROWS,
      })),
      ...(await readFeatureMonths({
        files: this.#daysWithFeatures.map((dayMs) => stationaryFile(this.#options, dayMs)),
        names: STATIONARY.filter((name) => !own.has(name)),
        referenceRows: MIN_MONTH_ROWS,
      })),
    ];
  }

  /** Every day of the range, those without a file included. */
  calendar(fromMs: number, toMs: number): readonly CoveredDay[] {
    const days: CoveredDay[] = [];
    for (let dayMs = fromMs; dayMs <= toMs; dayMs += DAY_MS) {
      days.push(this.#days.get(dayMs) ?? { dayMs, states: null, isReadable: true });
    }
    return days;
  }

  reportDepth(): void {
    for (const [side, levels] of [
      ['bid', this.#bids],
      ['ask', this.#asks],
    ] as const) {
      const shallow = levels.below(BAR_LEVELS);
      if (shallow === 0) continue;
      const least = levels.summary?.least ?? 0;
      this.#log.add(
        'levels-few',
        { column: `${side}_${least}_p`, detail: `as few as ${least} levels` },
        shallow,
      );
    }
  }

  get depth(): QualityReport['depth'] {
    const [bids, asks] = [this.#bids.summary, this.#asks.summary];
    return bids === null || asks === null ? null : { bids, asks };
  }

  coverage(days: readonly CoveredDay[], isWholeRange: boolean): Coverage {
    const byDay = days.map((day) => this.#dayCoverage(day));
    const sum = (of: (day: DayCoverage) => number): number =>
      byDay.reduce((total, day) => total + of(day), 0);
    return {
      days: days.length,
      files: this.#days.size,
      minutes: isWholeRange ? days.length * MINUTES_A_DAY : recordedSpan(days),
      present: sum(({ present }) => present),
      complete: sum(({ complete }) => complete),
      usable: sum(({ usable }) => usable),
      seams: this.#chain.seams,
      joinedSeams: this.#chain.joinedSeams,
      byDay,
    };
  }

  #dayCoverage({ dayMs, states }: CoveredDay): DayCoverage {
    const counts = [0, 0, 0, 0];
    const completeByHour = new Array<number>(24).fill(0);
    for (const [minute, state] of (states ?? new Uint8Array(MINUTES_A_DAY)).entries()) {
      counts[state]! += 1;
      if (state > INCOMPLETE) completeByHour[Math.floor(minute / 60)]! += 1;
    }
    const day = isoDay(dayMs);
    const isFaulty = this.#log.faultyFiles.has(`date=${day}.parquet`);
    return {
      day,
      present: MINUTES_A_DAY - counts[MISSING]!,
      complete: counts[NO_RETURN]! + counts[USABLE]!,
      usable: counts[USABLE]!,
      completeByHour,
      file: this.#days.has(dayMs) ? (isFaulty ? 'faulty' : 'good') : 'none',
    };
  }
}

/** Minutes from the first stored one to the last. */
function recordedSpan(days: readonly CoveredDay[]): number {
  const head = days[0]?.states?.findIndex((state) => state !== MISSING) ?? 0;
  const tail = days.at(-1)?.states?.findLastIndex((state) => state !== MISSING) ?? MINUTES_A_DAY - 1;
  return days.length * MINUTES_A_DAY - Math.max(head, 0) - (MINUTES_A_DAY - 1 - tail);
}

function summarise({
  name,
  codeVersion,
  parameters,
  inputs,
  days,
  counts,
  damaged,
}: StoredManifest): IngestSummary {
  const { messages, bars, gaps, crossed, quarantined, checkedSnapshots, disagreements } = counts;
  return {
    manifest: name,
    codeVersion,
    ...parameters,
    inputs: inputs.length,
    days: days.length,
    messages,
    bars,
    gaps,
    crossed,
    quarantined,
    damaged: damaged.length,
    checkedSnapshots,
    disagreements,
  };
}
