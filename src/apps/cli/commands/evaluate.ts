import type { Command } from 'commander';
import { evaluate, evaluateMicro, writeReport } from '../../../pipeline/index.ts';
import { kindOfModel } from '../../../platform/storage/index.ts';
import { printMicroEvaluation } from '../candle-text.ts';
import { printEvaluation } from '../evaluation-text.ts';
import { define } from '../invocation.ts';

export function registerEvaluate(program: Command): void {
  const command = program
    .command('evaluate')
    .description(
      'trust report of an audited model: beside baselines, with intervals and a verdict; of a MicroNet the figures of its test period',
    )
    .requiredOption('--model <name[@version]>', 'audited model or MicroNet');
  define(command, {
    groups: ['evaluation'],
    example: 'tidemark evaluate --model nexo',
    run: async ({ config, output, options, signal, runId, store }) => {
      const createdAt = new Date().toISOString();
      const model = options['model'] as string;
      if ((await kindOfModel(config.dataDir, model)) === 'micro') {
        const evaluation = await output.stage(
          'Judging on the test period',
          () => evaluateMicro({ config, runId, signal, createdAt, model, store: store() }),
          (e) => `${e.figures.rows.toLocaleString('en')} candles`,
        );
        printMicroEvaluation(output, evaluation);
        return evaluation;
      }
      const outcome = await output.stage(
        'Judging on the test period',
        () => evaluate({ config, runId, signal, createdAt, model, store: store() }),
        (e) => `${e.evaluation.test.rows.toLocaleString('en')} rows`,
      );
      const report = await writeReport(outcome, { createdAt });
      printEvaluation(output, outcome.evaluation);
      output.line(`\nreport ${report.html}`);
      return { ...outcome.evaluation, report };
    },
  });
}
