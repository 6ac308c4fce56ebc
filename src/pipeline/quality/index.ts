export { checkData, type CheckDataOptions, type CheckProgress } from './check-data.ts';
export type { DriftMonth, FeatureDrift } from './drift.ts';
export type { Finding, Place, Severity } from './findings.ts';
export { minutesText, totalsByCause } from './gap-text.ts';
export type { GapCause, GapRange } from './gaps.ts';
export { renderQualityPage } from './quality-page.ts';
export type { Coverage, QualityReport } from './quality-report.ts';
