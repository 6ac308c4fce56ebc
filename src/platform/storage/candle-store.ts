/**
 * Candles on disk, one file a UTC month: `<dataDir>/candles/venue=…/symbol=…/interval=…/month=YYYY-MM.parquet` with
 * `datetime` (open time, UTC milliseconds), then open, high, low, close, volume, quote_volume, trades_count and
 * taker_buy_volume as DOUBLE; NaN means "not available", and there are no nulls.
 */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import {
  CANDLE_FIELDS,
  type CandleField,
  type CandleInterval,
  type CandleTable,
} from '../../domain/candles/index.ts';
import { DataError } from '../../domain/core/index.ts';
import { writeDayFile } from './day-file.ts';
import { parquet, readColumns, type TableColumn, withConnection, withWriter } from './duckdb.ts';
import { type SymbolLocation, symbolFolder } from './partitions.ts';

export interface CandleLocation extends SymbolLocation {
  readonly interval: CandleInterval;
}

const COLUMN_NAMES: Readonly<Record<CandleField, string>> = {
  open: 'open',
  high: 'high',
  low: 'low',
  close: 'close',
  volume: 'volume',
  quoteVolume: 'quote_volume',
  trades: 'trades_count',
  takerBuyVolume: 'taker_buy_volume',
};

/** Columns of a candle file, in their order. */
export const CANDLE_FILE_COLUMNS: readonly string[] = [
  'datetime',
  ...CANDLE_FIELDS.map((field) => COLUMN_NAMES[field]),
];

const MONTH_FILE = /^month=(\d{4}-\d{2})\.parquet$/;

export function candleFolder(location: CandleLocation): string {
  return path.join(symbolFolder('candles', location), `interval=${location.interval}`);
}

export function candleFile(location: CandleLocation, month: string): string {
  return path.join(candleFolder(location), `month=${month}.parquet`);
}

/** Writes all candles of a month, in order of time, in place of what the file held. */
export async function writeCandleMonth(
  location: CandleLocation,
  month: string,
  candles: CandleTable,
): Promise<string> {
  const file = candleFile(location, month);
  const columns: readonly TableColumn[] = [
    { name: 'datetime', kind: 'time', at: (row) => candles.openTimeMs[row]! },
    ...CANDLE_FIELDS.map((field): TableColumn => {
      const values = candles[field];
      return { name: COLUMN_NAMES[field], kind: 'double', at: (row) => values[row]! };
    }),
  ];
  await withWriter((connection) =>
    writeDayFile(connection, { file, columns, rows: candles.rows, merge: false }),
  );
  return file;
}

/** The months for which there are candles, as `YYYY-MM`, ascending. */
export async function listCandleMonths(location: CandleLocation): Promise<readonly string[]> {
  const entries = await readdir(candleFolder(location)).catch(() => []);
  return entries.flatMap((entry) => MONTH_FILE.exec(entry)?.[1] ?? []).toSorted();
}

/**
 * The candles of the months named, in order of time.
 * @throws DataError when a file is missing or cannot be read
 */
export async function readCandleMonths(
  location: CandleLocation,
  months: readonly string[],
): Promise<CandleTable> {
  if (months.length === 0) return tableOf(CANDLE_FILE_COLUMNS.map(() => new Float64Array(0)));
  const files = months.map((month) => candleFile(location, month));
  const names = CANDLE_FILE_COLUMNS.slice(1).map((name) => `"${name}"`);
  const { columns } = await withConnection((connection) =>
    readColumns(
      connection,
      `SELECT epoch_ms(datetime)::DOUBLE, ${names.join(', ')} FROM ${parquet(files)} ORDER BY datetime`,
    ),
  ).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    throw new DataError(`${candleFolder(location)}: not readable as candles (${reason}); ingest them again`, {
      code: 'CANDLES_UNREADABLE',
      context: { folder: candleFolder(location) },
      cause,
    });
  });
  return tableOf(columns);
}

/** @param columns in the order of {@link CANDLE_FILE_COLUMNS} */
function tableOf(columns: readonly Float64Array[]): CandleTable {
  const [openTimeMs, ...values] = columns;
  const fields = Object.fromEntries(CANDLE_FIELDS.map((field, index) => [field, values[index]!]));
  return {
    ...(fields as Record<CandleField, Float64Array>),
    rows: openTimeMs!.length,
    openTimeMs: openTimeMs!,
  };
}
