/** Scores that another program made, one a candle, from a CSV or Parquet file of anybody's. */
import { ConfigError, DataError } from '../../domain/core/index.ts';
import { parquet, readColumns, sqlText, withConnection } from './duckdb.ts';

export interface ScoreFile {
  readonly file: string;
  /** Column of opening times: timestamps (UTC) or whole milliseconds. */
  readonly timeColumn: string;
  readonly scoreColumn: string;
  /** Column that names the symbol of a row; without it the file is of one symbol. */
  readonly symbolColumn?: string | undefined;
}

/** In the order of the file. */
export interface ScoreTable {
  readonly openTimeMs: Float64Array;
  /** NaN says nothing. */
  readonly scores: Float64Array;
}

const TIMES = /^(TIMESTAMP|DATE)/;
const INTEGERS = /^U?(BIGINT|INTEGER|HUGEINT)$/;

/**
 * @param symbol whose rows are wanted, where the file names symbols
 * @throws ConfigError for a column that is not there; DataError for a file that cannot be read, rows that are not in order
 * of time, and times that are none
 */
export async function readScores(source: ScoreFile, symbol: string): Promise<ScoreTable> {
  const { file, timeColumn, scoreColumn, symbolColumn } = source;
  const from = file.endsWith('.parquet')
    ? parquet([file])
    : `read_csv(${sqlText(file)}, header = true, parallel = false)`;
  const [openTimeMs, scores] = await withConnection(async (connection) => {
    const described = await connection
      .runAndReadAll(`DESCRIBE FROM ${from}`)
      .catch((cause: unknown) => unreadableScores(file, cause));
    const types = new Map(described.getRows().map((row) => [String(row[0]), String(row[1])]));
    requireColumns(source, types);
    const time = quoted(timeColumn);
    const of = symbolColumn === undefined ? 'true' : `${quoted(symbolColumn)} = ${sqlText(symbol)}`;
    const type = types.get(timeColumn)!;
    const ms = TIMES.test(type) ? `epoch_ms(${time}::TIMESTAMP)` : time;
    if (!TIMES.test(type) && !INTEGERS.test(type)) {
      throw new DataError(
        `${file}: column ${timeColumn} holds ${type}, not timestamps or whole milliseconds`,
        {
          code: 'SCORES_UNREADABLE',
          context: { file },
        },
      );
    }
    const { columns } = await readColumns(
      connection,
      `SELECT ${ms}::DOUBLE, ${quoted(scoreColumn)}::DOUBLE FROM ${from} WHERE ${of}`,
    ).catch((cause: unknown) => unreadableScores(file, cause));
    return columns as [Float64Array, Float64Array];
  });
  requireOrder(file, openTimeMs);
  return { openTimeMs, scores };
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

function requireColumns(
  { file, timeColumn, scoreColumn, symbolColumn }: ScoreFile,
  types: ReadonlyMap<string, string>,
): void {
  const wanted = [
    ['--time-column', timeColumn],
    ['--score-column', scoreColumn],
    ['--symbol-column', symbolColumn],
  ] as const;
  const problems = wanted.flatMap(([path, name]) =>
    name === undefined || types.has(name)
      ? []
      : [{ path, message: `${file} has no column "${name}"; it has ${[...types.keys()].join(', ')}` }],
  );
  if (problems.length > 0) throw new ConfigError(problems);
}

function requireOrder(file: string, openTimeMs: Float64Array): void {
  const row = openTimeMs.findIndex((ms, i) => !Number.isFinite(ms) || (i > 0 && ms <= openTimeMs[i - 1]!));
  if (row < 0) return;
  const fault = Number.isFinite(openTimeMs[row]!)
    ? 'is not later than the row before it: sort the rows by time and drop duplicates'
    : 'has no time';
  throw new DataError(`${file}: data row ${row + 1} ${fault}`, {
    code: 'SCORES_UNSORTED',
    context: { file, row: row + 1 },
  });
}

function unreadableScores(file: string, cause: unknown): never {
  const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
  throw new DataError(`${file}: not readable as scores (${reason})`, {
    code: 'SCORES_UNREADABLE',
    context: { file },
    cause,
  });
}
