/** The one door to DuckDB: an in-memory engine used to write and read Parquet. */
import {
  DOUBLE,
  DuckDBDataChunk,
  DuckDBInstance,
  DuckDBTimestampMillisecondsValue,
  TIMESTAMP_MS,
  TINYINT,
  VARCHAR,
} from '@duckdb/node-api';
import type { DuckDBConnection, DuckDBType, DuckDBValue } from '@duckdb/node-api';

type Work<T> = (connection: DuckDBConnection) => Promise<T>;

let reader: Promise<DuckDBInstance> | null = null;

/** Runs `work` on a connection of its own; temporary tables live and die with it. */
export async function withConnection<T>(work: Work<T>): Promise<T> {
  // Every file is read once: a cache of them would only grow to most of the machine's memory.
  reader ??= DuckDBInstance.create(':memory:', { enable_external_file_cache: 'false' });
  return await connected(await reader, work);
}

/**
 * The same for writing a file, in an engine of its own that gives all its memory back at the end. One thread: a day of
 * bars is a single row group, over which more threads only spend a multiple of the time and memory.
 */
export async function withWriter<T>(work: Work<T>): Promise<T> {
  const writer = await DuckDBInstance.create(':memory:', { threads: '1' });
  try {
    return await connected(writer, work);
  } finally {
    writer.closeSync();
  }
}

async function connected<T>(instance: DuckDBInstance, work: Work<T>): Promise<T> {
  const connection = await instance.connect();
  try {
    return await work(connection);
  } finally {
    connection.closeSync();
  }
}

export function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A table function over Parquet files with the files' own columns: names of folders are no columns here. */
export function parquet(files: readonly string[]): string {
  return `read_parquet([${files.map(sqlText).join(', ')}], hive_partitioning = false)`;
}

/** Rows handed over at once; DuckDB takes at most 2,048, but wide tables need much memory for that many. */
const CHUNK_ROWS = 256;

export interface TableColumn {
  readonly name: string;
  /** `time`: integer milliseconds, NaN stored as null. `tiny`: small integers. `double`: as it is, NaN stays NaN. */
  readonly kind: 'time' | 'double' | 'tiny' | 'text';
  /** The value of a row, a string where the kind is `text`; null is stored as null. */
  readonly at: (row: number) => number | string | null;
}

const TYPES: Readonly<Record<TableColumn['kind'], DuckDBType>> = {
  time: TIMESTAMP_MS,
  double: DOUBLE,
  tiny: TINYINT,
  text: VARCHAR,
};

/** Creates the temporary table `name`, in place of an earlier one, and fills it column by column. */
export async function createTable(
  connection: DuckDBConnection,
  name: string,
  columns: readonly TableColumn[],
  rows: number,
): Promise<void> {
  const declared = columns.map(({ name: column, kind }) => `"${column}" ${TYPES[kind].toString()}`);
  await connection.run(`CREATE OR REPLACE TEMP TABLE ${name} (${declared.join(', ')})`);
  const appender = await connection.createAppender(name, 'main', 'temp');
  const chunk = DuckDBDataChunk.create(columns.map(({ kind }) => TYPES[kind]));
  for (let first = 0; first < rows; first += CHUNK_ROWS) {
    const count = Math.min(CHUNK_ROWS, rows - first);
    chunk.reset();
    chunk.rowCount = count;
    for (const [index, column] of columns.entries()) {
      const vector = chunk.getColumnVector(index);
      for (let i = 0; i < count; i++) vector.setItem(i, cell(column, first + i));
      vector.flush();
    }
    appender.appendDataChunk(chunk);
  }
  appender.closeSync();
}

function cell({ kind, at }: TableColumn, row: number): DuckDBValue {
  const value = at(row);
  if (kind !== 'time' || typeof value !== 'number') return value;
  return Number.isNaN(value) ? null : new DuckDBTimestampMillisecondsValue(BigInt(value));
}

/** Runs a query whose columns are all DOUBLE and returns them; null becomes NaN. */
export async function readColumns(
  connection: DuckDBConnection,
  sql: string,
): Promise<{ readonly rows: number; readonly columns: readonly Float64Array[] }> {
  const result = await connection.run(sql);
  const chunks = await result.fetchAllChunks();
  const rows = chunks.reduce((sum, chunk) => sum + chunk.rowCount, 0);
  const columns = Array.from({ length: result.columnCount }, () => new Float64Array(rows));
  let first = 0;
  for (const chunk of chunks) {
    for (const [index, column] of columns.entries()) {
      const vector = chunk.getColumnVector(index);
      for (let i = 0; i < vector.itemCount; i++) {
        const value = vector.getItem(i);
        column[first + i] = typeof value === 'number' ? value : Number.NaN;
      }
    }
    first += chunk.rowCount;
  }
  return { rows, columns };
}
