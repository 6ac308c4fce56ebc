/** What a quality check reports: the one structure behind the table, `check data --json` and the HTML page. */
import type { FeatureDrift } from './drift.ts';
import type { Finding } from './findings.ts';
import type { GapRange } from './gaps.ts';

export interface DayCoverage {
  /** `2024-07-23` */
  readonly day: string;
  /** Minutes with a row, with all features but those that need a previous close, and with all of them. */
  readonly present: number;
  readonly complete: number;
  readonly usable: number;
  /** Complete minutes in each of the 24 hours. */
  readonly completeByHour: readonly number[];
  readonly file: 'good' | 'faulty' | 'none';
}

export interface Coverage {
  readonly days: number;
  readonly files: number;
  /** Minutes from the first stored one to the last, or of all days when a range was asked for. */
  readonly minutes: number;
  readonly present: number;
  readonly complete: number;
  /** With a return: what model input can hold. */
  readonly usable: number;
  /** Midnights with a complete bar on both sides, and those of them that a return crosses. */
  readonly seams: number;
  readonly joinedSeams: number;
  readonly byDay: readonly DayCoverage[];
}

export interface SideDepth {
  readonly least: number;
  readonly median: number;
}

export interface IngestSummary {
  readonly manifest: string;
  readonly codeVersion: string;
  readonly tickSize: string;
  readonly lotSize: string;
  readonly logVolume: string;
  readonly inputs: number;
  readonly days: number;
  readonly messages: number;
  readonly bars: number;
  readonly gaps: number;
  readonly crossed: number;
  readonly quarantined: number;
  readonly damaged: number;
  readonly checkedSnapshots: number;
  readonly disagreements: number;
}

export interface QualityReport {
  readonly venue: string;
  readonly symbol: string;
  readonly synthetic: boolean;
  /** First and last UTC day looked at. */
  readonly from: string;
  readonly to: string;
  readonly folder: string;
  readonly errors: number;
  readonly warnings: number;
  readonly notes: number;
  /** In words; the first sentence says whether the data can be used. */
  readonly verdict: readonly string[];
  readonly findings: readonly Finding[];
  readonly coverage: Coverage;
  /** Levels a bar has on each side; null when no book could be read. */
  readonly depth: { readonly bids: SideDepth; readonly asks: SideDepth } | null;
  readonly gaps: readonly GapRange[];
  readonly drift: readonly FeatureDrift[];
  readonly ingests: readonly IngestSummary[];
}

type Judged = Pick<QualityReport, 'findings' | 'coverage' | 'synthetic'>;

/** The sentences of the verdict, first what matters most. */
export function verdictOf({ findings, coverage, synthetic }: Judged): readonly string[] {
  const errors = findings.filter(({ severity }) => severity === 'error');
  const warnings = findings.filter(({ severity }) => severity === 'warning');
  const { files, minutes, present, usable, seams, joinedSeams, byDay } = coverage;
  const faulty = byDay.filter(({ file }) => file === 'faulty').length;
  const part = (count: number): string =>
    `${count.toLocaleString('en')} (${minutes === 0 ? '–' : ((100 * count) / minutes).toFixed(1)} %)`;
  const first =
    errors.length > 0
      ? `Not fit for use: ${plural(errors.length, 'kind')} of error${faulty > 0 ? `, in ${faulty} of ${plural(files, 'day file')}` : ''}. First: ${errors[0]!.what}.`
      : `Sound: no errors in ${plural(files, 'day file')}${warnings.length > 0 ? `, ${plural(warnings.length, 'kind')} of warning` : ''}.`;
  return [
    first,
    `Of ${plural(minutes, 'minute')}, ${part(present)} have a bar and ${part(usable)} can be model input.`,
    ...(seams > 0
      ? [`A return crosses ${joinedSeams} of ${plural(seams, 'midnight')} with complete bars on both sides.`]
      : []),
    ...warnings.map(({ what, count }) => `Warning: ${what} (${count.toLocaleString('en')}).`),
    ...(synthetic ? ['The data is simulated: it says nothing about any market.'] : []),
  ];
}

function plural(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}
