import type { Command } from 'commander';
import { trainBase } from '../../../pipeline/index.ts';
import { symbolsOf } from '../candle-training.ts';
import { define } from '../invocation.ts';
import { trainingReporter } from '../training-progress.ts';
import { registerTrainMacro } from './train-macro.ts';
import { registerTrainMicro } from './train-micro.ts';

export function registerTrain(program: Command): void {
  const train = program.command('train').description('bars or candles → model artifact');
  registerTrainMacro(train);
  registerTrainMicro(train);
  const base = train
    .command('base')
    .description('the base model (TCN + LSTM), stopped on the latest part of the development history')
    .requiredOption('--venue <name>', 'venue of the bars')
    .requiredOption(
      '--symbol <symbols>',
      'symbol of the bars, or several as A,B: one network, each scaled by itself',
    )
    .requiredOption('--name <name>', 'name of the model')
    .option('--fresh', 'start anew instead of going on where the same training was interrupted');
  define(base, {
    groups: ['label', 'features', 'base', 'validation'],
    example:
      'tidemark train base --venue binance-spot --symbol NEXOUSDT --name nexo --sequence-length 120 --channels 32 --hidden 64 --layers 1',
    run: async ({ config, output, options, signal, runId, store }) => {
      const [symbol, ...companions] = symbolsOf(options['symbol'] as string);
      const result = await output.stage(
        'Training the base model',
        (report) =>
          trainBase({
            config,
            runId,
            signal,
            createdAt: new Date().toISOString(),
            venue: options['venue'] as string,
            symbol,
            companions,
            name: options['name'] as string,
            fresh: options['fresh'] === true,
            store: store(),
            ...trainingReporter(output, report),
          }),
        (r) => `${r.epochs.length} epochs, ${Math.round(r.labelsPerSecond).toLocaleString('en')} labels/s`,
      );
      for (const epoch of result.epochs) {
        output.line(
          `epoch ${String(epoch.epoch).padStart(2)}  train loss ${epoch.trainLoss.toFixed(4)}  validation loss ${epoch.valLoss?.toFixed(4) ?? '–'}  macro-F1 ${epoch.macroF1?.toFixed(4) ?? '–'}`,
        );
      }
      output.line(
        `${result.parameters.toLocaleString('en')} parameters, best epoch ${result.best.epoch}, metrics in ${result.metrics}`,
      );
      for (const { symbol: of, model, out } of [result, ...result.companions]) {
        output.line(`model ${model} of ${of}: ${out}`);
      }
      return result;
    },
  });
}
