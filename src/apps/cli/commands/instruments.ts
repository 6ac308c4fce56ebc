import type { Command } from 'commander';
import { type KnownInstrument, readInstrument } from '../../../pipeline/index.ts';
import { define } from '../invocation.ts';
import { type Output, textTable } from '../output.ts';

export function registerInstruments(program: Command): void {
  const instruments = program
    .command('instruments')
    .description('rules of an instrument: steps, smallest and largest sizes, margin')
    .requiredOption('--venue <name>', 'bybit-linear, binance-usdm or binance-spot')
    .requiredOption('--symbol <symbol>', 'such as BTCUSDT')
    .option(
      '--in <file...>',
      'answers of the exchange (exchangeInfo, leverageBracket, instruments-info, risk-limit) or our own YAML or JSON, told by content',
    )
    .option('--base-url <url>', 'stands in for the exchange’s REST')
    .option('--refresh', 'ask the exchange though the rules are known');
  define(instruments, {
    recorded: false,
    example: 'tidemark instruments --venue binance-usdm --symbol BTCUSDT --json',
    run: async ({ config, output, options, signal }) => {
      const known = await readInstrument({
        venue: options['venue'] as string,
        symbol: options['symbol'] as string,
        files: options['in'] as readonly string[] | undefined,
        baseUrl: options['baseUrl'] as string | undefined,
        refresh: options['refresh'] === true,
        dataDir: config.dataDir,
        nowMs: Date.now(),
        signal,
      });
      print(output, known);
      const { spec, origins, fetchedAt, fromCache, file } = known;
      return { ...spec, origins, fetchedAt, fromCache, file };
    },
  });
}

function print(output: Output, { spec, origins, fetchedAt, fromCache, file }: KnownInstrument): void {
  output.line(`${output.bold(`${spec.venue} ${spec.symbol}`)}, ${spec.contract}`);
  output.line(`price step   ${spec.tickSize}`);
  output.line(`size step    ${spec.lotSize}`);
  output.line(
    `size         from ${spec.minQty} to ${spec.maxQty ?? 'any'}, at the market to ${spec.maxMarketQty ?? 'any'}`,
  );
  output.line(`min notional ${spec.minNotional}`);
  output.line(`from         ${origins.join(', ')}, ${fetchedAt}${fromCache ? ' (cached)' : ''}`);
  output.line(`cache        ${file}`);
  if (spec.marginTiers.length === 0) {
    output.line('margin       not known');
    return;
  }
  const rows = spec.marginTiers.map(({ upToNotional, maintenanceRate, deduction }) => [
    upToNotional === null ? 'any' : String(upToNotional),
    String(maintenanceRate),
    String(deduction),
  ]);
  output.line(textTable(['notional up to', 'maintenance rate', 'deduction'], rows));
}
