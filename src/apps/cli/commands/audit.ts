import type { Command } from 'commander';
import { ConfigError } from '../../../domain/core/index.ts';
import { audit, evaluate, modelReference } from '../../../pipeline/index.ts';
import type { ModelScore, SeedSummary } from '../../../pipeline/index.ts';
import { printEvaluation } from '../evaluation-text.ts';
import { define } from '../invocation.ts';
import { trainingReporter } from '../training-progress.ts';

export function registerAudit(program: Command): void {
  const command = program
    .command('audit')
    .description(
      'purged walk-forward of a base model’s recipe, auditor on out-of-fold predictions, one look at the test',
    )
    .requiredOption('--model <name[@version]>', 'base model whose recipe is audited')
    .option('--seeds <n>', 'repeats the whole recipe with so many seeds; the first is shipped (default 1)')
    .option('--workers <n>', 'trainings at once (default: threads of the machine by those of the engine)')
    .option('--fresh', 'trains everything anew instead of going on where an earlier audit stopped');
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
            seeds: wholeNumber('--seeds', options['seeds'] as string | undefined),
            workers: wholeNumber('--workers', options['workers'] as string | undefined),
            fresh: options['fresh'] === true,
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
      output.line('');
      for (const seed of audited.seeds) output.line(seedText(seed));
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
        seeds: audited.seeds,
        test: summary('audited'),
        base: summary('base'),
        verdict: evaluation.verdict,
        out: audited.stored.folder,
      };
    },
  });
}

function seedText({ seed, auditorRounds, scores, calibration }: SeedSummary): string {
  const { base, audited } = scores.calibrationSlice;
  return [
    `seed ${seed}: ${auditorRounds} rounds; on ${audited.rows.toLocaleString('en')} development rows that nothing was fitted on`,
    `macro-F1 ${audited.macroF1.toFixed(3)} (base alone ${base.macroF1.toFixed(3)}), log loss ${audited.logLoss.toFixed(4)} (${base.logLoss.toFixed(4)});`,
    `calibrated by ${calibration.audited.calibrator.method} (base by ${calibration.base.calibrator.method})`,
  ].join(' ');
}

function wholeNumber(flag: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (Number.isSafeInteger(number) && number >= 1) return number;
  throw new ConfigError([{ path: flag, message: `"${value}" is not a whole number above 0` }]);
}
