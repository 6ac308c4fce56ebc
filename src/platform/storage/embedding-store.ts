/**
 * Embeddings on disk, one file a symbol and UTC day, beside the statistics that the day's features are scaled with:
 * `<dataDir>/embeddings/model=<16 hex digits>/venue=…/symbol=…/interval=…/date=YYYY-MM-DD.parquet`, one row of
 * `datetime` (00:00 of the day) and the lists `embedding`, `centre` and `scale` of DOUBLE. The file's metadata hold the hashes of the
 * model, of the candles that it saw, and of the numbers themselves.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { type DuckDBConnection, DuckDBListValue, type DuckDBValue } from '@duckdb/node-api';
import { isoDay } from '../../domain/core/index.ts';
import { replaceFile } from './atomic-file.ts';
import type { CandleLocation } from './candle-store.ts';
import { sqlText, withConnection, withWriter } from './duckdb.ts';
import { symbolFolder } from './partitions.ts';

export interface EmbeddingLocation extends CandleLocation {
  /** Of the model's files, hexadecimal. */
  readonly modelSha256: string;
}

export interface StoredEmbedding {
  /** 00:00 UTC. */
  readonly dayMs: number;
  /** `[embedding]` */
  readonly embedding: Float64Array;
  /** `[features]` */
  readonly centre: Float64Array;
  /** `[features]` */
  readonly scale: Float64Array;
  /** Of the candles that the embedding is made from. */
  readonly candlesSha256: string;
}

export function embeddingFile(location: EmbeddingLocation, dayMs: number): string {
  const folder = symbolFolder(`embeddings/model=${location.modelSha256.slice(0, 16)}`, location);
  return path.join(folder, `interval=${location.interval}`, `date=${isoDay(dayMs)}.parquet`);
}

const VECTORS = ['embedding', 'centre', 'scale'] as const;

/** Writes each day's file, in place of what it held. */
export async function writeEmbeddings(
  location: EmbeddingLocation,
  days: readonly StoredEmbedding[],
): Promise<void> {
  await withWriter(async (connection) => {
    for (const day of days) {
      const columns = VECTORS.map((name) => `${listText(day[name])} AS ${name}`);
      const facts = Object.entries(factsOf(location, day)).map(([key, text]) => `${key}: ${sqlText(text)}`);
      await replaceFile(embeddingFile(location, day.dayMs), async (temporary) => {
        await connection.run(
          `COPY (SELECT epoch_ms(${day.dayMs}) AS datetime, ${columns.join(', ')}) TO ${sqlText(temporary)} ` +
            `(FORMAT parquet, COMPRESSION snappy, KV_METADATA {${facts.join(', ')}})`,
        );
      });
    }
  });
}

/** Seventeen digits hold every bit of a number. */
const listText = (values: Float64Array): string =>
  `[${Array.from(values, (value) => value.toExponential(17)).join(', ')}]::DOUBLE[]`;

/**
 * The days of `wanted` that are stored, whole and of this model, by their 00:00. A file that is damaged or of another
 * model counts as missing: it is made again.
 */
export async function readEmbeddings(
  location: EmbeddingLocation,
  wanted: readonly number[],
): Promise<ReadonlyMap<number, StoredEmbedding>> {
  const files = wanted.map((dayMs) => embeddingFile(location, dayMs)).filter((file) => existsSync(file));
  const days = await withConnection(async (connection) => await readFiles(connection, files));
  const whole = days.filter(({ day, facts }) =>
    Object.entries(factsOf(location, day)).every(([key, text]) => facts[key] === text),
  );
  return new Map(whole.map(({ day }) => [day.dayMs, day]));
}

interface ReadDay {
  readonly day: StoredEmbedding;
  readonly facts: Readonly<Record<string, string>>;
}

/** All at once; where one cannot be read, each by itself. */
async function readFiles(
  connection: DuckDBConnection,
  files: readonly string[],
): Promise<readonly ReadDay[]> {
  if (files.length === 0) return [];
  try {
    return await readTogether(connection, files);
  } catch {
    if (files.length === 1) return [];
    const days: ReadDay[] = [];
    for (const file of files) days.push(...(await readFiles(connection, [file])));
    return days;
  }
}

async function readTogether(
  connection: DuckDBConnection,
  files: readonly string[],
): Promise<readonly ReadDay[]> {
  const list = `[${files.map(sqlText).join(', ')}]`;
  const metadata = await connection.run(
    `SELECT file_name, decode(key), decode(value) FROM parquet_kv_metadata(${list})`,
  );
  const factsOfFile = new Map<string, Record<string, string>>();
  for (const [file, key, text] of await metadata.getRows()) {
    const facts = factsOfFile.get(String(file)) ?? {};
    factsOfFile.set(String(file), { ...facts, [String(key)]: String(text) });
  }
  const stored = await connection.run(
    `SELECT filename, epoch_ms(datetime)::DOUBLE, ${VECTORS.join(', ')}
     FROM read_parquet(${list}, hive_partitioning = false, filename = true)`,
  );
  return (await stored.getRows()).map(([file, dayMs, ...vectors]) => {
    const facts = factsOfFile.get(String(file)) ?? {};
    const [embedding, centre, scale] = vectors.map(numbersOf) as [Float64Array, Float64Array, Float64Array];
    const candlesSha256 = facts['candles'] ?? '';
    return { day: { dayMs: Number(dayMs), embedding, centre, scale, candlesSha256 }, facts };
  });
}

const numbersOf = (value: DuckDBValue): Float64Array =>
  value instanceof DuckDBListValue ? Float64Array.from(value.items, Number) : new Float64Array(0);

function factsOf({ modelSha256 }: EmbeddingLocation, day: StoredEmbedding): Readonly<Record<string, string>> {
  const values = createHash('sha256');
  for (const numbers of [day.embedding, day.centre, day.scale]) values.update(numbers);
  return { model: modelSha256, candles: day.candlesSha256, values: values.digest('hex') };
}
