import type { Evaluation } from '../../pipeline/index.ts';
import { textTable } from './output.ts';
import type { Output } from './output.ts';

/** The verdict, then every judge on a line. */
export function printEvaluation(output: Output, evaluation: Evaluation): void {
  const [first = '', ...rest] = evaluation.verdict;
  if (evaluation.synthetic) output.line(output.bold('SYNTHETIC DATA'));
  output.line(output.bold(first));
  for (const sentence of rest) output.line(`  ${sentence}`);
  output.line(`  ${checksLine(evaluation)}`);
  output.line('');
  const fixed = (value: number): string => (Number.isFinite(value) ? value.toFixed(3) : '–');
  const rows = evaluation.scores.map((score) => [
    score.name,
    fixed(score.macroF1),
    score.macroF1Interval.map(fixed).join(' – '),
    fixed(score.mcc),
    fixed(score.directionAuc),
    fixed(score.logLoss),
    fixed(score.ece),
    ...score.classes.map((c) => `${fixed(c.precision)} / ${fixed(c.recall)}`),
  ]);
  output.line(
    textTable(
      [
        'test period',
        'macro-F1',
        '95 % interval',
        'MCC',
        'direction AUC',
        'log loss',
        'ECE',
        'SELL p/r',
        'NEUTRAL p/r',
        'BUY p/r',
      ],
      rows,
    ),
  );
}

/** How many checks and null tests were made and passed; a failed one stands in the verdict by its name. */
function checksLine({ checks, nulls }: Evaluation): string {
  const made = checks.filter(({ outcome }) => outcome !== 'not made');
  const passed = made.filter(({ outcome }) => outcome === 'passed').length;
  const comparisons = made.reduce((sum, check) => sum + check.comparisons, 0);
  const leaks = `Leak checks: ${passed} of ${made.length} passed on ${comparisons.toLocaleString('en')} comparisons`;
  const quiet = nulls.filter(({ failed }) => !failed).length;
  return nulls.length === 0 ? `${leaks}.` : `${leaks}; null tests: ${quiet} of ${nulls.length} at chance.`;
}
