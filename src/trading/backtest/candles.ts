/** What a backtest runs on: candles of one symbol in columns, checked once before anything is simulated. */
import { DAY_MS, DataError } from '../../domain/core/index.ts';
import type { Depth } from './depth.ts';

/** Columns of equal length, one row a candle, ascending in time; a `CandleTable` is one. */
export interface Candles {
  /** Opening time of each candle. */
  readonly openTimeMs: Float64Array;
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  /** In units of the asset; without it every candle is taken to have traded. */
  readonly volume?: Float64Array;
  /**
   * Funding settled at the opening time of a candle, as a share of the notional that longs pay to shorts; 0 where none is.
   * It is charged on the position carried into the candle, at its opening price.
   */
  readonly fundingRate?: Float64Array;
}

/** Candles that passed {@link checkCandles}, with what the simulation derives from them. */
export interface CheckedCandles {
  readonly candles: Candles;
  /** 1 where nothing traded and nothing can be executed; null when every candle traded. */
  readonly halted: Uint8Array | null;
  /** Most common distance between neighbours. */
  readonly intervalMs: number;
  /** Candles in a year of 365 days: a market that never closes. */
  readonly candlesPerYear: number;
  /** Where there is one, market orders walk it; see `withDepth`. */
  readonly depth?: Depth;
}

/**
 * What a candle without volume means: under `wait` nothing is executed on it, orders and stops wait for the next candle that
 * traded; under `trade` it is a candle like any other.
 */
export type ZeroVolume = 'wait' | 'trade';

export const YEAR_MS = 365 * DAY_MS;
const FIELDS = ['openTimeMs', 'open', 'high', 'low', 'close', 'volume', 'fundingRate'] as const;
const PRICES = ['open', 'high', 'low', 'close'] as const;

/**
 * @throws DataError naming row and field: columns of different length, fewer than two rows, times that do not ascend, prices
 * that are not above 0 or not within `[low, high]`, volumes below 0, funding that is no number
 */
export function checkCandles(candles: Candles, zeroVolume: ZeroVolume = 'wait'): CheckedCandles {
  const rows = candles.openTimeMs.length;
  for (const field of FIELDS) {
    const column = candles[field];
    if (column !== undefined && column.length !== rows) {
      throw refusal(field, column.length, `has ${column.length} rows where openTimeMs has ${rows}`);
    }
  }
  if (rows < 2) throw refusal('openTimeMs', rows, `a backtest needs two candles or more, here are ${rows}`);
  checkTimes(candles.openTimeMs);
  checkPrices(candles);
  const { volume, fundingRate } = candles;
  volume?.forEach((value, row) => {
    if (!(value >= 0 && value < Infinity)) throw refusal('volume', row, `${value} is no volume`);
  });
  fundingRate?.forEach((value, row) => {
    if (!Number.isFinite(value)) throw refusal('fundingRate', row, `${value} is no rate; write 0 for none`);
  });
  const intervalMs = mostCommonStep(candles.openTimeMs);
  const isHalted = zeroVolume === 'wait' && volume !== undefined && volume.includes(0);
  return {
    candles,
    halted: isHalted ? Uint8Array.from(volume, (value) => (value === 0 ? 1 : 0)) : null,
    intervalMs,
    candlesPerYear: YEAR_MS / intervalMs,
  };
}

function checkTimes(openTimeMs: Float64Array): void {
  for (let row = 0; row < openTimeMs.length; row++) {
    const time = openTimeMs[row]!;
    if (!Number.isSafeInteger(time)) throw refusal('openTimeMs', row, `${time} is not a whole number of ms`);
    if (row === 0 || time > openTimeMs[row - 1]!) continue;
    const fault =
      time === openTimeMs[row - 1] ? 'repeats the time before it' : 'is earlier than the time before it';
    throw refusal('openTimeMs', row, `${time} ${fault}; sort the candles and drop duplicates`);
  }
}

function checkPrices(candles: Candles): void {
  const { open, high, low } = candles;
  for (let row = 0; row < open.length; row++) {
    for (const field of PRICES) {
      const price = candles[field][row]!;
      if (!(price > 0 && price < Infinity)) throw refusal(field, row, `${price} is not a price above 0`);
    }
    const [top, bottom] = [high[row]!, low[row]!];
    for (const field of ['open', 'close'] as const) {
      const price = candles[field][row]!;
      if (price > top || price < bottom) {
        throw refusal(field, row, `${price} lies outside [low, high] = [${bottom}, ${top}]`);
      }
    }
  }
}

function mostCommonStep(openTimeMs: Float64Array): number {
  const counts = new Map<number, number>();
  for (let row = 1; row < openTimeMs.length; row++) {
    const step = openTimeMs[row]! - openTimeMs[row - 1]!;
    counts.set(step, (counts.get(step) ?? 0) + 1);
  }
  return [...counts].reduce((best, entry) => (entry[1] > best[1] ? entry : best))[0];
}

/** A DataError about one cell of a column. */
export function refusal(field: string, row: number, fault: string): DataError {
  return new DataError(`backtest input, field ${field}, row ${row}: ${fault}`, {
    code: 'BACKTEST_INPUT',
    context: { field, row },
  });
}

/** The first `rows` candles, copied. */
export function truncateCandles(candles: Candles, rows: number): Candles {
  const columns = FIELDS.flatMap((field) => {
    const column = candles[field];
    return column === undefined ? [] : [[field, column.slice(0, rows)] as const];
  });
  return Object.fromEntries(columns) as unknown as Candles;
}
