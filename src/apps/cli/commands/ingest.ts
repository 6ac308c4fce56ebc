import { availableParallelism } from 'node:os';
import { Option } from 'commander';
import type { Command } from 'commander';
import { ConfigError, DataError } from '../../../domain/core/index.ts';
import {
  CODE_VERSION,
  ingestSymbolSources,
  soleSource,
  type IngestSourcesResult,
  type IngestSymbolSourcesOptions,
  type SourcesSymbolResult,
} from '../../../pipeline/index.ts';
import { define, EXIT } from '../invocation.ts';
import type { Output } from '../output.ts';
import { registerIngestCandles } from './ingest-candles.ts';
import { registerIngestFunding } from './ingest-funding.ts';

export function registerIngest(program: Command): void {
  const ingest = program.command('ingest').description('archives and recordings → Parquet');
  registerIngestCandles(ingest);
  registerIngestFunding(ingest);
  const l2 = ingest
    .command('l2')
    .description('order-book archives and recordings → minute bars')
    .requiredOption('--venue <name>', 'bybit-linear, binance-usdm or binance-spot')
    .requiredOption(
      '--symbol <symbol...>',
      'such as BTCUSDT; several by comma or space, or `all` there are: the inputs are read once for all of them',
    )
    .option(
      '--in <source...>',
      'files, folders, globs, http(s) URLs, rclone:remote:path; formats are told by content',
    )
    .option('--from <YYYY-MM-DD>', 'first day of the Bybit archive to fetch')
    .option('--to <YYYY-MM-DD>', 'last day (default: the first)')
    .option('--base-url <url>', 'mirror that stands in for the archive')
    .option(
      '--download-dir <dir>',
      'where downloads lie while they are needed (default <data-dir>/downloads)',
    )
    .option('--keep-downloads', 'leave downloaded files there')
    .option('--tick <size>', 'price step, such as 0.1 (default: inferred from the data)')
    .option('--lot <size>', 'size step, such as 0.001 (default: inferred from the data)')
    .option(
      '--max-unzipped <size>',
      'most that one compressed file may unpack to, such as 8GB (default: 64GiB)',
    )
    .option(
      '--workers <n>',
      'day archives at once, each on a thread of its own (default: the processor’s threads)',
    )
    .addOption(
      new Option('--log-volume <what>', 'what log_volume counts')
        .choices(['messages', 'samples'])
        .default('messages'),
    );
  let exitCode: number = EXIT.done;
  define(l2, {
    example: 'tidemark ingest l2 --venue binance-spot --symbol NEXOUSDT --in recordings/nexousdt --json',
    exitCode: () => exitCode,
    run: async ({ config, output, signal, options }) => {
      if (options['in'] === undefined && options['from'] === undefined) {
        throw new ConfigError([
          {
            path: '--in',
            message: 'give files, folders or URLs, or days of the archive with --from and --to',
          },
        ]);
      }
      const symbols = symbolsOf(options['symbol'] as readonly string[]);
      const isSole = symbols !== 'all' && symbols.length === 1;
      if (!isSole) refuseSizes(options);
      const shares = await output.stage(
        `Ingesting ${symbols === 'all' ? 'all symbols' : symbols.join(', ')}`,
        (report) =>
          ingestSymbolSources({
            venue: options['venue'] as string,
            symbols,
            inputs: (options['in'] as string[] | undefined) ?? [],
            from: options['from'] as string | undefined,
            to: options['to'] as string | undefined,
            baseUrl: options['baseUrl'] as string | undefined,
            downloadDir: options['downloadDir'] as string | undefined,
            keepDownloads: options['keepDownloads'] === true,
            tickSize: options['tick'] as string | undefined,
            lotSize: options['lot'] as string | undefined,
            logVolume: options['logVolume'] as 'messages' | 'samples',
            dataDir: config.dataDir,
            codeVersion: CODE_VERSION,
            clock: () => performance.now(),
            maxUnzippedBytes: sizeOf('--max-unzipped', options['maxUnzipped'] as string | undefined),
            workers: workersOf(options['workers'] as string | undefined),
            signal,
            onProgress: ({ bytesDone, bytesTotal, messages, bars }) =>
              report(
                bytesTotal === 0 ? null : bytesDone / bytesTotal,
                `${messages.toLocaleString('en')} messages, ${bars.toLocaleString('en')} bars`,
              ),
          }).then((all) => (isSole ? all.map(whole) : all)),
        summaryOf,
      );
      for (const share of shares) printShare(output, share);
      const errors = shares.flatMap(({ error }) => error ?? []);
      if (errors.length > 0) {
        exitCode = errors.some((error) => error instanceof DataError) ? EXIT.refused : EXIT.failed;
      }
      return isSole ? shares[0]!.result : shares.map((share) => jsonOf(share, options['venue'] as string));
    },
  });
}

