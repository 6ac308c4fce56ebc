/** One month of candles: what is stored, what has come, what the exchange can add; written whole, with its manifest. */
import { isDeepStrictEqual } from 'node:util';
import {
  type Candle,
  candleAt,
  type CandleGap,
  CANDLE_INTERVALS,
  candleGaps,
  candleTable,
  type TimeSpan,
} from '../../domain/candles/index.ts';
import { DataError, DAY_MS, TransientError } from '../../domain/core/index.ts';
import type { CandleMarket, RestKlines } from '../../platform/sources/index.ts';
import {
  CANDLE_FILE_COLUMNS,
  candleFile,
  candleFolder,
  type CandleLocation,
  readCandleMonths,
  sha256File,
  writeCandleMonth,
} from '../../platform/storage/index.ts';
import type { SyntheticOrigin } from '../truth.ts';
import { fillGaps, isWithin } from './fill-gaps.ts';
import {
  type CandleManifest,
  type CandleOrigin,
  type CandleSource,
  type StoredGap,
  writeCandleManifest,
} from './manifest.ts';
import { markSynthetic } from './origin.ts';

export interface MonthWork {
  readonly location: CandleLocation;
  readonly market: CandleMarket;
  readonly month: string;
  readonly from: CandleOrigin;
  readonly synthetic: SyntheticOrigin | null;
  /** What is stored already. */
  readonly known: CandleManifest | null;
  /** Of which every candle should be there. */
  readonly expected: TimeSpan;
  readonly fresh: readonly Candle[];
  /** Stretches of which stored candles are dropped: the fresh ones are all there is. */
  readonly replaced: readonly TimeSpan[];
  readonly sources: readonly CandleSource[];
  /** Null: gaps stay. */
  readonly rest: RestKlines | null;
  readonly codeVersion: string;
  readonly nowMs: number;
  readonly signal?: AbortSignal | undefined;
}

export interface StoredMonth {
  readonly month: string;
  /** Null when there is not one candle: nothing is stored. */
  readonly manifest: CandleManifest | null;
  /** Whether the file of the month is the one that was there before. */
  readonly unchanged: boolean;
  readonly gaps: readonly StoredGap[];
  /** Rows of the exchange's answers that are no candles. */
  readonly refusedByRest: number;
  /** Why gaps could not be asked for; the month is stored with them. */
  readonly error: DataError | TransientError | null;
}

export async function storeMonth(work: MonthWork): Promise<StoredMonth> {
  const { location, month, known } = work;
  const before = known === null ? [] : await storedCandles(work);
  const ofFiles = merged(before, work.fresh);
  const asked = await askForGaps(work, gapsIn(work, ofFiles));
  const candles = merged(ofFiles, asked.candles);
  const gaps = gapsIn(work, candles).map((gap): StoredGap =>
    Object.assign({ confirmed: isConfirmed(gap, asked, work) }, gap),
  );
  const outcome = { month, gaps, refusedByRest: asked.refused, error: asked.error };
  if (candles.length === 0) return { ...outcome, manifest: null, unchanged: false };
  const unchanged = known !== null && work.fresh.length === 0 && asked.candles.length === 0;
  if (!unchanged) {
    if (work.synthetic !== null) await markSynthetic(candleFolder(location), work.synthetic);
    await writeCandleMonth(location, month, candleTable(candles));
  }
  const manifest = await manifestOf(work, { candles, gaps, asked });
  if (!isDeepStrictEqual(manifest, known)) await writeCandleManifest(location, manifest);
  return { ...outcome, manifest, unchanged };
}

async function storedCandles({ location, month, replaced }: MonthWork): Promise<readonly Candle[]> {
  const table = await readCandleMonths(location, [month]);
  return Array.from({ length: table.rows }, (_, row) => candleAt(table, row)).filter(
    ({ openTimeMs }) => !replaced.some((span) => isWithin(openTimeMs, span)),
  );
}

/** In order of time; of two candles of one time the later list's. */
function merged(first: readonly Candle[], second: readonly Candle[]): readonly Candle[] {
  if (second.length === 0) return first;
  const byTime = new Map([...first, ...second].map((candle) => [candle.openTimeMs, candle]));
  return [...byTime.values()].toSorted((a, b) => a.openTimeMs - b.openTimeMs);
}

