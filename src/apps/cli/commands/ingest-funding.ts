import type { Command } from 'commander';
import { isoMinute, MINUTE_MS } from '../../../domain/core/index.ts';
import { type FundingResult, ingestFunding } from '../../../pipeline/index.ts';
import { define } from '../invocation.ts';
import type { Output } from '../output.ts';

const SHOWN_GAPS = 20;

export function registerIngestFunding(ingest: Command): void {
  const funding = ingest
    .command('funding')
    .description('funding rates of a perpetual: Binance’s archive, REST or files → a cache by month')
    .requiredOption('--venue <name>', 'binance-usdm or bybit-linear')
    .requiredOption('--symbol <symbol>', 'such as BTCUSDT')
    .option('--from <YYYY-MM>', 'first month')
    .option('--to <YYYY-MM>', 'last month (default: the first)')
    .option('--in <file...>', 'CSV or JSON files in place of archive and REST; zip and gzip too')
    .option(
      '--base-url <url|folder>',
      'stands in for archive and REST; a folder that holds data/ for the archive',
    )
    .option('--refresh', 'fetch months again that are there already');
  define(funding, {
    example:
      'tidemark ingest funding --venue binance-usdm --symbol BTCUSDT --from 2025-01 --to 2025-12 --json',
    run: async ({ config, output, options, signal }) => {
      const result = await output.stage(
        `Ingesting funding of ${String(options['symbol'])}`,
        (report) =>
          ingestFunding({
            venue: options['venue'] as string,
            symbol: options['symbol'] as string,
            from: options['from'] as string | undefined,
            to: options['to'] as string | undefined,
            files: options['in'] as readonly string[] | undefined,
            baseUrl: options['baseUrl'] as string | undefined,
            refresh: options['refresh'] === true,
            dataDir: config.dataDir,
            nowMs: Date.now(),
            signal,
            onProgress: (done, months) => report(done / months, `${done} of ${months} months`),
          }),
        (r) => `${r.funding.timeMs.length} settlements, ${r.gaps.length} gaps`,
      );
      print(output, result);
      return jsonOf(result);
    },
  });
}

function print(output: Output, result: FundingResult): void {
  const { symbol, venue, funding, months, cached, gaps, out } = result;
  const { interval, duplicates, missing } = figures(result);
  output.line(`\n${output.bold(`${venue} ${symbol}`)}`);
  output.line(
    `settlements  ${funding.timeMs.length} in ${months.length} months, of which ${cached.length} cached`,
  );
  output.line(`interval     ${interval === null ? 'not known' : `${interval} h`}`);
  output.line(`duplicates   ${duplicates} dropped`);
  output.line(`gaps         ${gaps.length}, ${missing} settlements missing`);
  output.line(`out          ${out}`);
  for (const gap of gaps.slice(0, SHOWN_GAPS)) {
    output.line(`  gap        ${isoMinute(gap.fromMs)} … ${isoMinute(gap.toMs)}: ${gap.missing}`);
  }
}

function figures({ intervalMs, months, gaps }: FundingResult) {
  return {
    interval: intervalMs === null ? null : intervalMs / (60 * MINUTE_MS),
    duplicates: months.reduce((sum, month) => sum + month.duplicates, 0),
    missing: gaps.reduce((sum, gap) => sum + gap.missing, 0),
  };
}

function jsonOf(result: FundingResult): unknown {
  const { venue, symbol, funding, months, cached, gaps, out } = result;
  const { interval, duplicates, missing } = figures(result);
  return {
    venue,
    symbol,
    settlements: funding.timeMs.length,
    intervalHours: interval,
    duplicates,
    gaps: gaps.length,
    missingSettlements: missing,
    gapList: gaps,
    months: months.map(({ month, from, origins, fetchedAt, isComplete, settlements }) => ({
      month,
      from,
      origins,
      fetchedAt,
      isComplete,
      settlements: settlements.length,
    })),
    cached,
    out,
  };
}
