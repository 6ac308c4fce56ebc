/** A trust report on disk: `<dataDir>/reports/<runId>/{report.html, report.json}`. */
import path from 'node:path';
import { trainingDataOf, writeFileAtomic, writeJsonAtomic } from '../platform/storage/index.ts';
import type { EpochRecord } from '../platform/storage/index.ts';
import { modelReference } from './artifacts.ts';
import type { EvaluateOutcome } from './evaluate/evaluate.ts';
import { renderReport } from './report/index.ts';
import type { Report, TrainingCurve } from './report/index.ts';
import type { FoldSummary } from './audit.ts';

export interface ReportFacts {
  readonly name: string;
  readonly value: string;
}

export interface WrittenReport {
  readonly html: string;
  readonly json: string;
}

export async function writeReport(
  outcome: EvaluateOutcome,
  { createdAt, facts = [] }: { readonly createdAt: string; readonly facts?: readonly ReportFacts[] },
): Promise<WrittenReport> {
  const { evaluation, series, stored, config } = outcome;
  const report: Report = {
    title: `Trust report: ${evaluation.symbol}`,
    createdAt,
    evaluation,
    series,
    curves: curvesOf(outcome),
    facts: [...factsOf(outcome), ...facts],
    config,
  };
  const folder = path.join(config.dataDir, 'reports', evaluation.runId);
  const html = path.join(folder, 'report.html');
  const json = path.join(folder, 'report.json');
  await writeFileAtomic(html, renderReport(report));
  await writeJsonAtomic(json, { ...evaluation, manifest: stored.manifest });
  return { html, json };
}

/** The last fold's training: the one with the most history behind it and a stopping slice to judge it. */
function curvesOf({ stored }: EvaluateOutcome): readonly TrainingCurve[] {
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

function factsOf({ stored, evaluation }: EvaluateOutcome): readonly ReportFacts[] {
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
    { name: 'Label', value: `${evaluation.label.name}: purged by the label’s end time` },
  ];
}
