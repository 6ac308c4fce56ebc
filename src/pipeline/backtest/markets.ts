/** What a backtest runs on: stored candles, or order-book minute bars with their recorded books. */
import type { CandleInterval } from '../../domain/candles/index.ts';
import { DataError, DAY_MS, MINUTE_MS } from '../../domain/core/index.ts';
import { BAR_LEVELS } from '../../domain/features/index.ts';
import {
  type BarDay,
  listDays,
  readBarDay,
  type SymbolLocation,
  symbolFolder,
} from '../../platform/storage/index.ts';
import {
  type Candles,
  checkCandles,
  type CheckedCandles,
  type Rules,
  withDepth,
} from '../../trading/backtest/index.ts';
import { loadCandles } from '../candles/index.ts';
import { readMarker } from '../truth.ts';

export interface BacktestMarket {
  readonly venue: string;
  readonly symbol: string;
  /** `5m`; order-book bars are `1m`. */
  readonly interval: string;
  readonly source: 'candles' | 'bars';
  readonly checked: CheckedCandles;
  /** The exchange's, where they are known. */
  readonly rules?: Rules;
  readonly synthetic: boolean;
}

/** Bounds on opening times, the end excluded. */
export interface TimeRange {
  readonly fromMs: number;
  readonly toMs: number;
}

export async function candleMarket(
  location: SymbolLocation & { readonly interval: CandleInterval },
  range: TimeRange,
): Promise<BacktestMarket> {
  const { candles, manifests } = await loadCandles({ ...location, ...range });
  const kept = Int32Array.from(candles.openTimeMs.keys()).filter((row) =>
    isWithin(candles.openTimeMs[row]!, range),
  );
  requireRows(kept.length, `candles of ${location.venue} ${location.symbol} ${location.interval}`);
  const column = (values: Float64Array): Float64Array => Float64Array.from(kept, (row) => values[row]!);
  const volume = column(candles.volume);
  return {
    venue: location.venue,
    symbol: location.symbol,
    interval: location.interval,
    source: 'candles',
    synthetic: manifests.some(({ synthetic }) => synthetic !== null),
    checked: checkCandles({
      openTimeMs: column(candles.openTimeMs),
      open: column(candles.open),
      high: column(candles.high),
      low: column(candles.low),
      close: column(candles.close),
      ...(volume.every((value) => Number.isNaN(value)) ? {} : { volume }),
    }),
  };
}

/**
 * Minute bars as candles of the micro price: `open = close / e^body`, the wicks give high and low, and an incomplete bar is
 * its close alone. With `depth`, market orders walk the 200 levels of the bar's end.
 */
export async function barMarket(
  location: SymbolLocation,
  { depth, ...range }: TimeRange & { readonly depth: boolean },
): Promise<BacktestMarket> {
  const days = (await listDays(location))
    .map((day) => Date.parse(`${day}T00:00:00Z`))
    .filter((dayMs) => dayMs + DAY_MS > range.fromMs && dayMs < range.toMs);
  const parts: BarPart[] = [];
  for (const dayMs of days) parts.push(partOf(await readBarDay(location, dayMs), range, depth));
  const join = (of: (part: BarPart) => Float64Array): Float64Array => joined(parts.map(of));
  const openTimeMs = join((part) => part.openTimeMs);
  requireRows(openTimeMs.length, `bars of ${location.venue} ${location.symbol}`);
  const candles: Candles = {
    openTimeMs,
    open: join((part) => part.open),
    high: join((part) => part.high),
    low: join((part) => part.low),
    close: join((part) => part.close),
  };
  const plain = checkCandles(candles);
  const checked = depth
    ? withDepth(plain, {
        levels: BAR_LEVELS,
        bidPrices: join((part) => part.bidPrices),
        bidSizes: join((part) => part.bidSizes),
        askPrices: join((part) => part.askPrices),
        askSizes: join((part) => part.askSizes),
      })
    : plain;
  return {
    venue: location.venue,
    symbol: location.symbol,
    interval: '1m',
    source: 'bars',
    synthetic: (await readMarker(symbolFolder('bars', location))) !== null,
    // A single bar, or a recording with holes, must not change what a minute is.
    checked: { ...checked, intervalMs: MINUTE_MS, candlesPerYear: (365 * DAY_MS) / MINUTE_MS },
  };
}

