import path from 'node:path';
import type { Command } from 'commander';
import { ConfigError } from '../../../domain/core/index.ts';
import { checkData, CODE_VERSION, renderQualityPage } from '../../../pipeline/index.ts';
import { writeFileAtomic } from '../../../platform/storage/index.ts';
import { define, EXIT } from '../invocation.ts';
import { printQuality } from '../quality-text.ts';

export function registerCheck(program: Command): void {
  const check = program.command('check').description('is what is stored what it should be?');
  const data = check
    .command('data')
    .description('quality report of minute bars: schema, books, features, gaps and their causes, drift')
    .requiredOption('--venue <name>', 'venue of the bars')
    .requiredOption('--symbol <symbol>', 'symbol of the bars')
    .option('--from <YYYY-MM-DD>', 'first UTC day (default: the first there is)')
    .option('--to <YYYY-MM-DD>', 'last UTC day (default: the last there is)')
    .option(
      '--html <file>',
      'where the page goes (default: quality.html in the folder of this run’s reports)',
    );
  let hasErrors = false;
  define(data, {
    example: 'tidemark check data --venue binance-spot --symbol NEXOUSDT --html quality.html',
    exitCode: () => (hasErrors ? EXIT.refused : EXIT.done),
    run: async ({ config, output, signal, options, runId }) => {
      const { fromMs, toMs } = dayRange(
        options['from'] as string | undefined,
        options['to'] as string | undefined,
      );
      const createdAt = new Date().toISOString();
      const symbol = (options['symbol'] as string).toUpperCase();
      const report = await output.stage(
        `Checking ${symbol}`,
        (progress) =>
          checkData({
            dataDir: config.dataDir,
            venue: options['venue'] as string,
            symbol,
            fromMs,
            toMs,
            signal,
            onProgress: ({ daysDone, days, day }) =>
              progress(daysDone / days, `${day}, ${daysDone} of ${days} days`),
          }),
        (r) => `${r.coverage.files} day files, ${r.coverage.present.toLocaleString('en')} minutes`,
      );
      hasErrors = report.errors > 0;
      const html =
        (options['html'] as string | undefined) ??
        path.join(config.dataDir, 'reports', runId, 'quality.html');
      await writeFileAtomic(html, renderQualityPage(report, { runId, createdAt, codeVersion: CODE_VERSION }));
      printQuality(output, report);
      output.line(`\npage ${html}`);
      return { runId, createdAt, ...report, html };
    },
  });
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** @throws ConfigError for anything but UTC days in order */
function dayRange(
  from: string | undefined,
  to: string | undefined,
): { readonly fromMs?: number; readonly toMs?: number } {
  const [fromMs, toMs] = [dayOption(from, '--from'), dayOption(to, '--to')];
  if (fromMs !== undefined && toMs !== undefined && toMs < fromMs)
    throw new ConfigError([{ path: '--to', message: `${to} lies before ${from}` }]);
  return { ...(fromMs !== undefined && { fromMs }), ...(toMs !== undefined && { toMs }) };
}

function dayOption(value: string | undefined, flag: string): number | undefined {
  if (value === undefined) return undefined;
  const dayMs = DAY.test(value) ? Date.parse(`${value}T00:00:00Z`) : Number.NaN;
  if (Number.isFinite(dayMs) && new Date(dayMs).toISOString().startsWith(value)) return dayMs;
  throw new ConfigError([{ path: flag, message: `"${value}" is not a UTC day such as 2025-01-31` }]);
}
