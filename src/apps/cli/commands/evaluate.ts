import type { Command } from 'commander';
import { evaluate, writeReport } from '../../../pipeline/index.ts';
import { printEvaluation } from '../evaluation-text.ts';
import { define } from '../invocation.ts';

export function registerEvaluate(program: Command): void {
  const command = program
    .command('evaluate')
    .description(
      'trust report of an audited model or a MicroNet: beside baselines, with intervals, checks and a verdict',
    )
    .requiredOption('--model <name[@version]>', 'audited model or MicroNet')
    .option('--symbol <symbol>', 'one of those that the model was trained on (default: its first)');
  define(command, {
    groups: ['evaluation'],
    example: 'tidemark evaluate --model nexo\n  tidemark evaluate --model hours --symbol NEARUSDT',
    run: async ({ config, output, options, signal, runId, store }) => {
      const createdAt = new Date().toISOString();
      const model = options['model'] as string;
      const symbol = (options['symbol'] as string | undefined)?.toUpperCase();
      const outcome = await output.stage(
        'Judging on the test period',
        () => evaluate({ config, runId, signal, createdAt, model, symbol, store: store() }),
        (e) => `${e.evaluation.test.rows.toLocaleString('en')} rows`,
      );
      const report = await writeReport(outcome, { createdAt });
      printEvaluation(output, outcome.evaluation);
      output.line(`\nreport ${report.html}`);
      return { ...outcome.evaluation, report };
    },
  });
}
