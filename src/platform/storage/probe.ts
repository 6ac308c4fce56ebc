import { withConnection } from './duckdb.ts';

/** Says which DuckDB answers. @throws when none does */
export async function checkParquet(): Promise<string> {
  return await withConnection(async (connection) => {
    const rows = await connection.runAndReadAll('SELECT version()');
    return `DuckDB ${String(rows.getRows()[0]?.[0])}`;
  });
}
