/** Minute bars on disk: `<dataDir>/bars/venue=…/symbol=…/date=YYYY-MM-DD.parquet`, one file a UTC day. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { DataError, DAY_MS, dayOf, invariant, isoDay, isoMinute } from '../../domain/core/index.ts';
import { type BarTable, type MinuteBar, QUANTGOD_9 } from '../../domain/features/index.ts';
import { replaceFile } from './atomic-file.ts';
import { BAR_COLUMNS, barColumns } from './bar-schema.ts';
import { createTable, parquet, readColumns, sqlText, withConnection, withWriter } from './duckdb.ts';
import { type SymbolLocation, symbolFolder } from './partitions.ts';

export interface BarRange extends SymbolLocation {
  /** Inclusive and exclusive bounds on the bars' minutes. */
  readonly fromMs?: number;
  readonly toMs?: number;
}

export interface WrittenDay {
  readonly file: string;
  /** Rows that the file held before and that no new bar replaced. */
  readonly keptRows: number;
}

const DAY_FILE = /^date=(\d{4}-\d{2}-\d{2})\.parquet$/;

export function barFile(location: SymbolLocation, dayMs: number): string {
  return path.join(symbolFolder('bars', location), `date=${isoDay(dayMs)}.parquet`);
}

/**
 * Writes the bars of one day. What the day's file held before is kept where the new bars have nothing to say: a recording
 * that reaches a few messages across midnight must not wipe out the neighbouring day. A new bar replaces the stored one
 * of its minute, unless only the stored one is complete. With `replace` the new bars are all that the day has: a venue's
 * archive is the whole day.
 */
export async function writeBarDay(
  location: SymbolLocation,
  bars: readonly MinuteBar[],
  { replace = false }: { readonly replace?: boolean } = {},
): Promise<WrittenDay> {
  const first = bars[0];
  invariant(first !== undefined, 'a day without bars is not written');
  invariant(
    bars.every((bar) => dayOf(bar.minuteMs) === dayOf(first.minuteMs)),
    'all bars belong to one day',
  );
  const file = barFile(location, first.minuteMs);
  const exists = !replace && (await listDays(location)).includes(isoDay(first.minuteMs));
  const inOrder = bars.toSorted((a, b) => a.minuteMs - b.minuteMs);
  const keptRows = await withWriter(async (connection) => {
    await createTable(connection, 'fresh', barColumns(inOrder), inOrder.length);
    const kept = exists ? await mergeStored(connection, file) : 0;
    // To sort a day is as much work as to write it.
    const rows = kept > 0 ? 'FROM fresh ORDER BY datetime' : 'FROM fresh';
    await replaceFile(file, async (temporary) => {
      await connection.run(`COPY (${rows}) TO ${sqlText(temporary)} (FORMAT parquet, COMPRESSION snappy)`);
    });
    return kept;
  });
  return { file, keptRows };
}

/** Adds to `fresh` the stored rows that stay; returns how many. A bar is complete when its `body` is a number. */
async function mergeStored(
  connection: Parameters<Parameters<typeof withConnection>[0]>[0],
  file: string,
): Promise<number> {
  const refuse = refusal(file);
  await connection.run(`CREATE TEMP TABLE stored AS FROM ${parquet([file])}`).catch(refuse);
  await connection.run(
    `DELETE FROM fresh WHERE isnan(body) AND datetime IN (SELECT datetime FROM stored WHERE NOT isnan(body))`,
  );
  await connection.run(`DELETE FROM stored WHERE datetime IN (SELECT datetime FROM fresh)`);
  const { columns } = await readColumns(connection, 'SELECT count(*)::DOUBLE FROM stored');
  await connection.run('INSERT INTO fresh BY NAME FROM stored').catch(refuse);
  return columns[0]?.[0] ?? 0;
}

/** Gives features of one stored bar other values; every other byte of the table stays. */
export async function patchBar(
  location: SymbolLocation,
  minuteMs: number,
  values: Readonly<Record<string, number>>,
): Promise<void> {
  const file = barFile(location, minuteMs);
  const changes = Object.entries(values).map(
    ([name, value]) => `"${name}" = ${value.toExponential(17)}::DOUBLE`,
  );
  await withWriter(async (connection) => {
    // Declared as when the day was first written: the same rows give the same bytes.
    await createTable(connection, 'fresh', barColumns([]), 0);
    await connection.run(`INSERT INTO fresh BY NAME FROM ${parquet([file])}`).catch(refusal(file));
    await connection.run(`UPDATE fresh SET ${changes.join(', ')} WHERE epoch_ms(datetime) = ${minuteMs}`);
    await replaceFile(file, async (temporary) => {
      await connection.run(
        `COPY (FROM fresh ORDER BY datetime) TO ${sqlText(temporary)} (FORMAT parquet, COMPRESSION snappy)`,
      );
    });
  });
}

/** The days for which there are bars, as `YYYY-MM-DD`, ascending. */
export async function listDays(location: SymbolLocation): Promise<readonly string[]> {
  const entries = await readdir(symbolFolder('bars', location)).catch(() => []);
  return entries.flatMap((entry) => DAY_FILE.exec(entry)?.[1] ?? []).toSorted();
}

/**
 * All bars of a symbol within the range, in order of time, without their books.
 * @throws DataError when there are none, a file cannot be read, or two rows claim the same minute
 */
export async function readBars(range: BarRange): Promise<BarTable> {
  const { fromMs = Number.NEGATIVE_INFINITY, toMs = Number.POSITIVE_INFINITY } = range;
  const days = (await listDays(range)).filter((day) => {
    const dayMs = Date.parse(`${day}T00:00:00Z`);
    return dayMs + DAY_MS > fromMs && dayMs < toMs;
  });
  if (days.length === 0) {
    throw new DataError(
      `no bars of ${range.venue} ${range.symbol} in ${symbolFolder('bars', range)}; run \`tidemark ingest l2\` first`,
      { code: 'BARS_MISSING', context: { venue: range.venue, symbol: range.symbol } },
    );
  }
  const folder = symbolFolder('bars', range);
  const files = days.map((day) => path.join(folder, `date=${day}.parquet`));
  const names = [...QUANTGOD_9, 'close'].map((name) => `"${name}"`).join(', ');
  const { rows, columns } = await withConnection((connection) =>
    readColumns(
      connection,
      `WITH bars AS (SELECT epoch_ms(datetime)::DOUBLE AS minute_ms, ${names} FROM ${parquet(files)})
       FROM bars WHERE ${bound('minute_ms >=', fromMs)} AND ${bound('minute_ms <', toMs)} ORDER BY minute_ms`,
    ).catch(refusal(folder)),
  );
  const [minuteMs, ...values] = columns;
  const close = values.pop();
  invariant(minuteMs !== undefined && close !== undefined, 'the query names time and close');
  refuseDuplicates(minuteMs, folder);
  return { rows, minuteMs, featureNames: QUANTGOD_9, features: interleave(values, rows), close };
}

const bound = (comparison: string, limitMs: number): string =>
  Number.isFinite(limitMs) ? `${comparison} ${limitMs}` : 'true';

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

function refusal(place: string): (cause: unknown) => never {
  return (cause) => {
    const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    throw new DataError(
      `${place}: not readable as bar files of ${BAR_COLUMNS.length} columns (${reason}); ingest the data again`,
      { code: 'BARS_UNREADABLE', context: { place }, cause },
    );
  };
}
