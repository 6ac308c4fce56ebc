import type { Command } from 'commander';
import { trainBase } from '../../../pipeline/index.ts';
import { define } from '../invocation.ts';
import { epochReporter } from '../training-progress.ts';

export function registerTrain(program: Command): void {
  const train = program.command('train').description('bars and labels → model artifact');
  const base = train
    .command('base')
    .description('the base model (TCN + LSTM), stopped on the latest part of the development history')
    .requiredOption('--venue <name>', 'venue of the bars')
    .requiredOption('--symbol <symbol>', 'symbol of the bars')
    .requiredOption('--name <name>', 'name of the model');
  define(base, {
    groups: ['label', 'base', 'validation'],
    example:
      'tidemark train base --venue binance-spot --symbol NEXOUSDT --name nexo --sequence-length 120 --channels 32 --hidden 64 --layers 1',
    run: async ({ config, output, options, signal, runId }) => {
      const result = await output.stage(
        'Training the base model',
        (report) =>
          trainBase({
            config,
            runId,
            signal,
            createdAt: new Date().toISOString(),
            venue: options['venue'] as string,
            symbol: (options['symbol'] as string).toUpperCase(),
            name: options['name'] as string,
            onEpoch: epochReporter(report),
          }),
        (r) => `${r.epochs.length} epochs, ${Math.round(r.labelsPerSecond).toLocaleString('en')} labels/s`,
      );
      for (const epoch of result.epochs) {
        output.line(
          `epoch ${String(epoch.epoch).padStart(2)}  train loss ${epoch.trainLoss.toFixed(4)}  validation loss ${epoch.valLoss?.toFixed(4) ?? '–'}  macro-F1 ${epoch.macroF1?.toFixed(4) ?? '–'}`,
        );
      }
      output.line(
        `model ${result.model}: ${result.parameters.toLocaleString('en')} parameters, best epoch ${result.best?.epoch ?? '–'}`,
      );
      output.line(result.out);
      return result;
    },
  });
}
