/**
 * What a quality check reads of day files: their schema as it is on disk, a whole day with its books, the features beside
 * it, and the shape of every feature month by month. A day's books are handed over rather than judged in SQL: decoding Parquet is nine tenths of
 * the time either way, and a check written over typed arrays can name the level that is wrong.
 */
import { BAR_LEVELS, QUANTGOD_9, STATIONARY } from '../../domain/features/index.ts';
import { barFile, stationaryFile } from './bar-store.ts';
import { BAR_COLUMNS, STATIONARY_COLUMNS } from './bar-schema.ts';
import { unreadable } from './day-file.ts';
import { parquet, readColumns, sqlText, withConnection } from './duckdb.ts';
import type { SymbolLocation } from './partitions.ts';

export interface DayFileColumn {
  readonly name: string;
  /** Parquet's name of the type, the logical one where there is one. */
  readonly type: string;
}

/** The columns that every bar file and every feature file must have, in order. */
export const BAR_FILE_SCHEMA: readonly DayFileColumn[] = schemaOf(BAR_COLUMNS);
export const STATIONARY_FILE_SCHEMA: readonly DayFileColumn[] = schemaOf(STATIONARY_COLUMNS);

function schemaOf(columns: readonly string[]): readonly DayFileColumn[] {
  return columns.map((name) => ({ name, type: name === 'datetime' ? 'TIMESTAMP_MILLIS' : 'DOUBLE' }));
}

export interface DayFileFacts {
  readonly columns: readonly DayFileColumn[];
  /** Columns that hold nulls; a day file has none, for NaN says "not available". */
  readonly nulls: readonly { readonly column: string; readonly count: number }[];
}

/** One side of the book: `prices[k][row]` and `sizes[k][row]` of level `k`, best first. */
export interface BookSideColumns {
  readonly side: 'bid' | 'ask';
  readonly prices: readonly Float64Array[];
  readonly sizes: readonly Float64Array[];
}

/** The rows of one day file as they are stored, each column `[rows]`. */
export interface BarDay {
  readonly rows: number;
  /** NaN where the file holds no time. */
  readonly minuteMs: Float64Array;
  readonly features: ReadonlyMap<string, Float64Array>;
  readonly close: Float64Array;
  readonly bids: BookSideColumns;
  readonly asks: BookSideColumns;
}

/** @throws DataError when the file is no readable Parquet file */
export async function readDayFileFacts(file: string): Promise<DayFileFacts> {
  return await withConnection(async (connection) => {
    const ask = async (sql: string): Promise<readonly (readonly unknown[])[]> =>
      (await connection.runAndReadAll(sql)).getRows();
    // The first row is the root, not a column.
    const columns = await ask(
      `SELECT name, coalesce(converted_type, "type") FROM parquet_schema(${sqlText(file)}) OFFSET 1`,
    );
    const nulls = await ask(
      `SELECT path_in_schema, sum(stats_null_count)::DOUBLE FROM parquet_metadata(${sqlText(file)})
       GROUP BY 1 HAVING sum(stats_null_count) > 0`,
    );
    return {
      columns: columns.map(([name, type]) => ({ name: String(name), type: String(type) })),
      nulls: nulls.map(([column, count]) => ({ column: String(column), count: Number(count) })),
    };
  }).catch(unreadable(file));
}

/**
 * Reads all columns by name, rows in the order of the file.
 * @throws DataError when the file cannot be read or lacks one of the columns
 */
export async function readBarDay(location: SymbolLocation, dayMs: number): Promise<BarDay> {
  const { rows, column } = await readDayFile(barFile(location, dayMs), BAR_COLUMNS);
  const side = (name: 'bid' | 'ask'): BookSideColumns => {
    const levels = (what: 'p' | 's'): readonly Float64Array[] =>
      Array.from({ length: BAR_LEVELS }, (_, rank) => column.get(`${name}_${rank}_${what}`)!);
    return { side: name, prices: levels('p'), sizes: levels('s') };
  };
  return {
    rows,
    minuteMs: column.get('datetime')!,
    features: new Map(QUANTGOD_9.map((name) => [name, column.get(name)!])),
    close: column.get('close')!,
    bids: side('bid'),
    asks: side('ask'),
  };
}

/** The stationary features of one day as they are stored, each column `[rows]`. */
export type FeatureDay = Pick<BarDay, 'rows' | 'minuteMs' | 'features'>;

/**
 * Reads all columns by name, rows in the order of the file.
 * @throws DataError when the file cannot be read or lacks one of the columns
 */
export async function readFeatureDay(location: SymbolLocation, dayMs: number): Promise<FeatureDay> {
  const { rows, column } = await readDayFile(stationaryFile(location, dayMs), STATIONARY_COLUMNS);
  return {
    rows,
    minuteMs: column.get('datetime')!,
    features: new Map(STATIONARY.map((name) => [name, column.get(name)!])),
  };
}

async function readDayFile(
  file: string,
  names: readonly string[],
): Promise<{ readonly rows: number; readonly column: ReadonlyMap<string, Float64Array> }> {
  const [, ...values] = names;
  const { rows, columns } = await withConnection((connection) =>
    readColumns(
      connection,
      `SELECT epoch_ms(datetime)::DOUBLE, ${values.map((name) => `"${name}"`).join(', ')} FROM ${parquet([file])}`,
    ),
  ).catch(unreadable(file));
  return { rows, column: new Map(names.map((name, index) => [name, columns[index]!])) };
}
