/** Results as plain tables for other programs: the same rows as Parquet and as CSV, each whole or not there. */
import path from 'node:path';
import { replaceFile } from './atomic-file.ts';
import { createTable, sqlText, type TableColumn, withWriter } from './duckdb.ts';

export type { TableColumn } from './duckdb.ts';

export interface Table {
  readonly columns: readonly TableColumn[];
  readonly rows: number;
}

export interface WrittenTable {
  readonly parquet: string;
  readonly csv: string;
}

/** ISO 8601, UTC, to the millisecond. */
const CSV_TIME = '%Y-%m-%dT%H:%M:%S.%gZ';

/** Writes `<folder>/<name>.parquet` and `<folder>/<name>.csv`. */
export async function writeTable(
  folder: string,
  name: string,
  { columns, rows }: Table,
): Promise<WrittenTable> {
  const written = { parquet: path.join(folder, `${name}.parquet`), csv: path.join(folder, `${name}.csv`) };
  await withWriter(async (connection) => {
    await createTable(connection, 'result', columns, rows);
    const copy = async (file: string, rowsOf: string, options: string): Promise<void> =>
      await replaceFile(file, async (temporary) => {
        await connection.run(`COPY (${rowsOf}) TO ${sqlText(temporary)} (${options})`);
      });
    const told = columns.map(({ name: column, kind }) =>
      kind === 'time'
        ? `strftime("${column}"::TIMESTAMP, ${sqlText(CSV_TIME)}) AS "${column}"`
        : `"${column}"`,
    );
    await copy(written.parquet, 'FROM result', 'FORMAT parquet, COMPRESSION snappy');
    await copy(written.csv, `SELECT ${told.join(', ')} FROM result`, 'FORMAT csv, HEADER');
  });
  return written;
}
