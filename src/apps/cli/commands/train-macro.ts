import type { Command } from 'commander';
import { trainMacro, type TrainMacroResult } from '../../../pipeline/index.ts';
import { addCandleFlags, candleRequest, printEpochs } from '../candle-training.ts';
import { define } from '../invocation.ts';
import { type Output } from '../output.ts';
import { trainingReporter } from '../training-progress.ts';

export function registerTrainMacro(train: Command): void {
  const command = addCandleFlags(
    train
      .command('macro')
      .description('MacroNet: days of candles → an embedding at every 00:00 UTC, taught without labels'),
  );
  define(command, {
    groups: ['macro', 'split'],
    example:
      'tidemark train macro --symbol BTCUSDT,NEARUSDT --interval 5m --name days --task contrastive --epochs 20',
    run: async (invocation) => {
      const { output } = invocation;
      const result = await output.stage(
        'Training MacroNet',
        (report) => trainMacro({ ...candleRequest(invocation), ...trainingReporter(output, report) }),
        (r) => `${r.epochs.length} epochs on ${r.windows.train.toLocaleString('en')} windows`,
      );
      print(output, result);
      return result;
    },
  });
}

function print(output: Output, result: TrainMacroResult): void {
  const { figures, embeddings, untrainedLoss, best } = result;
  printEpochs(output, result);
  output.line(
    `validation loss ${untrainedLoss.toFixed(4)} before training, ${best.valLoss?.toFixed(4)} after`,
  );
  const { collapse, drift, reconstruction } = figures;
  output.line(
    collapse.collapsed
      ? `embeddings have collapsed: ${collapse.reason}`
      : `embeddings of ${figures.days} days: effective rank ${collapse.effectiveRank.toFixed(1)}, ${collapse.deadDimensions} dead dimensions`,
  );
  output.line(
    `from one day to the next they move ${(100 * drift.relative).toFixed(0)} % of the distance of any two${
      reconstruction === null
        ? ''
        : `; a linear map rebuilds ${(100 * reconstruction.explained).toFixed(1)} % of later days' windows`
    }`,
  );
  output.line(
    `cached ${embeddings.days} embeddings of ${result.symbols.join(', ')} in ${embeddings.seconds.toFixed(1)} s; ${embeddings.skipped} days without whole days before them`,
  );
  output.line(`model ${result.model}: ${result.out}`);
}