type BarPart = Record<
  'openTimeMs' | 'open' | 'high' | 'low' | 'close' | 'bidPrices' | 'bidSizes' | 'askPrices' | 'askSizes',
  Float64Array
>;

/** The bars of one day within the range that have a close. */
function partOf(day: BarDay, range: TimeRange, depth: boolean): BarPart {
  const rows = Int32Array.from(day.minuteMs.keys())
    .filter((row) => isWithin(day.minuteMs[row]!, range) && day.close[row]! > 0)
    .sort((a, b) => day.minuteMs[a]! - day.minuteMs[b]!);
  const feature = (name: string, row: number): number => day.features.get(name)![row]!;
  const orClose = (price: number, row: number): number => (price > 0 ? price : day.close[row]!);
  const open = Float64Array.from(rows, (row) =>
    orClose(day.close[row]! / Math.exp(feature('body', row)), row),
  );
  // The wicks are shares of the close before.
  const wick = (name: string, row: number): number => {
    const share = feature(name, row) / Math.exp(feature('log_ret_close', row));
    return share > 0 ? share * day.close[row]! : 0;
  };
  const levels = (columns: readonly Float64Array[]): Float64Array => {
    if (!depth) return new Float64Array(0);
    const table = new Float64Array(rows.length * BAR_LEVELS);
    for (const [level, values] of columns.entries()) {
      rows.forEach((row, i) => (table[i * BAR_LEVELS + level] = values[row]!));
    }
    return table;
  };
  const column = (of: (row: number, i: number) => number): Float64Array =>
    Float64Array.from(rows, (row, i) => of(row, i));
  return {
    openTimeMs: column((row) => day.minuteMs[row]!),
    open,
    high: column((row, i) => Math.max(open[i]!, day.close[row]!) + wick('upper_wick', row)),
    low: column((row, i) => Math.min(open[i]!, day.close[row]!) - wick('lower_wick', row)),
    close: column((row) => day.close[row]!),
    bidPrices: levels(day.bids.prices),
    bidSizes: levels(day.bids.sizes),
    askPrices: levels(day.asks.prices),
    askSizes: levels(day.asks.sizes),
  };
}

const isWithin = (ms: number, { fromMs, toMs }: TimeRange): boolean => ms >= fromMs && ms < toMs;

function requireRows(rows: number, what: string): void {
  if (rows >= 2) return;
  throw new DataError(
    `${rows} ${what} in the range: a backtest needs two or more; ingest them, or widen --from and --to`,
    {
      code: 'BACKTEST_DATA_MISSING',
      context: { rows },
    },
  );
}

function joined(parts: readonly Float64Array[]): Float64Array {
  const whole = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Some of its candles, with their books. */
export function sliceMarket(market: BacktestMarket, start: number, end: number): BacktestMarket {
  const { candles, halted, depth, ...rest } = market.checked;
  const cut = Object.fromEntries(
    Object.entries(candles).map(([name, column]: [string, Float64Array]) => [
      name,
      column.subarray(start, end),
    ]),
  ) as unknown as Candles;
  const table = (values: Float64Array): Float64Array =>
    values.subarray(start * depth!.levels, end * depth!.levels);
  return {
    ...market,
    checked: {
      ...rest,
      candles: cut,
      halted: halted?.subarray(start, end) ?? null,
      ...(depth === undefined
        ? {}
        : {
            depth: {
              levels: depth.levels,
              bidPrices: table(depth.bidPrices),
              bidSizes: table(depth.bidSizes),
              askPrices: table(depth.askPrices),
              askSizes: table(depth.askSizes),
            },
          }),
    },
  };
}
