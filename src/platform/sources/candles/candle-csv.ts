/**
 * Candles in a CSV file, packed or not: of Binance's archive, with its header line or without, or of anybody else with a
 * header line whose names are known or told.
 */
import { type CandleRow, type RowNote } from '../../../domain/candles/index.ts';
import { ConfigError, type ConfigProblem, DataError } from '../../../domain/core/index.ts';
import { readChunks } from '../content.ts';
import { LineSplitter } from '../line-splitter.ts';
import {
  BINANCE_FIELDS,
  BINANCE_ORDER,
  CANDLE_COLUMNS,
  type CandleColumn,
  candleOf,
  REQUIRED_COLUMNS,
  type RowLayout,
} from './candle-fields.ts';
import { timeIn, type TimeUnit } from './time-text.ts';

export interface CandleCsvOptions {
  readonly path: string;
  readonly intervalMs: number;
  /** Column → name in the header line; columns not told go by the names that are known. */
  readonly columns?: Readonly<Partial<Record<CandleColumn, string>>> | undefined;
  /** Default: each time is told by itself. */
  readonly timeUnit?: TimeUnit | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface CandleCsv {
  /** Rows in the order of the file, without the header line and empty lines. */
  readonly rows: readonly CandleRow[];
  /** Rows that could not be read. */
  readonly unreadable: readonly RowNote[];
  /** Columns that the file does not have. */
  readonly absentColumns: readonly CandleColumn[];
}

/** A month of one-minute candles is 6 MB; what unpacks to more is something else. */
const MAX_BYTES = 4 * 2 ** 30;

/** How headers call the columns, in lower case with underscores. */
const KNOWN_NAMES: Readonly<Record<CandleColumn, readonly string[]>> = {
  open_time: ['open_time', 'opentime', 'open_time_ms', 'timestamp', 'time', 'ts', 'datetime', 'date'],
  open: ['open', 'o'],
  high: ['high', 'h'],
  low: ['low', 'l'],
  close: ['close', 'c'],
  volume: ['volume', 'v', 'vol'],
  close_time: ['close_time', 'closetime'],
  quote_volume: ['quote_volume', 'quote_asset_volume', 'quotevolume'],
  trades_count: ['count', 'trades', 'trades_count', 'number_of_trades', 'num_trades'],
  taker_buy_volume: [
    'taker_buy_volume',
    'taker_buy_base_asset_volume',
    'taker_buy_base',
    'taker_buy_base_volume',
  ],
};

/**
 * @throws ConfigError when a column that was told is not in the header; DataError when the file is damaged or has no
 * columns of candles; the signal's reason when aborted
 */
export async function readCandleCsv(options: CandleCsvOptions): Promise<CandleCsv> {
  const reader = new CsvReader(options);
  const splitter = new LineSplitter();
  const readLines = (): void => {
    while (splitter.next()) {
      reader.line(splitter.isTooLong ? null : splitter.bytes.toString('utf8', splitter.start, splitter.end));
    }
  };
  for await (const chunk of readChunks(options.path, undefined, MAX_BYTES)) {
    options.signal?.throwIfAborted();
    splitter.push(chunk);
    readLines();
  }
  splitter.finish();
  readLines();
  return reader;
}

class CsvReader implements CandleCsv {
  readonly rows: CandleRow[] = [];
  readonly unreadable: RowNote[] = [];
  readonly #options: CandleCsvOptions;
  #layout: RowLayout | null = null;
  #line = 0;

  constructor(options: CandleCsvOptions) {
    this.#options = options;
  }

  get absentColumns(): readonly CandleColumn[] {
    const layout = this.#layout;
    return layout === null ? [] : CANDLE_COLUMNS.filter((column) => layout.at[column] === undefined);
  }

  /** @param text null for a line that is longer than any row */
  line(text: string | null): void {
    this.#line++;
    if (text === null) {
      this.unreadable.push({ line: this.#line, reason: 'too long for a row' });
      return;
    }
    const trimmed = text.replace(/^\uFEFF/, '').trimEnd();
    if (trimmed === '') return;
    const fields = fieldsOf(trimmed);
    if (this.#layout === null) {
      const header = this.#header(fields);
      this.#layout = header ?? this.#binanceLayout(fields);
      if (header !== null) return;
    }
    const row = candleOf(fields, this.#layout);
    if (typeof row === 'string') this.unreadable.push({ line: this.#line, reason: row });
    else this.rows.push({ line: this.#line, ...row });
  }

  /** Null when the line is a row already. */
  #header(fields: readonly string[]): RowLayout | null {
    const { columns = {}, timeUnit = 'auto', intervalMs, path } = this.#options;
    const isTold = Object.keys(columns).length > 0;
    if (!isTold && !Number.isNaN(timeIn(fields[0]!.trim(), 'auto'))) return null;
    const names = fields.map(normalised);
    const at: Partial<Record<CandleColumn, number>> = {};
    const problems: ConfigProblem[] = [];
    for (const column of CANDLE_COLUMNS) {
      const told = columns[column];
      const known = told === undefined ? KNOWN_NAMES[column] : [normalised(told)];
      const index = names.findIndex((name) => known.includes(name));
      if (index >= 0) at[column] = index;
      else if (told !== undefined) {
        problems.push({
          path: '--columns',
          message: `${column}=${told}: the header of ${path} has no such column (${fields.join(', ')})`,
        });
      }
    }
    if (problems.length > 0) throw new ConfigError(problems);
    const lacking = REQUIRED_COLUMNS.filter((column) => at[column] === undefined);
    if (lacking.length === 0) return { at, fields: fields.length, timeUnit, intervalMs };
    throw new DataError(
      `${path}:${this.#line}: no column for ${lacking.join(', ')} among "${fields.join(', ').slice(0, 300)}"; ` +
        'say with --columns which they are, such as --columns open_time=ts,open=o',
      { code: 'CANDLES_NO_COLUMNS', context: { file: path } },
    );
  }

  #binanceLayout(fields: readonly string[]): RowLayout {
    const { path, timeUnit = 'auto', intervalMs } = this.#options;
    if (fields.length === BINANCE_FIELDS) {
      return { at: BINANCE_ORDER, fields: BINANCE_FIELDS, timeUnit, intervalMs };
    }
    throw new DataError(
      `${path}:${this.#line}: no header line, and ${fields.length} fields where Binance's archive has ${BINANCE_FIELDS}; ` +
        'give the file a header line',
      { code: 'CANDLES_NO_COLUMNS', context: { file: path } },
    );
  }
}

const normalised = (name: string): string =>
  name
    .trim()
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_');

/** Fields between commas; quotes around a field are taken off (RFC 4180, one line a record). */
function fieldsOf(line: string): readonly string[] {
  if (!line.includes('"')) return line.split(',');
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '',
  );
}
