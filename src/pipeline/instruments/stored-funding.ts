/** Funding on disk, one file a UTC month: `<dataDir>/funding/venue=…/symbol=…/month=YYYY-MM.json`, with where it came from. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { monthSpan, type TimeSpan } from '../../domain/candles/index.ts';
import { DataError } from '../../domain/core/index.ts';
import {
  type Funding,
  type FundingGap,
  fundingGaps,
  fundingIntervalMs,
  type SortedFunding,
} from '../../domain/market/index.ts';
import {
  readJson,
  symbolFolder,
  type SymbolLocation,
  writeJsonAtomic,
} from '../../platform/storage/index.ts';
import { monthsOf } from '../candles/options.ts';

const MonthSchema = z.strictObject({
  format: z.literal(1),
  venue: z.string(),
  symbol: z.string(),
  month: z.string(),
  from: z.enum(['archive', 'rest', 'file']),
  /** Addresses or files, without secrets. */
  origins: z.array(z.string()),
  fetchedAt: z.iso.datetime(),
  /** Whether the month was over when it was fetched: it is not asked for again. */
  isComplete: z.boolean(),
  /** Settlements that came twice, number for number. */
  duplicates: z.int().min(0),
  /** Time in ms and rate, ascending. */
  settlements: z.array(z.tuple([z.int(), z.number()])),
});

export type FundingMonth = z.infer<typeof MonthSchema>;

export function fundingFile(location: SymbolLocation, month: string): string {
  return path.join(symbolFolder('funding', location), `month=${month}.json`);
}

/**
 * Null when it was never fetched.
 * @throws DataError when the file is not one of ours
 */
export async function readFundingMonth(
  location: SymbolLocation,
  month: string,
): Promise<FundingMonth | null> {
  const file = fundingFile(location, month);
  const found = await stat(file).catch(() => null);
  return found === null ? null : await readJson(file, MonthSchema);
}

interface FetchedMonth extends Pick<FundingMonth, 'month' | 'from' | 'isComplete'> {
  readonly origins: readonly string[];
  readonly funding: SortedFunding;
  readonly nowMs: number;
}

export async function writeFundingMonth(
  location: SymbolLocation,
  { funding, nowMs, origins, ...facts }: FetchedMonth,
): Promise<FundingMonth> {
  const stored: FundingMonth = {
    format: 1,
    venue: location.venue,
    symbol: location.symbol,
    ...facts,
    origins: [...origins],
    fetchedAt: new Date(nowMs).toISOString(),
    duplicates: funding.duplicates,
    settlements: Array.from(funding.timeMs, (timeMs, row) => [timeMs, funding.rate[row]!]),
  };
  await writeJsonAtomic(fundingFile(location, facts.month), stored);
  return stored;
}

/** Months of one symbol, joined. */
export interface StoredFunding {
  readonly funding: Funding;
  /** The most common distance; null below two settlements. */
  readonly intervalMs: number | null;
  /** By the most common distance of each month, neighbours joined. */
  readonly gaps: readonly FundingGap[];
}

export interface FundingRange extends SymbolLocation {
  /** Settlements from `fromMs` to before `toMs`. */
  readonly fromMs: number;
  readonly toMs: number;
}

/** What was ingested; nothing is asked of the network. @throws DataError when a month is not there */
export async function readFunding(range: FundingRange): Promise<StoredFunding> {
  const { fromMs, toMs } = range;
  const months: FundingMonth[] = [];
  for (const month of monthsOf(range)) {
    const stored = await readFundingMonth(range, month);
    if (stored === null) {
      throw new DataError(
        `no funding of ${range.venue} ${range.symbol} for ${month} in ${fundingFile(range, month)}; run ` +
          `\`tidemark ingest funding --venue ${range.venue} --symbol ${range.symbol} --from ${month}\` first`,
        { code: 'FUNDING_MISSING', context: { venue: range.venue, symbol: range.symbol, month } },
      );
    }
    months.push(stored);
  }
  return joinedFunding(months, { fromMs, toMs });
}

/** @param months ascending; what lies outside the span is left out */
export function joinedFunding(months: readonly FundingMonth[], span: TimeSpan): StoredFunding {
  const rows = months
    .flatMap(({ settlements }) => settlements)
    .filter(([timeMs]) => timeMs >= span.fromMs && timeMs < span.toMs);
  const funding = {
    timeMs: Float64Array.from(rows, ([timeMs]) => timeMs),
    rate: Float64Array.from(rows, ([, rate]) => rate),
  };
  const intervalMs = fundingIntervalMs(funding.timeMs);
  const gaps: FundingGap[] = [];
  for (const { month, settlements } of months) {
    const timeMs = Float64Array.from(settlements, ([time]) => time);
    const { fromMs, toMs } = monthSpan(month)!;
    const within = { fromMs, toMs: Math.min(toMs, span.toMs) };
    const expectedMs = fundingIntervalMs(timeMs) ?? intervalMs;
    if (expectedMs !== null) gaps.push(...fundingGaps(timeMs, expectedMs, within));
  }
  return { funding, intervalMs, gaps: joinedGaps(gaps).filter(({ toMs }) => toMs > span.fromMs) };
}

function joinedGaps(gaps: readonly FundingGap[]): readonly FundingGap[] {
  const joined: FundingGap[] = [];
  for (const gap of gaps) {
    const before = joined.at(-1);
    if (before?.toMs !== gap.fromMs) joined.push(gap);
    else {
      joined[joined.length - 1] = { ...gap, fromMs: before.fromMs, missing: before.missing + gap.missing };
    }
  }
  return joined;
}
