/**
 * `ingest candles`: months of candles of several symbols from the bulk archive and REST into Parquet. Each month is a unit
 * of its own: the monthly file where there is one, else the daily files, and REST for what is missing and for today.
 */
import path from 'node:path';
import { CANDLE_INTERVALS, monthSpan, type TimeSpan } from '../../domain/candles/index.ts';
import { DAY_MS, DataError, dayOf, TransientError } from '../../domain/core/index.ts';
import {
  CANDLE_MARKET_FACTS,
  type CandleArchive,
  type CandleMarket,
  type CandlePlace,
  dailyFiles,
  monthlyFile,
  openCandleArchive,
  RestKlines,
} from '../../platform/sources/index.ts';
import { type CandleLocation } from '../../platform/storage/index.ts';
import type { SyntheticOrigin } from '../truth.ts';
import { type CandleManifest, readCandleManifest } from './manifest.ts';
import { checkedOptions, type IngestCandlesOptions } from './options.ts';
import { syntheticOrigin, usable } from './origin.ts';
import { type ReadArchives, readArchives } from './read-archives.ts';
import { type CandleShare, type FailedMonth, shareOf } from './result.ts';
import { type StoredMonth, storeMonth } from './store-month.ts';

const DEFAULT_WORKERS = 4;
/** So many months in a row that the network failed to bring: waiting for the rest is in vain. */
const MAX_FAILURES_IN_A_ROW = 3;
/** By then the archive has its files. */
const ARCHIVE_DELAY_MS = 60 * DAY_MS;

/**
 * The symbols in the order asked for; what is wrong with one is in its share.
 * @throws ConfigError naming every option that is wrong; TransientError for a network that fails one month after the
 * other; the signal's reason when aborted. Months that were done stay.
 */
export async function ingestCandles(options: IngestCandlesOptions): Promise<readonly CandleShare[]> {
  const { places, months } = checkedOptions(options);
  const run = new IngestRun(options, await openCandleArchive({ ...options, base: options.baseUrl }));
  const units = places.flatMap((place) => months.map((month) => ({ place, month })));
  await run.perform(units);
  return places.map((place) => shareOf(locationOf(place, options.dataDir), run.done.get(place.symbol) ?? []));
}

export function locationOf({ market, symbol, interval }: CandlePlace, dataDir: string): CandleLocation {
  return { dataDir, venue: CANDLE_MARKET_FACTS[market].venue, symbol, interval };
}

interface CandleUnit {
  readonly place: CandlePlace;
  readonly month: string;
}

class IngestRun {
  readonly done = new Map<string, (StoredMonth | FailedMonth)[]>();
  readonly #options: IngestCandlesOptions;
  readonly #archive: CandleArchive;
  readonly #rest: RestKlines | null;
  readonly #origins = new Map<string, Promise<SyntheticOrigin | null>>();
  #failuresInARow = 0;
  #monthsDone = 0;

  constructor(options: IngestCandlesOptions, archive: CandleArchive) {
    this.#options = options;
    this.#archive = archive;
    const { useRest = true, baseUrl, restUrl } = options;
    const isAllowed = useRest && (restUrl !== undefined || baseUrl === undefined);
    this.#rest = isAllowed ? new RestKlines({ ...options, market: options.market as CandleMarket }) : null;
  }

