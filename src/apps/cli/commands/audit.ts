import type { Command } from 'commander';
import { audit, evaluate, modelReference } from '../../../pipeline/index.ts';
import type { ModelScore } from '../../../pipeline/index.ts';
import { printEvaluation } from '../evaluation-text.ts';
import { define } from '../invocation.ts';
import { trainingReporter } from '../training-progress.ts';

export function registerAudit(program: Command): void {
  const command = program
    .command('audit')
    .description(
      'purged walk-forward of a base model’s recipe, auditor on out-of-fold predictions, one look at the test',
    )
    .requiredOption('--model <name[@version]>', 'base model whose recipe is audited');
  define(command, {
    groups: ['auditor', 'validation', 'evaluation'],
    example: 'tidemark audit --model nexo --json',
    run: async ({ config, output, options, signal, runId, store }) => {
      const run = { config, runId, signal, createdAt: new Date().toISOString() };
      const audited = await output.stage(
        'Walk-forward and auditor',
        (report) =>
          audit({
            ...run,
            model: options['model'] as string,
            ...trainingReporter(output, report),
            onRound: ({ round, rounds, validationLoss }) =>
              report(round / rounds, `auditor: round ${round}, log loss ${validationLoss.toFixed(4)}`),
          }),
        (a) =>
          `${a.folds.length} folds, ${a.oofRows.toLocaleString('en')} out-of-fold rows, ${a.auditorRounds} rounds`,
      );
      const model = modelReference(audited.stored);
      const { evaluation } = await output.stage(
        'Opening the test period',
        () => evaluate({ ...run, model, store: store() }),
        (e) => `${e.evaluation.test.rows.toLocaleString('en')} rows`,
      );
      printEvaluation(output, evaluation);
      output.line(
        `\nmodel ${model} in ${audited.stored.folder}\nfull report: tidemark evaluate --model ${model}`,
      );
      const summary = (id: ModelScore['id']) => {
        const score = evaluation.scores.find((s) => s.id === id)!;
        return {
          macroF1: score.macroF1,
          mcc: score.mcc,
          logLoss: score.logLoss,
          ece: score.ece,
          ci95: score.macroF1Interval,
        };
      };
      return {
        runId,
        model,
        folds: audited.folds,
        oofRows: audited.oofRows,
        auditorRounds: audited.auditorRounds,
        test: summary('audited'),
        base: summary('base'),
        verdict: evaluation.verdict,
        out: audited.stored.folder,
      };
    },
  });
}
