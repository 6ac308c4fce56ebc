/** The distribution of every feature in every UTC month, counted by DuckDB. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { FILES_AT_ONCE } from './bar-reader.ts';
import { parquet, readColumns, withConnection } from './duckdb.ts';

/** One feature in one month, over its finite values. */
export interface FeatureMonth {
  /** Start of the month, UTC. */
  readonly monthMs: number;
  readonly rows: number;
  readonly mean: number;
  /** With n − 1; NaN for a single row. */
  readonly standardDeviation: number;
  readonly median: number;
  readonly lowerQuartile: number;
  readonly upperQuartile: number;
  readonly least: number;
  readonly greatest: number;
  /** Rows in each bin between the edges of {@link FeatureMonths.edges}; empty when there is no reference month. */
  readonly binRows: readonly number[];
}

export interface FeatureMonths {
  readonly feature: string;
  /** First month with enough rows; null when there is none. */
  readonly referenceMs: number | null;
  /** Deciles of the reference month, ties merged, ascending: bin `k` holds the values above `k` of them. */
  readonly edges: readonly number[];
  /** In order of time. */
  readonly months: readonly FeatureMonth[];
}

const DECILES = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

/**
 * @param request.files day files to read; their schema must be whole
 * @param request.names features to look at; the files have a column for each
 * @param request.referenceRows rows that a month needs to be the reference
 */
export async function readFeatureMonths(request: {
  readonly files: readonly string[];
  readonly names: readonly string[];
  readonly referenceRows: number;
}): Promise<readonly FeatureMonths[]> {
  const { files, referenceRows } = request;
  if (files.length === 0) return [];
  return await withConnection(async (connection) => {
    const names = request.names.map((name) => `"${name}"`);
    await connection.run(
      `CREATE TEMP TABLE minutes (month_ms DOUBLE, ${names.map((name) => `${name} DOUBLE`).join(', ')})`,
    );
    for (let first = 0; first < files.length; first += FILES_AT_ONCE) {
      await connection.run(
        `INSERT INTO minutes
         SELECT epoch_ms(date_trunc('month', datetime)::TIMESTAMP)::DOUBLE, ${names.join(', ')} FROM ${parquet(files.slice(first, first + FILES_AT_ONCE))}`,
      );
    }
    const features: FeatureMonths[] = [];
    for (const feature of request.names) features.push(await oneFeature(connection, feature, referenceRows));
    return features;
  });
}

async function oneFeature(
  connection: DuckDBConnection,
  feature: string,
  referenceRows: number,
): Promise<FeatureMonths> {
  const finite = `FROM minutes WHERE isfinite("${feature}")`;
  const { rows, columns } = await readColumns(
    connection,
    `SELECT month_ms, count(*)::DOUBLE, avg("${feature}"), stddev_samp("${feature}"),
            quantile_cont("${feature}", 0.5), quantile_cont("${feature}", 0.25), quantile_cont("${feature}", 0.75),
            min("${feature}"), max("${feature}")
     ${finite} GROUP BY 1 ORDER BY 1`,
  );
  const at = (column: number, row: number): number => columns[column]![row]!;
  const reference = Array.from({ length: rows }, (_, row) => row).find((row) => at(1, row) >= referenceRows);
  const referenceMs = reference === undefined ? null : at(0, reference);
  const edges = referenceMs === null ? [] : await deciles(connection, feature, referenceMs);
  const bins = await binRows(connection, feature, edges);
  return {
    feature,
    referenceMs,
    edges,
    months: Array.from({ length: rows }, (_, row) => ({
      monthMs: at(0, row),
      rows: at(1, row),
      mean: at(2, row),
      standardDeviation: at(3, row),
      median: at(4, row),
      lowerQuartile: at(5, row),
      upperQuartile: at(6, row),
      least: at(7, row),
      greatest: at(8, row),
      binRows: referenceMs === null ? [] : bins.get(at(0, row))!,
    })),
  };
}

async function deciles(
  connection: DuckDBConnection,
  feature: string,
  monthMs: number,
): Promise<readonly number[]> {
  const { columns } = await readColumns(
    connection,
    `SELECT unnest(quantile_cont("${feature}", [${DECILES.join(', ')}]))
     FROM minutes WHERE isfinite("${feature}") AND month_ms = ${monthMs}`,
  );
  return [...new Set(columns[0])];
}

/** Month → rows in each of the `edges.length + 1` bins. */
async function binRows(
  connection: DuckDBConnection,
  feature: string,
  edges: readonly number[],
): Promise<ReadonlyMap<number, readonly number[]>> {
  const bin = edges.map((edge) => `("${feature}" > ${edge}::DOUBLE)::INT`).join(' + ') || '0';
  const { rows, columns } = await readColumns(
    connection,
    `SELECT month_ms, (${bin})::DOUBLE, count(*)::DOUBLE FROM minutes WHERE isfinite("${feature}") GROUP BY 1, 2`,
  );
  const [month, index, count] = columns;
  const counts = new Map<number, number[]>();
  for (let row = 0; row < rows; row++) {
    const bins = counts.get(month![row]!) ?? new Array<number>(edges.length + 1).fill(0);
    bins[index![row]!] = count![row]!;
    counts.set(month![row]!, bins);
  }
  return counts;
}
