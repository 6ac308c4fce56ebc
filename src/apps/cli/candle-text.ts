/** Figures of MicroNets for people. */
import type { MicroFigures } from '../../pipeline/index.ts';
import type { Output } from './output.ts';

export function printMicroFigures(
  output: Output,
  { correlation, classes, scores, signals }: MicroFigures,
): void {
  const { estimate, lower, upper } = correlation;
  output.line(
    `correlation with the return ${estimate.toFixed(4)}, 95 % between ${lower.toFixed(4)} and ${upper.toFixed(4)}`,
  );
  if (classes !== null) {
    output.line(
      `macro-F1 ${classes.macroF1.toFixed(4)}; always the majority ${classes.majorityMacroF1.toFixed(4)}, by chance ${classes.chanceMacroF1.toFixed(4)}`,
    );
    output.line(`log loss ${classes.logLoss.toFixed(4)}; the prior ${classes.priorLogLoss.toFixed(4)}`);
  }
  if (scores !== null) {
    output.line(
      `mean squared error ${scores.meanSquaredError.toFixed(4)}; the prior ${scores.priorMeanSquaredError.toFixed(4)}`,
    );
  }
  const { signals: count, decisions, hitRatio, precision, recall } = signals;
  output.line(
    `${count} signals in ${decisions} decisions: hit ratio ${hitRatio.toFixed(4)}, precision ${precision.toFixed(4)}, recall ${recall.toFixed(4)}`,
  );
}
