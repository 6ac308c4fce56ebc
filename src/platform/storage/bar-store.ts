/**
 * Minute bars on disk, one file a UTC day: `<dataDir>/bars/venue=…/symbol=…/date=YYYY-MM-DD.parquet`, and their stationary
 * features beside them: `<dataDir>/features/set=stationary/venue=…/symbol=…/date=YYYY-MM-DD.parquet`. Both are written,
 * merged and corrected together.
 */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { dayOf, invariant, isoDay } from '../../domain/core/index.ts';
import type { MinuteBar } from '../../domain/features/index.ts';
import { barColumns, stationaryColumns } from './bar-schema.ts';
import { patchDayFile, writeDayFile } from './day-file.ts';
import { withWriter } from './duckdb.ts';
import { type SymbolFolder, type SymbolLocation, symbolFolder } from './partitions.ts';

export interface WrittenDay {
  readonly file: string;
  readonly stationaryFile: string;
  /** Rows that the file held before and that no new bar replaced. */
  readonly keptRows: number;
}

const DAY_FILE = /^date=(\d{4}-\d{2}-\d{2})\.parquet$/;

export function barFile(location: SymbolLocation, dayMs: number): string {
  return path.join(symbolFolder('bars', location), `date=${isoDay(dayMs)}.parquet`);
}

export function stationaryFile(location: SymbolLocation, dayMs: number): string {
  return path.join(symbolFolder('features/set=stationary', location), `date=${isoDay(dayMs)}.parquet`);
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
  const day = isoDay(first.minuteMs);
  const exists = async (kind: SymbolFolder): Promise<boolean> =>
    !replace && (await listDays(location, kind)).includes(day);
  const merge = { bars: await exists('bars'), stationary: await exists('features/set=stationary') };
  const inOrder = bars.toSorted((a, b) => a.minuteMs - b.minuteMs);
  const rows = inOrder.length;
  const file = barFile(location, first.minuteMs);
  const features = stationaryFile(location, first.minuteMs);
  const keptRows = await withWriter(async (connection) => {
    // The bars come last: a day is there when its bars are.
    await writeDayFile(connection, {
      file: features,
      columns: stationaryColumns(inOrder),
      rows,
      merge: merge.stationary,
    });
    return await writeDayFile(connection, { file, columns: barColumns(inOrder), rows, merge: merge.bars });
  });
  return { file, stationaryFile: features, keptRows };
}

/** Gives features of one stored bar other values, in its bar file and its feature file. */
export async function patchBar(
  location: SymbolLocation,
  minuteMs: number,
  values: Readonly<Record<string, number>>,
): Promise<void> {
  await withWriter(async (connection) => {
    const patch = { minuteMs, values };
    await patchDayFile(connection, {
      ...patch,
      file: stationaryFile(location, minuteMs),
      columns: stationaryColumns([]),
    });
    await patchDayFile(connection, { ...patch, file: barFile(location, minuteMs), columns: barColumns([]) });
  });
}

/** The days for which there are bars, or files of another kind, as `YYYY-MM-DD`, ascending. */
export async function listDays(
  location: SymbolLocation,
  kind: SymbolFolder = 'bars',
): Promise<readonly string[]> {
  const entries = await readdir(symbolFolder(kind, location)).catch(() => []);
  return entries.flatMap((entry) => DAY_FILE.exec(entry)?.[1] ?? []).toSorted();
}
