/** The fields of one row, as text, and the candle that they make. */
import type { CandleRow } from '../../../domain/candles/index.ts';
import { timeIn, type TimeUnit } from './time-text.ts';

/** Names of the columns, as users and files write them. */
export const CANDLE_COLUMNS = [
  'open_time',
  'open',
  'high',
  'low',
  'close',
  'volume',
  'close_time',
  'quote_volume',
  'trades_count',
  'taker_buy_volume',
] as const;

export type CandleColumn = (typeof CANDLE_COLUMNS)[number];

export const REQUIRED_COLUMNS: readonly CandleColumn[] = CANDLE_COLUMNS.slice(0, 6);

/** Where in a row each column stands; those that are not there are not available. */
export interface RowLayout {
  readonly at: Readonly<Partial<Record<CandleColumn, number>>>;
  /** Fields of a whole row. */
  readonly fields: number;
  readonly timeUnit: TimeUnit;
  readonly intervalMs: number;
}

/** Order of Binance's archive and REST answers; a row has a twelfth field that means nothing. */
export const BINANCE_ORDER: RowLayout['at'] = Object.fromEntries(
  CANDLE_COLUMNS.map((column, index) => [column, index]),
);
export const BINANCE_FIELDS = 12;

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
/** How files write a number that is not there. */
const NOTHING = /^(?:|nan|null|none|n\/a)$/i;

/** The candle, or why the row cannot be read. Whether its numbers are possible is for others to say. */
export function candleOf(fields: readonly string[], layout: RowLayout): Omit<CandleRow, 'line'> | string {
  if (fields.length !== layout.fields) return `has ${fields.length} fields instead of ${layout.fields}`;
  let problem: string | null = null;
  const lacking: CandleColumn[] = [];
  const text = (column: CandleColumn): string => {
    const index = layout.at[column];
    return index === undefined ? '' : fields[index]!.trim();
  };
  const number = (column: CandleColumn): number => {
    const value = text(column);
    if (NOTHING.test(value)) {
      if (layout.at[column] !== undefined) lacking.push(column);
      return Number.NaN;
    }
    if (NUMBER.test(value) && Number.isFinite(Number(value))) return Number(value);
    problem ??= `${column} ${JSON.stringify(value.slice(0, 40))} is not a number`;
    return Number.NaN;
  };
  const openTimeMs = timeIn(text('open_time'), layout.timeUnit);
  if (Number.isNaN(openTimeMs))
    return `open_time ${JSON.stringify(text('open_time').slice(0, 40))} is not a time`;
  const spanMs = timeIn(text('close_time'), 'auto') - openTimeMs;
  if (spanMs > layout.intervalMs)
    return `is a candle of ${Math.round(spanMs / 1_000)} s, longer than the interval`;
  const candle = {
    openTimeMs,
    open: number('open'),
    high: number('high'),
    low: number('low'),
    close: number('close'),
    volume: number('volume'),
    quoteVolume: number('quote_volume'),
    trades: number('trades_count'),
    takerBuyVolume: number('taker_buy_volume'),
  };
  return problem ?? { candle, lacking };
}
