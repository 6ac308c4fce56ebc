/** Bars for tests that are right in every respect, and the manifest that goes with them. */
import path from 'node:path';
import { DAY_MS, isoDay, MINUTE_MS } from '../../domain/core/index.ts';
import { BAR_LEVELS, type IncompleteReason, type MinuteBar } from '../../domain/features/index.ts';
import {
  symbolFolder,
  type SymbolLocation,
  sha256File,
  stationaryFile,
  writeBarDay,
  writeJsonAtomic,
} from '../../platform/storage/index.ts';
import type { IngestManifest } from '../ingest/manifest.ts';

export const DAY = Date.UTC(2024, 6, 23);
const LEVELS = 50;
const TICK = 0.5;

const midAt = (minuteMs: number): number => 100 + 10 * Math.sin(minuteMs / (7 * 3_600_000));
const bestBidAt = (minuteMs: number): number => Math.floor(midAt(minuteMs) / TICK) * TICK;
const sizeAt = (minuteMs: number): number => 2 + Math.cos(minuteMs / MINUTE_MS);

function closeAt(minuteMs: number): number {
  const bid = bestBidAt(minuteMs);
  const ask = bid + TICK;
  const bidSize = sizeAt(minuteMs);
  return (bid * 2 + ask * bidSize) / (bidSize + 2);
}

interface BarKind {
  readonly hasPrevious: boolean;
  readonly incomplete?: IncompleteReason;
}

export function bar(minuteMs: number, { hasPrevious, incomplete }: BarKind): MinuteBar {
  const bid = bestBidAt(minuteMs);
  const level = (of: (rank: number) => number, missing: number): Float64Array =>
    Float64Array.from({ length: BAR_LEVELS }, (_, rank) => (rank < LEVELS ? of(rank) : missing));
  const ifPrevious = (value: number): number => (hasPrevious ? value : Number.NaN);
  const close = closeAt(minuteMs);
  const features = Float64Array.of(
    0.0001,
    ifPrevious(0.0002),
    ifPrevious(0.0003),
    ifPrevious(Math.log(close / closeAt(minuteMs - MINUTE_MS))),
    0.05 + 0.01 * Math.sin(minuteMs),
    2 * TICK,
    0.1,
    -0.1,
    Math.log(1 + 100 + (minuteMs % 7)),
  );
  const [body, upperWick, lowerWick, logReturn, volatility, , obi, deepObi] = features;
  const stationary = Float64Array.of(
    body!,
    upperWick!,
    lowerWick!,
    logReturn!,
    (1e4 * volatility!) / close,
    2,
    1,
    obi!,
    deepObi!,
    0.1,
    -0.1,
    0.2,
    0.01 * Math.sin(minuteMs),
    1.1,
    1.2,
    Math.cos(minuteMs),
  );
  const ifComplete = (row: Float64Array): Float64Array =>
    incomplete === undefined ? row : row.fill(Number.NaN);
  return {
    minuteMs,
    features: ifComplete(features),
    stationary: ifComplete(stationary),
    open: close,
    high: close,
    low: close,
    close,
    bidPrices: level((rank) => bid - rank * TICK, Number.NaN),
    bidSizes: level((rank) => (rank === 0 ? sizeAt(minuteMs) : 1), 0),
    askPrices: level((rank) => bid + TICK + rank * TICK, Number.NaN),
    askSizes: level((rank) => (rank === 0 ? 2 : 1), 0),
    messages: 100,
    samples: 60,
    incomplete: incomplete === undefined ? [] : [incomplete],
  };
}

/** Writes bars day by day. */
export async function writeBars(location: SymbolLocation, bars: readonly MinuteBar[]): Promise<void> {
  for (const ofDay of Map.groupBy(bars, ({ minuteMs }) => isoDay(minuteMs)).values())
    await writeBarDay(location, ofDay);
}

/** `[minutes]` bars in a row, all but the first with a return. */
export function stretch(fromMs: number, minutes: number, continues = false): MinuteBar[] {
  return Array.from({ length: minutes }, (_, i) =>
    bar(fromMs + i * MINUTE_MS, { hasPrevious: continues || i > 0 }),
  );
}

export const dayFile = (location: SymbolLocation, dayMs: number): string =>
  path.join(symbolFolder('bars', location), `date=${isoDay(dayMs)}.parquet`);

const COUNTS: IngestManifest['counts'] = {
  lines: 1_000,
  messages: 900,
  bars: 240,
  gaps: 0,
  crossed: 0,
  quarantined: 0,
  ignored: 0,
  checkedSnapshots: 2,
  disagreements: 0,
  trimmedBars: 0,
};

interface ManifestFacts extends Partial<Omit<IngestManifest, 'counts'>> {
  readonly counts?: Partial<IngestManifest['counts']>;
}

export async function writeManifestOf(
  location: SymbolLocation,
  { counts, ...facts }: ManifestFacts,
): Promise<void> {
  const manifest: IngestManifest = {
    format: 3,
    codeVersion: '0.0.0',
    parameters: {
      venue: location.venue,
      symbol: location.symbol,
      tickSize: '0.5',
      lotSize: '1',
      logVolume: 'messages',
    },
    synthetic: null,
    fetched: null,
    inputs: [
      {
        file: 'one.zip',
        bytes: 1,
        modifiedMs: 0,
        sha256: '0'.repeat(64),
        firstExchangeTimeMs: DAY,
        lastExchangeTimeMs: DAY + 2 * DAY_MS - 1,
      },
    ],
    opening: null,
    days: await Promise.all(
      [DAY, DAY + DAY_MS].map(async (dayMs) => ({
        day: isoDay(dayMs),
        bars: 120,
        keptRows: 0,
        sha256: await sha256File(dayFile(location, dayMs)).catch(() => '0'.repeat(64)),
        stationarySha256: await sha256File(stationaryFile(location, dayMs)).catch(() => '0'.repeat(64)),
      })),
    ),
    counts: { ...COUNTS, ...counts },
    gaps: [],
    quarantined: [],
    damaged: [],
    skipped: [],
    incomplete: [],
    ...facts,
  };
  await writeJsonAtomic(path.join(symbolFolder('bars', location), 'ingest-test.json'), manifest);
}
