import type { OnEpoch } from '../../pipeline/index.ts';
import type { Report } from './output.ts';

/** Shows each epoch of a training, or of several trainings one after the other. */
export const epochReporter =
  (report: Report): OnEpoch =>
  (part, { epoch, trainLoss, macroF1 }, epochs) =>
    report(
      epoch / epochs,
      `${part}: epoch ${epoch} of ${epochs}, loss ${trainLoss.toFixed(4)}${Number.isNaN(macroF1) ? '' : `, macro-F1 ${macroF1.toFixed(3)}`}`,
    );
