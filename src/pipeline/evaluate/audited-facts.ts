/** How an audited model was made, for its page. */
import { trainingDataOf } from '../../platform/storage/index.ts';
import type { EpochRecord, StoredModel } from '../../platform/storage/index.ts';
import { modelReference } from '../artifacts.ts';
import type { FoldSummary } from '../audit.ts';
import type { TrainingCurve } from '../report/index.ts';
import type { ReportFacts } from './outcome.ts';

/** The last fold's training: the one with the most history behind it and a stopping slice to judge it. */
export function auditedCurves(stored: StoredModel): readonly TrainingCurve[] {
  const folds = stored.manifest.metrics['folds'] as readonly FoldSummary[] | undefined;
  const last = folds?.at(-1);
  if (last === undefined) return [];
  const curve = (epochs: readonly EpochRecord[]): TrainingCurve['epochs'] =>
    epochs.map(({ epoch, trainLoss, valLoss, macroF1 }) => ({
      epoch,
      trainLoss,
      validationLoss: valLoss,
      macroF1,
    }));
  return [{ name: `Training, fold ${last.fold} of ${folds!.length}`, epochs: curve(last.training.epochs) }];
}

export function auditedFacts(stored: StoredModel): readonly ReportFacts[] {
  const { manifest } = stored;
  const data = trainingDataOf(manifest);
  const metrics = manifest.metrics as {
    readonly oofRows?: number;
    readonly auditorRounds?: number;
    readonly training?: { readonly parameters: number };
  };
  const minute = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replace('T', ' ');
  return [
    {
      name: 'Model',
      value: `${modelReference(stored)}, seed ${manifest.seed}, Tidemark ${manifest.codeVersion}`,
    },
    {
      name: 'Network',
      value: `TCN + LSTM, ${metrics.training?.parameters.toLocaleString('en') ?? '?'} parameters, last ${manifest.sequenceLength} bars`,
    },
    {
      name: 'Auditor',
      value: `${metrics.auditorRounds} rounds on ${metrics.oofRows?.toLocaleString('en')} out-of-fold rows`,
    },
    {
      name: 'Development data',
      value: `${minute(data.fromMs)} to ${minute(data.toMs)} UTC, ${data.rows.toLocaleString('en')} labelled windows`,
    },
    { name: 'Label', value: `${manifest.label.name}: purged by the label’s end time` },
  ];
}
