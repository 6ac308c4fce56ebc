import { Option } from 'commander';
import type { Command } from 'commander';
import { ConfigError } from '../../../domain/core/index.ts';
import { simulate } from '../../../pipeline/index.ts';
import { define } from '../invocation.ts';

export function registerSimulate(program: Command): void {
  const command = program
    .command('simulate')
    .description('archives of a simulated market (order books, candles) with a known signal')
    .requiredOption('--out <dir>', 'folder for the archives')
    .option('--days <n>', 'days', '3')
    .option('--start <YYYY-MM-DD>', 'first UTC day', '2025-01-01')
    .option(
      '--strength <share>',
      'share of the next hour’s variance that the planted state explains; 0 = pure noise',
      '0.5',
    )
    .option('--symbol <symbol>', 'symbol', 'SIMUSDT')
    .addOption(
      new Option('--rate <rate>', 'message rate: as on the exchange, or light')
        .choices(['full', 'light'])
        .default('light'),
    );
  define(command, {
    example: 'tidemark simulate --out archives --days 7 --strength 0.5 --rate light',
    run: async ({ config, output, options, signal }) => {
      const result = await output.stage(
        'Simulating',
        (report) =>
          simulate({
            out: options['out'] as string,
            startDate: options['start'] as string,
            days: numberOf(options['days'], '--days'),
            strength: numberOf(options['strength'], '--strength'),
            rate: options['rate'] as 'full' | 'light',
            symbol: options['symbol'] as string,
            seed: config.seed,
            signal,
            onProgress: (day, days, bytes) =>
              report(day / days, `day ${day} of ${days}, ${(bytes / 1e6).toFixed(0)} MB`),
          }),
        (r) => `${r.archives.length} day archives, ${(r.bytes / 1e6).toFixed(0)} MB of messages`,
      );
      output.line(output.bold('SYNTHETIC DATA: nothing here happened on an exchange'));
      output.line(`order books  ${result.folder}`);
      output.line(`candles      ${result.candles.length} file${result.candles.length === 1 ? '' : 's'}`);
      output.line(`answer sheet ${result.truth}`);
      output.line(
        `\nnext: tidemark ingest l2 --venue ${result.venue} --symbol ${result.symbol} --in ${result.folder}`,
      );
      return result;
    },
  });
}

function numberOf(value: unknown, flag: string): number {
  const parsed = Number(value);
  if (typeof value === 'string' && value.trim() !== '' && Number.isFinite(parsed)) return parsed;
  throw new ConfigError([{ path: flag, message: `"${String(value)}" is not a number` }]);
}