  /** The first failure that is not a month's own ends the run, when the months under way are done. */
  async perform(units: readonly CandleUnit[]): Promise<void> {
    const waiting = units.values();
    const failures: unknown[] = [];
    const lane = async (): Promise<void> => {
      try {
        for (const unit of waiting) {
          await this.#one(unit);
          this.#options.onProgress?.(++this.#monthsDone, units.length);
          if (failures.length > 0) return;
        }
      } catch (error) {
        failures.push(error);
      }
    };
    const workers = Math.min(this.#options.workers ?? DEFAULT_WORKERS, units.length);
    await Promise.all(Array.from({ length: workers }, lane));
    this.#options.signal?.throwIfAborted();
    if (failures.length > 0) throw failures[0];
  }

  async #one(unit: CandleUnit): Promise<void> {
    this.#options.signal?.throwIfAborted();
    const outcome = await this.#attempt(unit);
    const { symbol } = unit.place;
    this.done.set(symbol, [...(this.done.get(symbol) ?? []), outcome]);
    this.#failuresInARow = outcome.error instanceof TransientError ? this.#failuresInARow + 1 : 0;
    if (this.#failuresInARow >= MAX_FAILURES_IN_A_ROW) throw outcome.error!;
  }

  async #attempt(unit: CandleUnit): Promise<StoredMonth | FailedMonth> {
    try {
      return await this.#ingest(unit);
    } catch (error) {
      if (error instanceof DataError || (error instanceof TransientError && error.code !== 'DISK_FULL'))
        return { month: unit.month, error };
      throw error;
    }
  }

  async #ingest({ place, month }: CandleUnit): Promise<StoredMonth> {
    const { nowMs, codeVersion, replace = false, signal } = this.#options;
    const location = locationOf(place, this.#options.dataDir);
    const synthetic = await this.#originOf(place, month);
    const stored = await readCandleManifest(location, month);
    const known = usable(stored, { from: 'archive', synthetic, replace });
    const files = await this.#read({ place, month }, known);
    const intervalMs = CANDLE_INTERVALS[place.interval];
    const span = monthSpan(month)!;
    const closedMs = Math.floor(nowMs / intervalMs) * intervalMs;
    return await storeMonth({
      location,
      market: place.market,
      month,
      from: 'archive',
      synthetic,
      known,
      expected: { fromMs: span.fromMs, toMs: Math.max(span.fromMs, Math.min(span.toMs, closedMs)) },
      fresh: files.fresh.flatMap(({ candles }) => candles),
      replaced: files.fresh.map(({ source }) => source.span),
      sources: [...files.unchanged, ...files.fresh.map(({ source }) => source)].toSorted(
        (a, b) => a.span.fromMs - b.span.fromMs,
      ),
      rest: this.#mayHoldMore(files, span) ? this.#rest : null,
      codeVersion,
      nowMs,
      signal,
    });
  }

  /** Where the archive has no file of a month long past, the exchange has no candle: the symbol was not listed. */
  #mayHoldMore({ fresh, unchanged }: ReadArchives, { toMs }: TimeSpan): boolean {
    const { restUrl, nowMs } = this.#options;
    return restUrl !== undefined || fresh.length + unchanged.length > 0 || toMs > nowMs - ARCHIVE_DELAY_MS;
  }

  /** The monthly file, which comes out some days after the month's end; before that, the daily files. */
  async #read({ place, month }: CandleUnit, known: CandleManifest | null): Promise<ReadArchives> {
    const { dataDir, limits, network, signal, nowMs } = this.#options;
    const { market, symbol, interval } = place;
    const options = {
      archive: this.#archive,
      place,
      downloadDir: path.join(dataDir, 'downloads', `candles-${market}-${symbol}-${interval}-${month}`),
      known: known?.sources ?? [],
      limits,
      network,
      signal,
    };
    const monthly = await readArchives([monthlyFile(place, month)], options);
    if (monthly.missing.length === 0) return monthly;
    return await readArchives(dailyFiles(place, monthSpan(month)!, dayOf(nowMs)), options);
  }

  /** Simulated archives are marked; Binance's own need not be asked. */
  async #originOf(place: CandlePlace, month: string): Promise<SyntheticOrigin | null> {
    if (this.#options.baseUrl === undefined) return null;
    let origin = this.#origins.get(place.symbol);
    if (origin === undefined)
      this.#origins.set(place.symbol, (origin = syntheticOrigin(this.#archive, monthlyFile(place, month))));
    return await origin;
  }
}