/** @throws ConfigError when no name is left */
function symbolsOf(values: readonly string[]): IngestSymbolSourcesOptions['symbols'] {
  const names = values.flatMap((value) => value.split(',')).map((name) => name.trim().toUpperCase());
  const symbols = [...new Set(names.filter((name) => name !== ''))];
  if (symbols.includes('ALL')) return 'all';
  if (symbols.length > 0) return symbols;
  throw new ConfigError([{ path: '--symbol', message: 'name a symbol, several, or `all`' }]);
}

/** Each symbol has steps of its own. */
function refuseSizes(options: Readonly<Record<string, unknown>>): void {
  const problems = ['tick', 'lot']
    .filter((flag) => options[flag] !== undefined)
    .map((flag) => ({ path: `--${flag}`, message: 'is one symbol’s; ingest the symbols one by one' }));
  if (problems.length > 0) throw new ConfigError(problems);
}

/** Of the only symbol asked for an error is the command's. */
function whole(share: SourcesSymbolResult): SourcesSymbolResult {
  return { ...share, result: soleSource(share) };
}

function summaryOf(shares: readonly SourcesSymbolResult[]): string {
  const sum = (of: (result: IngestSourcesResult) => number): string =>
    shares.reduce((total, { result }) => total + (result === null ? 0 : of(result)), 0).toLocaleString('en');
  const refused = shares.filter(({ error }) => error !== null).length;
  const text = `${sum((r) => r.messages)} messages → ${sum((r) => r.bars)} bars`;
  return `${text}${shares.length > 1 ? ` of ${shares.length} symbols` : ''}${refused > 0 ? `, ${refused} with errors` : ''}`;
}

function printShare(output: Output, { symbol, result, error }: SourcesSymbolResult): void {
  if (result !== null) printResult(output, result);
  if (error !== null) output.note(`${symbol} refused:\n${error.message.replaceAll(/^/gm, '  ')}`);
}

function printResult(output: Output, result: IngestSourcesResult): void {
  output.line(`\n${output.bold(result.symbol)}`);
  output.line(`files        ${result.files} (${(result.bytesIn / 1e6).toFixed(1)} MB of messages)`);
  output.line(
    `bars         ${result.bars}, of which incomplete ${result.incompleteBars}, on ${result.days.length} days`,
  );
  output.line(`sequence     ${result.gaps} gaps, ${result.crossed} crossed books`);
  output.line(`quarantined  ${result.quarantined} lines`);
  output.line(`out          ${result.out}`);
  if (result.unchanged > 0)
    output.line(`unchanged    ${result.unchanged} files that an earlier run has done`);
  for (const absent of result.missing) output.line(`missing      ${absent}`);
  if (result.joined > 0) output.line(`joined       ${result.joined} days to the day before`);
}

/** One symbol of several: its result, and what was refused of it. */
function jsonOf({ symbol, result, error }: SourcesSymbolResult, venue: string): unknown {
  return { venue, symbol, ...result, ...(error !== null && { error: error.message, code: error.code }) };
}

function workersOf(value: string | undefined): number {
  if (value === undefined) return availableParallelism();
  const workers = Number(value);
  if (Number.isInteger(workers) && workers >= 1) return workers;
  throw new ConfigError([{ path: '--workers', message: `"${value}" is not a whole number above 0` }]);
}

const UNIT_BYTES: Readonly<Record<string, number>> = {
  '': 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KIB: 2 ** 10,
  MIB: 2 ** 20,
  GIB: 2 ** 30,
  TIB: 2 ** 40,
};

/** Bytes from `8GB`, `64GiB` or a plain number. */
function sizeOf(flag: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const [, number, unit] = /^(\d+(?:\.\d+)?) ?([kmgt]i?b)?$/i.exec(value) ?? [];
  const bytes = Math.floor(Number(number) * (UNIT_BYTES[(unit ?? '').toUpperCase()] ?? Number.NaN));
  if (bytes >= 1) return bytes;
  throw new ConfigError([{ path: flag, message: `"${value}" is not a size such as 500MB or 64GiB` }]);
}
