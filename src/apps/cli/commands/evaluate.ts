import type { Command } from 'commander';
import { evaluate, writeReport } from '../../../pipeline/index.ts';
import { printEvaluation } from '../evaluation-text.ts';
import { define } from '../invocation.ts';

export function registerEvaluate(program: Command): void {
  const command = program
    .command('evaluate')
    .description('trust report of an audited model: beside baselines, with intervals and a verdict')
    .requiredOption('--model <name[@version]>', 'audited model');
  define(command, {
    groups: ['evaluation'],
    example: 'tidemark evaluate --model nexo',
    run: async ({ config, output, options, signal, runId, store }) => {
      const createdAt = new Date().toISOString();
      const outcome = await output.stage(
        'Judging on the test period',
        () =>
          evaluate({ config, runId, signal, createdAt, model: options['model'] as string, store: store() }),
        (e) => `${e.evaluation.test.rows.toLocaleString('en')} rows`,
      );
      const report = await writeReport(outcome, { createdAt });
      printEvaluation(output, outcome.evaluation);
      output.line(`\nreport ${report.html}`);
      return { ...outcome.evaluation, report };
    },
  });
}
