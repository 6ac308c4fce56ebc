import type { Command } from 'commander';
import { ConfigError, DataError, isoMinute } from '../../../domain/core/index.ts';
import {
  type CandleOptions,
  type CandleResult,
  type CandleShare,
  CODE_VERSION,
  importCandles,
  ingestCandles,
} from '../../../pipeline/index.ts';
import { define, EXIT, type Invocation } from '../invocation.ts';
import type { Output } from '../output.ts';

const SHOWN_ROWS = 20;

export function registerIngestCandles(ingest: Command): void {
  const candles = ingest
    .command('candles')
    .description('Binance’s candle archive and REST, or a CSV file → candles by month')
    .requiredOption('--market <name>', 'futures-um or spot')
    .requiredOption('--symbol <symbol...>', 'such as BTCUSDT; several by comma or space')
    .requiredOption('--interval <name>', 'such as 1m, 5m, 1h')
    .option('--from <YYYY-MM>', 'first month')
    .option('--to <YYYY-MM>', 'last month (default: the first)')
    .option('--base-url <url|folder>', 'mirror, or folder that holds data/, in place of the archive')
    .option(
      '--rest-url <url>',
      'stands in for the exchange’s REST, which fills gaps and gives today (default: the exchange’s, unless --base-url or --csv is given)',
    )
    .option('--no-rest', 'leave gaps as they are')
    .option('--workers <n>', 'months at once (default: 4)')
    .option('--csv <file>', 'import this file instead of the archive')
    .option(
      '--columns <column=name,...>',
      'what the file calls open_time, open, high, low, close, volume, close_time, quote_volume, trades_count, taker_buy_volume',
    )
    .option('--time-unit <unit>', 'times of the file: s, ms, us, ns or iso (default: told by each time)')
    .option('--replace', 'put these candles in place of those of another origin');
  let exitCode: number = EXIT.done;
  define(candles, {
    example:
      'tidemark ingest candles --market futures-um --symbol BTCUSDT,NEARUSDT --interval 5m --from 2025-01 --to 2025-12 --json',
    exitCode: () => exitCode,
    run: async (invocation) => {
      const { output, options } = invocation;
      const symbols = symbolsOf(options['symbol'] as readonly string[]);
      const shares = await output.stage(
        `Ingesting candles of ${symbols.join(', ')}`,
        (report) =>
          options['csv'] === undefined
            ? ingestArchive(invocation, symbols, report)
            : importFile(invocation, symbols).then((share) => [share]),
        summaryOf,
      );
      const errors = shares.flatMap((share) => share.errors);
      if (symbols.length === 1 && shares[0]!.result === null) {
        for (const { month, error } of errors.slice(1)) output.note(`${month}: ${error.message}`);
        throw errors[0]!.error;
      }
      for (const share of shares) printShare(output, share);
      if (errors.length > 0) {
        exitCode = errors.some(({ error }) => error instanceof DataError) ? EXIT.refused : EXIT.failed;
      }
      const results = shares.map((share) => jsonOf(share, options['interval'] as string));
      return symbols.length === 1 ? results[0] : results;
    },
  });
}

type Report = Parameters<Parameters<Output['stage']>[1]>[0];

async function ingestArchive(
  invocation: Invocation,
  symbols: readonly string[],
  report: Report,
): Promise<readonly CandleShare[]> {
  const { options } = invocation;
  refuseFlags(options, ['columns', 'timeUnit'], 'is for --csv');
  if (options['from'] === undefined) {
    throw new ConfigError([
      { path: '--from', message: 'give the first month, such as 2025-01, or a file with --csv' },
    ]);
  }
  return await ingestCandles({
    ...shared(invocation),
    symbols,
    from: options['from'] as string,
    to: options['to'] as string | undefined,
    baseUrl: options['baseUrl'] as string | undefined,
    useRest: options['rest'] !== false,
    workers: options['workers'] === undefined ? undefined : Number(options['workers']),
    onProgress: (done, months) => report(done / months, `${done} of ${months} months`),
  });
}

