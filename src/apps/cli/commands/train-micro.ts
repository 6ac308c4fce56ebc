import type { Command } from 'commander';
import { isoDay } from '../../../domain/core/index.ts';
import { trainMicro, type TrainMicroResult } from '../../../pipeline/index.ts';
import { addCandleFlags, candleRequest, printEpochs } from '../candle-training.ts';
import { printMicroFigures } from '../candle-text.ts';
import { define } from '../invocation.ts';
import { type Output } from '../output.ts';
import { trainingReporter } from '../training-progress.ts';

export function registerTrainMicro(train: Command): void {
  const command = addCandleFlags(
    train
      .command('micro')
      .description('MicroNet: the last candles and the embedding of the day → a score at every candle')
      .requiredOption('--macro <name[@version]|none>', 'MacroNet whose embeddings it takes'),
  );
  define(command, {
    groups: ['micro', 'split'],
    example:
      'tidemark train micro --symbol BTCUSDT,NEARUSDT --interval 5m --macro days --name hours --label volatility --horizon 12',
    run: async (invocation) => {
      const { output, options } = invocation;
      const macro = options['macro'] as string;
      const result = await output.stage(
        'Training MicroNet',
        (report) =>
          trainMicro({
            ...candleRequest(invocation),
            ...trainingReporter(output, report),
            macro: macro === 'none' ? null : macro,
          }),
        (r) => `${r.epochs.length} epochs on ${r.rows.train.toLocaleString('en')} labels`,
      );
      print(output, result);
      return result;
    },
  });
}

function print(output: Output, result: TrainMicroResult): void {
  const { rows, validation, testFromMs } = result;
  printEpochs(output, result);
  output.line(
    `${rows.train} candles to learn from, ${rows.validation} that chose the epoch, ${rows.purged} purged between; ${rows.test} from ${isoDay(testFromMs)} on are kept for the test`,
  );
  output.line('on the validation, which chose the epoch and is no test:');
  printMicroFigures(output, validation);
  output.line(`model ${result.model}: ${result.out}`);
}
