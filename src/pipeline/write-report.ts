/** A trust report on disk: `<dataDir>/reports/<runId>/{report.html, report.json}`. */
import path from 'node:path';
import { writeFileAtomic, writeJsonAtomic } from '../platform/storage/index.ts';
import type { EvaluateOutcome, ReportFacts } from './evaluate/evaluate.ts';
import { renderReport } from './report/index.ts';
import type { Report } from './report/index.ts';

export interface WrittenReport {
  readonly html: string;
  readonly json: string;
}

/** @param given.facts are shown after the model's own */
export async function writeReport(
  outcome: EvaluateOutcome,
  { createdAt, facts = [] }: { readonly createdAt: string; readonly facts?: readonly ReportFacts[] },
): Promise<WrittenReport> {
  const { evaluation, series, curves, manifest, config } = outcome;
  const report: Report = {
    title: `Trust report: ${evaluation.symbol}`,
    createdAt,
    evaluation,
    series,
    curves,
    facts: [...outcome.facts, ...facts],
    config,
  };
  const folder = path.join(config.dataDir, 'reports', evaluation.runId);
  const html = path.join(folder, 'report.html');
  const json = path.join(folder, 'report.json');
  await writeFileAtomic(html, renderReport(report));
  await writeJsonAtomic(json, { ...evaluation, manifest });
  return { html, json };
}
