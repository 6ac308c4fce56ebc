/**
 * Has a feature's distribution moved? Each month against the first one with enough rows, by the population stability index
 * over the deciles of that month, and by how far the median has moved.
 *
 * PSI = Σ (p − q) ln(p / q) over the bins (Kullback's J-divergence). The customary marks, 0.1 and 0.25, come from credit
 * scoring (Siddiqi, Credit Risk Scorecards, 2006) and suppose independent rows; minutes are not independent, so a month is
 * judged only with enough of them, and a mark is a reason to look, not a verdict.
 */
import { isoDay } from '../../domain/core/index.ts';
import type { FeatureMonth, FeatureMonths } from '../../platform/storage/index.ts';
import type { FindingLog } from './findings.ts';

/** A week of minutes. */
export const MIN_MONTH_ROWS = 7 * 1_440;

const PSI_SHIFT = 0.1;
const PSI_DRIFT = 0.25;
/** Shift of the median in robust standard deviations. */
const SHIFT_DRIFT = 1;

/** An empty bin counts as this share, so that the index stays finite. */
const LEAST_SHARE = 1e-4;

/** Interquartile range of the standard normal distribution. */
const NORMAL_IQR = 1.3489795003921634;

export type DriftMark = 'reference' | 'steady' | 'shift' | 'drift' | 'constant' | 'too-few-rows';

export interface DriftMonth {
  /** `2024-07` */
  readonly month: string;
  readonly rows: number;
  readonly mean: number;
  readonly standardDeviation: number;
  readonly median: number;
  /** Null where there is nothing to compare with. */
  readonly psi: number | null;
  /** (median − reference median) / (reference IQR / 1.349); null where the reference has no spread. */
  readonly shift: number | null;
  readonly mark: DriftMark;
}

export interface FeatureDrift {
  readonly feature: string;
  /** Month that the others are compared with; null when none has enough rows. */
  readonly reference: string | null;
  readonly months: readonly DriftMonth[];
}

/** Population stability index of two histograms over the same bins. */
export function populationStability(reference: readonly number[], counts: readonly number[]): number {
  const shares = (histogram: readonly number[]): readonly number[] => {
    const total = histogram.reduce((sum, count) => sum + count, 0);
    return histogram.map((count) => Math.max(count / total, LEAST_SHARE));
  };
  const q = shares(reference);
  return shares(counts).reduce((sum, p, bin) => sum + (p - q[bin]!) * Math.log(p / q[bin]!), 0);
}

export function measureDrift(features: readonly FeatureMonths[]): readonly FeatureDrift[] {
  return features.map(({ feature, referenceMs, months }) => {
    const reference = months.find(({ monthMs }) => monthMs === referenceMs) ?? null;
    return {
      feature,
      reference: referenceMs === null ? null : monthName(referenceMs),
      months: months.map((month) => compare(month, reference)),
    };
  });
}

const monthName = (monthMs: number): string => isoDay(monthMs).slice(0, 7);

function compare(month: FeatureMonth, reference: FeatureMonth | null): DriftMonth {
  const { monthMs, rows, mean, standardDeviation, median, least, greatest } = month;
  const isJudged = reference !== null && rows >= MIN_MONTH_ROWS;
  const isCompared = isJudged && month !== reference;
  const psi = isCompared ? populationStability(reference.binRows, month.binRows) : null;
  const spread = reference === null ? 0 : (reference.upperQuartile - reference.lowerQuartile) / NORMAL_IQR;
  const shift = isCompared && spread > 0 ? (median - reference.median) / spread : null;
  const drifts = (psi ?? 0) >= PSI_DRIFT || Math.abs(shift ?? 0) >= SHIFT_DRIFT;
  let mark: DriftMark = 'steady';
  if (!isJudged) mark = 'too-few-rows';
  else if (least === greatest) mark = 'constant';
  else if (month === reference) mark = 'reference';
  else if (drifts) mark = 'drift';
  else if ((psi ?? 0) >= PSI_SHIFT) mark = 'shift';
  return { month: monthName(monthMs), rows, mean, standardDeviation, median, psi, shift, mark };
}

const FINDINGS = {
  constant: 'feature-constant',
  drift: 'feature-drift',
  shift: 'feature-shift',
} as const;

/** One place per feature and mark: the month that has moved most. */
export function reportDrift(drift: readonly FeatureDrift[], log: FindingLog): void {
  for (const { feature, reference, months } of drift) {
    for (const mark of ['constant', 'drift', 'shift'] as const) {
      const marked = months.filter((month) => month.mark === mark);
      const [worst] = marked.toSorted((a, b) => (b.psi ?? 0) - (a.psi ?? 0));
      if (worst === undefined) continue;
      const numbers = [
        worst.psi === null ? [] : `PSI ${worst.psi.toFixed(2)}`,
        worst.shift === null
          ? []
          : `median ${worst.shift >= 0 ? '+' : '−'}${Math.abs(worst.shift).toFixed(2)} σ`,
      ].flat();
      const against = numbers.length === 0 ? '' : `: ${numbers.join(', ')} against ${reference}`;
      log.add(
        FINDINGS[mark],
        {
          column: feature,
          detail: `${marked.length} of ${months.length} months, most in ${worst.month}${against}`,
        },
        marked.length,
      );
    }
  }
}
