/** `ingest candles --csv`: somebody's file of candles into months of Parquet, every row accounted for. */
import path from 'node:path';
import { CANDLE_INTERVALS, monthSpan, type TimeSpan } from '../../domain/candles/index.ts';
import { ConfigError, type ConfigProblem, DataError } from '../../domain/core/index.ts';
import {
  CANDLE_COLUMNS,
  type CandleCsvOptions,
  planInputs,
  readCandleCsv,
  RestKlines,
  TIME_UNITS,
  type TimeUnit,
} from '../../platform/sources/index.ts';
import { sha256File } from '../../platform/storage/index.ts';
import { locationOf } from './ingest-candles.ts';
import { type CandleSource, readCandleManifest } from './manifest.ts';
import { type CandleOptions, checkedPlace, monthsOf } from './options.ts';
import { usable } from './origin.ts';
import { countedRows } from './read-rows.ts';
import { type CandleShare, shareOf } from './result.ts';
import { type StoredMonth, storeMonth } from './store-month.ts';

export interface ImportCandlesOptions extends CandleOptions {
  readonly symbol: string;
  readonly csv: string;
  /** Column → name in the header line. */
  readonly columns?: Readonly<Record<string, string>> | undefined;
  /** Default: each time is told by itself. */
  readonly timeUnit?: string | undefined;
}

/** Every time there may be: a file is not held to a range. */
const ALWAYS: TimeSpan = { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER };

/**
 * Stores the months that the file reaches over, each in place of an earlier import of it; `restUrl` fills its gaps.
 * @throws ConfigError naming every option that is wrong; DataError when the file cannot be read, holds no candle, or
 * would mix with candles of another origin; the signal's reason when aborted
 */
export async function importCandles(options: ImportCandlesOptions): Promise<CandleShare> {
  const problems: ConfigProblem[] = [];
  const place = checkedPlace(options, problems);
  const columns = checkedColumns(options.columns ?? {}, problems);
  const timeUnit = checkedUnit(options.timeUnit ?? 'auto', problems);
  if (place === null || timeUnit === undefined || problems.length > 0) throw new ConfigError(problems);
  const { csv, dataDir, replace = false, signal, nowMs, codeVersion } = options;
  const rest = options.restUrl === undefined ? null : new RestKlines({ ...options, market: place.market });
  await refuseOtherThanFile(csv);
  const intervalMs = CANDLE_INTERVALS[place.interval];
  const read = await readCandleCsv({ path: csv, intervalMs, columns, timeUnit, signal });
  const { candles, account } = countedRows(read, { interval: place.interval, span: ALWAYS });
  const [first, last] = [candles[0], candles.at(-1)];
  if (first === undefined || last === undefined) {
    const { line, reason } = account.refusedRows[0] ?? { line: 1, reason: 'the file is empty' };
    throw new DataError(`${csv}:${line}: ${reason}; none of its ${account.rows} rows is a candle`, {
      code: 'CANDLES_NONE',
      context: { file: csv },
    });
  }
  const location = locationOf(place, dataDir);
  const span = { fromMs: first.openTimeMs, toMs: last.openTimeMs + intervalMs };
  const months = monthsOf(span);
  for (const month of months) {
    usable(await readCandleManifest(location, month), { from: 'csv', synthetic: null, replace });
  }
  const source: CandleSource = {
    name: path.basename(csv),
    origin: csv,
    sha256: await sha256File(csv),
    verifiedBy: 'nothing',
    version: null,
    span,
    ...account,
  };
  const stored: StoredMonth[] = [];
  for (const month of months) {
    signal?.throwIfAborted();
    const { fromMs, toMs } = monthSpan(month)!;
    const expected = { fromMs: Math.max(fromMs, span.fromMs), toMs: Math.min(toMs, span.toMs) };
    const outcome = await storeMonth({
      location,
      market: place.market,
      month,
      from: 'csv',
      synthetic: null,
      known: null,
      expected,
      fresh: candles.filter(({ openTimeMs }) => openTimeMs >= fromMs && openTimeMs < toMs),
      replaced: [],
      sources: [source],
      rest,
      codeVersion,
      nowMs,
      signal,
    });
    stored.push(outcome);
  }
  return shareOf(location, stored, account);
}

/** @throws DataError when there is no such file */
async function refuseOtherThanFile(csv: string): Promise<void> {
  const [input, another] = await planInputs([csv]);
  if (input?.kind === 'local' && another === undefined && !input.fromFolder) return;
  throw new ConfigError([{ path: '--csv', message: `${csv} is not one file on this machine` }]);
}

function checkedColumns(
  columns: Readonly<Record<string, string>>,
  problems: ConfigProblem[],
): CandleCsvOptions['columns'] {
  for (const [column, name] of Object.entries(columns)) {
    const isKnown = CANDLE_COLUMNS.some((known) => known === column);
    if (!isKnown)
      problems.push({
        path: '--columns',
        message: `unknown column "${column}"; known: ${CANDLE_COLUMNS.join(', ')}`,
      });
    else if (name === '')
      problems.push({ path: '--columns', message: `${column}: give the name in the file` });
  }
  return columns;
}

function checkedUnit(text: string, problems: ConfigProblem[]): TimeUnit | undefined {
  const unit = TIME_UNITS.find((known) => known === text);
  if (unit === undefined)
    problems.push({
      path: '--time-unit',
      message: `unknown unit "${text}"; known: ${TIME_UNITS.join(', ')}`,
    });
  return unit;
}
