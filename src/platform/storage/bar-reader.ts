/** Stored minute bars as one table: the features of a set, in order of time. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { DataError, DAY_MS, invariant, isoDay, isoMinute } from '../../domain/core/index.ts';
import { type BarTable, FEATURE_SETS, type FeatureSetName } from '../../domain/features/index.ts';
import { barFile, listDays, stationaryFile } from './bar-store.ts';
import { unreadable } from './day-file.ts';
import { parquet, readColumns, withConnection } from './duckdb.ts';
import { type SymbolLocation, symbolFolder } from './partitions.ts';

export interface BarRange extends SymbolLocation {
  /** Inclusive and exclusive bounds on the bars' minutes. */
  readonly fromMs?: number;
  readonly toMs?: number;
  /** Default `quantgod-9`; `quantgod-9-samples` reads the same columns. */
  readonly featureSet?: FeatureSetName;
}

/** The engine keeps the footers of all files of a scan, megabytes each with so many columns. */
export const FILES_AT_ONCE = 32;

/**
 * All bars of a symbol within the range, without their books.
 * @throws DataError when there are none, a day lacks the features of the set, a file cannot be read, or two rows claim
 * the same minute
 */
export async function readBars(range: BarRange): Promise<BarTable> {
  const { fromMs = Number.NEGATIVE_INFINITY, toMs = Number.POSITIVE_INFINITY } = range;
  const set = FEATURE_SETS[range.featureSet ?? 'quantgod-9'];
  const days = (await listDays(range))
    .map((day) => Date.parse(`${day}T00:00:00Z`))
    .filter((dayMs) => dayMs + DAY_MS > fromMs && dayMs < toMs);
  const folder = symbolFolder('bars', range);
  if (days.length === 0) {
    throw new DataError(
      `no bars of ${range.venue} ${range.symbol} in ${folder}; run \`tidemark ingest l2\` first`,
      { code: 'BARS_MISSING', context: { venue: range.venue, symbol: range.symbol } },
    );
  }
  if (set.row === 'stationary') await refuseMissingFeatures(range, days);
  const parts = await withConnection(async (connection) => {
    const read: Part[] = [];
    for (let first = 0; first < days.length; first += FILES_AT_ONCE) {
      const some = days.slice(first, first + FILES_AT_ONCE);
      read.push(await readPart(connection, { ...range, fromMs, toMs }, some));
    }
    return read;
  });
  const minuteMs = joined(parts.map((part) => part.minuteMs));
  refuseDuplicates(minuteMs, folder);
  return {
    rows: minuteMs.length,
    minuteMs,
    featureNames: set.columns,
    features: joined(parts.map(({ features }) => features)),
    close: joined(parts.map(({ close }) => close)),
  };
}

/** The bars of some days. */
type Part = Pick<BarTable, 'minuteMs' | 'features' | 'close'>;

async function readPart(
  connection: DuckDBConnection,
  range: BarRange & { readonly fromMs: number; readonly toMs: number },
  days: readonly number[],
): Promise<Part> {
  const read = async (
    fileOf: (location: SymbolLocation, dayMs: number) => string,
    names: readonly string[],
  ): Promise<readonly [minuteMs: Float64Array, values: readonly Float64Array[]]> => {
    const files = days.map((dayMs) => fileOf(range, dayMs));
    const quoted = names.map((name) => `"${name}"`).join(', ');
    const {
      columns: [minuteMs, ...values],
    } = await readColumns(
      connection,
      `WITH bars AS (SELECT epoch_ms(datetime)::DOUBLE AS minute_ms, ${quoted} FROM ${parquet(files)})
       FROM bars WHERE ${bound('minute_ms >=', range.fromMs)} AND ${bound('minute_ms <', range.toMs)} ORDER BY minute_ms`,
    ).catch(unreadable(files.length === 1 ? files[0]! : `${files[0]!} and the ${files.length - 1} after it`));
    invariant(minuteMs !== undefined, 'the query names the time');
    return [minuteMs, values];
  };
  const set = FEATURE_SETS[range.featureSet ?? 'quantgod-9'];
  if (set.row === 'features') {
    const [minuteMs, values] = await read(barFile, [...set.columns, 'close']);
    return { minuteMs, features: interleave(values.slice(0, -1), minuteMs.length), close: values.at(-1)! };
  }
  const [minuteMs, [close]] = await read(barFile, ['close']);
  const [featureMs, values] = await read(stationaryFile, set.columns);
  refuseOtherMinutes(range, minuteMs, featureMs);
  return { minuteMs, features: interleave(values, minuteMs.length), close: close! };
}

const bound = (comparison: string, limitMs: number): string =>
  Number.isFinite(limitMs) ? `${comparison} ${limitMs}` : 'true';

async function refuseMissingFeatures(location: SymbolLocation, days: readonly number[]): Promise<void> {
  const stored = new Set(await listDays(location, 'features/set=stationary'));
  const missing = days.map(isoDay).filter((day) => !stored.has(day));
  if (missing.length === 0) return;
  throw new DataError(
    `${missing.length} of ${days.length} days of ${location.venue} ${location.symbol} have no stationary features (first ${missing[0]}): ingest them again`,
    { code: 'FEATURES_MISSING', context: { symbol: location.symbol, days: missing.length } },
  );
}

function refuseOtherMinutes(location: SymbolLocation, bars: Float64Array, features: Float64Array): void {
  const row = bars.findIndex((minuteMs, i) => minuteMs !== features[i]);
  if (row < 0 && bars.length === features.length) return;
  const minuteMs = row < 0 ? features[bars.length]! : bars[row]!;
  throw new DataError(
    `${symbolFolder('features/set=stationary', location)}: its minutes are not those of the bars, from ${isoMinute(minuteMs)} on; ingest the day again`,
    { code: 'FEATURES_STALE', context: { symbol: location.symbol, minuteMs } },
  );
}

function refuseDuplicates(minuteMs: Float64Array, folder: string): void {
  for (let row = 1; row < minuteMs.length; row++) {
    if (minuteMs[row]! > minuteMs[row - 1]!) continue;
    throw new DataError(
      `${folder}: two bars claim the minute ${isoMinute(minuteMs[row]!)}; remove one of the files and ingest again`,
      { code: 'BARS_DUPLICATE', context: { folder, minuteMs: minuteMs[row]! } },
    );
  }
}

/** Columns `[k][rows]` → row-major `[rows × k]`. */
function interleave(columns: readonly Float64Array[], rows: number): Float64Array {
  const width = columns.length;
  const values = new Float64Array(rows * width);
  for (const [k, column] of columns.entries()) {
    for (let row = 0; row < rows; row++) values[row * width + k] = column[row]!;
  }
  return values;
}

function joined(parts: readonly Float64Array[]): Float64Array {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  const whole = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let first = 0;
  for (const part of parts) {
    whole.set(part, first);
    first += part.length;
  }
  return whole;
}
