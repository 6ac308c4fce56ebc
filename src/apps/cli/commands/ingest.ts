import { availableParallelism } from 'node:os';
import { Option } from 'commander';
import type { Command } from 'commander';
import { ConfigError } from '../../../domain/core/index.ts';
import { CODE_VERSION, ingestSources } from '../../../pipeline/index.ts';
import { define } from '../invocation.ts';

export function registerIngest(program: Command): void {
  const ingest = program.command('ingest').description('archives and recordings → Parquet');
  const l2 = ingest
    .command('l2')
    .description('order-book archives and recordings → minute bars')
    .requiredOption('--venue <name>', 'bybit-linear, binance-usdm or binance-spot')
    .requiredOption('--symbol <symbol>', 'such as BTCUSDT')
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
      '--workers <n>',
      'day archives at once, each on a thread of its own (default: the processor’s threads)',
    )
    .addOption(
      new Option('--log-volume <what>', 'what log_volume counts')
        .choices(['messages', 'samples'])
        .default('messages'),
    );
  define(l2, {
    example: 'tidemark ingest l2 --venue binance-spot --symbol NEXOUSDT --in recordings/nexousdt --json',
    run: async ({ config, output, signal, options }) => {
      if (options['in'] === undefined && options['from'] === undefined) {
        throw new ConfigError([
          {
            path: '--in',
            message: 'give files, folders or URLs, or days of the archive with --from and --to',
          },
        ]);
      }
      const result = await output.stage(
        `Ingesting ${String(options['symbol'])}`,
        (report) =>
          ingestSources({
            venue: options['venue'] as string,
            symbol: options['symbol'] as string,
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
            workers: workersOf(options['workers'] as string | undefined),
            signal,
            onProgress: ({ bytesDone, bytesTotal, messages, bars }) =>
              report(
                bytesTotal === 0 ? null : bytesDone / bytesTotal,
                `${messages.toLocaleString('en')} messages, ${bars.toLocaleString('en')} bars`,
              ),
          }),
        (r) => `${r.messages.toLocaleString('en')} messages → ${r.bars.toLocaleString('en')} bars`,
      );
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
      return result;
    },
  });
}

function workersOf(value: string | undefined): number {
  if (value === undefined) return availableParallelism();
  const workers = Number(value);
  if (Number.isInteger(workers) && workers >= 1) return workers;
  throw new ConfigError([{ path: '--workers', message: `"${value}" is not a whole number above 0` }]);
}