function gapsIn({ expected, location }: MonthWork, candles: readonly Candle[]): readonly CandleGap[] {
  const times = candles.map(({ openTimeMs }) => openTimeMs);
  return candleGaps(times, expected, CANDLE_INTERVALS[location.interval]);
}

interface Asked {
  readonly gaps: readonly CandleGap[];
  readonly candles: readonly Candle[];
  readonly refused: number;
  readonly error: DataError | TransientError | null;
}

/** The network's failure is an outcome: what the files hold is good without it. */
async function askForGaps(work: MonthWork, all: readonly CandleGap[]): Promise<Asked> {
  const { rest, known, location, signal } = work;
  const confirmed = known?.gaps.filter((gap) => gap.confirmed) ?? [];
  const gaps = all.filter((gap) => !confirmed.some((old) => covers(old, gap)));
  if (rest === null || gaps.length === 0) return { gaps: [], candles: [], refused: 0, error: null };
  try {
    return { gaps, ...(await fillGaps(gaps, { ...location, rest, signal })), error: null };
  } catch (error) {
    if (!(error instanceof DataError) && !(error instanceof TransientError)) throw error;
    return { gaps: [], candles: [], refused: 0, error };
  }
}

/** The exchange has the last candles a little later than its clock says. */
function isConfirmed(gap: CandleGap, asked: Asked, { known, nowMs }: MonthWork): boolean {
  if (gap.toMs > nowMs - DAY_MS) return false;
  const before = known?.gaps.filter(({ confirmed }) => confirmed) ?? [];
  return [...asked.gaps, ...before].some((whole) => covers(whole, gap));
}

const covers = (whole: TimeSpan, part: TimeSpan): boolean =>
  whole.fromMs <= part.fromMs && whole.toMs >= part.toMs;

async function manifestOf(
  work: MonthWork,
  {
    candles,
    gaps,
    asked,
  }: { readonly candles: readonly Candle[]; readonly gaps: readonly StoredGap[]; readonly asked: Asked },
): Promise<CandleManifest> {
  const { location, market, month } = work;
  const file = candleFile(location, month);
  return {
    format: 1,
    codeVersion: work.codeVersion,
    parameters: {
      market,
      venue: location.venue,
      symbol: location.symbol,
      interval: location.interval,
      month,
    },
    from: work.from,
    synthetic: work.synthetic,
    sources: work.sources,
    filled: [
      ...filledBefore(work),
      ...stretches(asked.candles, CANDLE_INTERVALS[location.interval]),
    ].toSorted((a, b) => a.fromMs - b.fromMs),
    gaps,
    rows: candles.length,
    columns: CANDLE_FILE_COLUMNS,
    file: { name: `month=${month}.parquet`, sha256: await sha256File(file) },
  };
}

/** Candles of REST that an earlier run stored and no archive has replaced since. */
function filledBefore({ known, replaced, location }: MonthWork): readonly CandleGap[] {
  const intervalMs = CANDLE_INTERVALS[location.interval];
  return (known?.filled ?? []).flatMap((stretch) => {
    const times = Array.from({ length: stretch.candles }, (_, i) => stretch.fromMs + i * intervalMs);
    const left = times.filter((timeMs) => !replaced.some((span) => isWithin(timeMs, span)));
    return stretchesOf(left, intervalMs);
  });
}

const stretches = (candles: readonly Candle[], intervalMs: number): readonly CandleGap[] =>
  stretchesOf(
    candles.map(({ openTimeMs }) => openTimeMs),
    intervalMs,
  );

/** Unbroken runs of ascending times. */
function stretchesOf(timesMs: readonly number[], intervalMs: number): readonly CandleGap[] {
  const runs: CandleGap[] = [];
  for (const timeMs of timesMs) {
    const last = runs.at(-1);
    if (last?.toMs === timeMs)
      runs[runs.length - 1] = { ...last, toMs: timeMs + intervalMs, candles: last.candles + 1 };
    else runs.push({ fromMs: timeMs, toMs: timeMs + intervalMs, candles: 1 });
  }
  return runs;
}