async function importFile(invocation: Invocation, symbols: readonly string[]): Promise<CandleShare> {
  const { options } = invocation;
  refuseFlags(options, ['from', 'to', 'baseUrl', 'workers'], 'is not for --csv: the file is taken whole');
  if (symbols.length !== 1)
    throw new ConfigError([{ path: '--symbol', message: 'a file holds the candles of one symbol' }]);
  return await importCandles({
    ...shared(invocation),
    symbol: symbols[0]!,
    csv: options['csv'] as string,
    columns: columnsOf(options['columns'] as string | undefined),
    timeUnit: options['timeUnit'] as string | undefined,
  });
}

function shared({ config, options, signal }: Invocation): CandleOptions {
  return {
    market: options['market'] as string,
    interval: options['interval'] as string,
    restUrl: options['restUrl'] as string | undefined,
    replace: options['replace'] === true,
    dataDir: config.dataDir,
    codeVersion: CODE_VERSION,
    nowMs: Date.now(),
    signal,
  };
}

/** @throws ConfigError when no name is left */
function symbolsOf(values: readonly string[]): readonly string[] {
  const names = values.flatMap((value) => value.split(',')).map((name) => name.trim().toUpperCase());
  const symbols = [...new Set(names.filter((name) => name !== ''))];
  if (symbols.length > 0) return symbols;
  throw new ConfigError([{ path: '--symbol', message: 'name a symbol, or several' }]);
}

function refuseFlags(options: Invocation['options'], names: readonly string[], message: string): void {
  const problems = names
    .filter((name) => options[name] !== undefined)
    .map((name) => ({
      path: `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
      message,
    }));
  if (problems.length > 0) throw new ConfigError(problems);
}

/** `open_time=ts,open=o` */
function columnsOf(text: string | undefined): Readonly<Record<string, string>> | undefined {
  if (text === undefined) return undefined;
  return Object.fromEntries(
    text.split(',').map((pair) => {
      const [column, ...name] = pair.split('=');
      return [column!.trim(), name.join('=').trim()];
    }),
  );
}

function summaryOf(shares: readonly CandleShare[]): string {
  const sum = (of: (result: CandleResult) => number): string =>
    shares.reduce((total, { result }) => total + (result === null ? 0 : of(result)), 0).toLocaleString('en');
  return `${sum((r) => r.rows)} candles, ${sum((r) => r.gaps)} gaps`;
}

function printShare(output: Output, { symbol, result, errors }: CandleShare): void {
  if (result !== null) printResult(output, result);
  for (const { month, error } of errors) {
    output.note(`${symbol} ${month}:\n${error.message.replaceAll(/^/gm, '  ')}`);
  }
}

function printResult(output: Output, result: CandleResult): void {
  const mark = result.synthetic ? ' SYNTHETIC' : '';
  output.line(`\n${output.bold(`${result.symbol} ${result.interval}`)}${mark}`);
  output.line(
    `candles      ${result.rows} in ${result.months.length} months, of which ${result.unchanged} unchanged`,
  );
  output.line(`gaps         ${result.gaps}, ${result.missingCandles} candles missing`);
  output.line(`repaired     ${result.repaired}, of which ${result.filled} from REST`);
  output.line(`refused      ${result.refused} rows`);
  output.line(`out          ${result.out}`);
  const absent = result.account?.absentColumns ?? [];
  if (absent.length > 0) output.line(`absent       ${absent.join(', ')}: no such columns in the file`);
  if (result.emptyMonths.length > 0) output.line(`no candles   ${result.emptyMonths.join(', ')}`);
  for (const { fromMs, toMs, candles } of result.gapList.slice(0, SHOWN_ROWS)) {
    output.line(`  gap        ${isoMinute(fromMs)} … ${isoMinute(toMs)}: ${candles}`);
  }
  for (const { line, reason } of result.account?.refusedRows.slice(0, SHOWN_ROWS) ?? []) {
    output.line(`  refused    line ${line}: ${reason}`);
  }
}

function jsonOf({ symbol, result, errors }: CandleShare, interval: string): unknown {
  return {
    symbol,
    interval,
    ...result,
    ...(errors.length > 0 && {
      errors: errors.map(({ month, error }) => ({ month, error: error.message, code: error.code })),
    }),
  };
}
