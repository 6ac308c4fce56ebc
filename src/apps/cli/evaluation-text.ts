import type { Evaluation } from '../../pipeline/index.ts';
import { textTable } from './output.ts';
import type { Output } from './output.ts';

/** The verdict, then every judge on a line. */
export function printEvaluation(output: Output, evaluation: Evaluation): void {
  const [first = '', ...rest] = evaluation.verdict;
  if (evaluation.synthetic) output.line(output.bold('SYNTHETIC DATA'));
  output.line(output.bold(first));
  for (const sentence of rest) output.line(`  ${sentence}`);
  output.line('');
  const fixed = (value: number): string => (Number.isFinite(value) ? value.toFixed(3) : '–');
  const rows = evaluation.scores.map((score) => [
    score.name,
    fixed(score.macroF1),
    score.macroF1Interval.map(fixed).join(' – '),
    fixed(score.mcc),
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
