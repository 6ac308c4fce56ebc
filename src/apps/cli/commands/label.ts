import type { Command } from 'commander';
import { labelSymbol, resolveLabel } from '../../../pipeline/index.ts';
import { define } from '../invocation.ts';

export function registerLabel(program: Command): void {
  const label = program
    .command('label')
    .description('bars → labels: what the price did afterwards')
    .requiredOption('--venue <name>', 'venue of the bars')
    .requiredOption('--symbol <symbol>', 'symbol of the bars');
  define(label, {
    groups: ['label'],
    example: 'tidemark label --venue binance-spot --symbol NEXOUSDT --label SELL_0004_BUY_0008_1h',
    run: async ({ config, output, options }) => {
      const place = {
        dataDir: config.dataDir,
        venue: options['venue'] as string,
        symbol: (options['symbol'] as string).toUpperCase(),
      };
      const result = await labelSymbol(place, resolveLabel(config.label));
      const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
      const { SELL, NEUTRAL, BUY } = result.shares;
      output.line(`${result.labelled} of ${result.rows} bars labelled ${result.label}`);
      output.line(`SELL ${percent(SELL)}, NEUTRAL ${percent(NEUTRAL)}, BUY ${percent(BUY)}`);
      output.line(result.out);
      return result;
    },
  });
}
