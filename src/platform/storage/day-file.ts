/** One UTC day of minutes as one Parquet file, whatever its columns: written whole, merged, corrected in one row. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { DataError } from '../../domain/core/index.ts';
import { replaceFile } from './atomic-file.ts';
import { createTable, parquet, readColumns, sqlText, type TableColumn } from './duckdb.ts';

export interface DayRows {
  readonly file: string;
  /** `datetime` first; `body` among them, which is a number in complete rows. */
  readonly columns: readonly TableColumn[];
  /** In order of time. */
  readonly rows: number;
  /** Whether the file is there and what it holds is kept where the new rows have nothing to say. */
  readonly merge: boolean;
}

/** Writes a day and returns how many rows of the file's earlier content it still holds. */
export async function writeDayFile(
  connection: DuckDBConnection,
  { file, columns, rows, merge }: DayRows,
): Promise<number> {
  await createTable(connection, 'fresh', columns, rows);
  const kept = merge ? await mergeStored(connection, file) : 0;
  // To sort a day is as much work as to write it.
  await copyFresh(connection, file, kept > 0);
  return kept;
}

/** Adds to `fresh` the stored rows that stay; returns how many. A row is complete when its `body` is a number. */
async function mergeStored(connection: DuckDBConnection, file: string): Promise<number> {
  const refuse = unreadable(file);
  await connection.run(`CREATE OR REPLACE TEMP TABLE stored AS FROM ${parquet([file])}`).catch(refuse);
  await connection.run(
    `DELETE FROM fresh WHERE isnan(body) AND datetime IN (SELECT datetime FROM stored WHERE NOT isnan(body))`,
  );
  await connection.run(`DELETE FROM stored WHERE datetime IN (SELECT datetime FROM fresh)`);
  const { columns } = await readColumns(connection, 'SELECT count(*)::DOUBLE FROM stored');
  await connection.run('INSERT INTO fresh BY NAME FROM stored').catch(refuse);
  return columns[0]?.[0] ?? 0;
}

interface RowPatch {
  readonly file: string;
  /** The columns of the file; no row is read of them. */
  readonly columns: readonly TableColumn[];
  readonly minuteMs: number;
  readonly values: Readonly<Record<string, number>>;
}

/** Gives columns of one stored row other values; every other byte of the table stays. */
export async function patchDayFile(
  connection: DuckDBConnection,
  { file, columns, minuteMs, values }: RowPatch,
): Promise<void> {
  const changes = Object.entries(values).map(
    ([name, value]) => `"${name}" = ${value.toExponential(17)}::DOUBLE`,
  );
  // Declared as when the day was first written: the same rows give the same bytes.
  await createTable(connection, 'fresh', columns, 0);
  await connection.run(`INSERT INTO fresh BY NAME FROM ${parquet([file])}`).catch(unreadable(file));
  await connection.run(`UPDATE fresh SET ${changes.join(', ')} WHERE epoch_ms(datetime) = ${minuteMs}`);
  await copyFresh(connection, file, true);
}

async function copyFresh(connection: DuckDBConnection, file: string, sorted: boolean): Promise<void> {
  const rows = sorted ? 'FROM fresh ORDER BY datetime' : 'FROM fresh';
  await replaceFile(file, async (temporary) => {
    await connection.run(`COPY (${rows}) TO ${sqlText(temporary)} (FORMAT parquet, COMPRESSION snappy)`);
  });
}

/** Turns an engine's complaint about a file, or a folder of them, into a refusal. */
export function unreadable(place: string): (cause: unknown) => never {
  return (cause) => {
    const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    throw new DataError(`${place}: not readable as bar files (${reason}); ingest the data again`, {
      code: 'BARS_UNREADABLE',
      context: { place },
      cause,
    });
  };
}
