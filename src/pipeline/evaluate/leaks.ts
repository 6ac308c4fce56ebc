/**
 * Leaks by name. Each check recomputes something that the pipeline relies on from what lies below it, and fails when the
 * stored thing knows more than it may.
 */
import { isoMinute, NO_LABEL } from '../../domain/core/index.ts';
import { LOG_RETURN_FEATURE } from '../../domain/features/index.ts';
import type { BarTable, Segment } from '../../domain/features/index.ts';
import { labelBars } from '../../domain/labels/index.ts';
import type { BarLabels } from '../../domain/labels/index.ts';
import type { LabelSpans } from '../../domain/validation/index.ts';
import { scalingOf } from '../../learning/neural/index.ts';
import type { Scaling } from '../../learning/neural/index.ts';
import type { LabelledRows } from '../labelled-rows.ts';
import type { Check } from '../report/index.ts';

export function checkOf(
  name: string,
  comparisons: number,
  { problems, passed }: { readonly problems: readonly string[]; readonly passed: string },
): Check {
  const [first, ...others] = problems;
  if (first === undefined) return { name, outcome: 'passed', detail: passed, comparisons };
  const more = others.length === 0 ? '' : ` (and ${others.length.toLocaleString('en')} more)`;
  return { name, outcome: 'failed', detail: `${first}${more}`, comparisons };
}

interface ScalerInput {
  /** The statistics inside the model file, 32 bits each. */
  readonly stored:
    Pick<Scaling, 'mean' | 'deviation'> | { readonly mean: Float32Array; readonly deviation: Float32Array };
  readonly bars: BarTable;
  /** Rows that the model was fitted on. */
  readonly trainRows: Int32Array;
}

/** The scaler inside the model was fitted on the training rows and on nothing else: equal to the bit in 32 bits. */
export function scalerCheck({ stored, bars, trainRows }: ScalerInput): Check {
  const { featureNames, features } = bars;
  const known = scalingOf(features, featureNames.length, trainRows);
  const problems = (['mean', 'deviation'] as const).flatMap((statistic) =>
    featureNames.flatMap((feature, k) => {
      const expected = Math.fround(known[statistic][k]!);
      const found = stored[statistic][k]!;
      return Object.is(found, expected)
        ? []
        : [
            `${statistic} of ${feature} is ${found} in the model, ${expected} on its ${trainRows.length} training rows`,
          ];
    }),
  );
  return checkOf('scaler on training rows', 2 * featureNames.length, {
    problems,
    passed: `mean and deviation of ${featureNames.length} features, recomputed from ${trainRows.length.toLocaleString('en')} training rows, equal those in the model to the bit`,
  });
}

/** A price ratio and a sum of returns differ by rounding alone. */
const ROUNDING = 1e-9;

/** Every label is what the closes say, one horizon ahead: not one minute more, not one less. */
export function labelCheck(bars: BarTable, labels: BarLabels): Check {
  const { definition, label, futureReturn, labelEndMs } = labels;
  const { minuteMs, close, featureNames, features } = bars;
  const width = featureNames.length;
  const returns = Float64Array.from(
    { length: bars.rows },
    (_, row) => features[row * width + LOG_RETURN_FEATURE]!,
  );
  const expected = labelBars(minuteMs, returns, definition);
  const { lookaheadMinutes, thresholdLong, thresholdShort } = definition;
  const problems: string[] = [];
  let comparisons = 0;
  for (let row = 0; row < bars.rows; row++) {
    if (label[row] === NO_LABEL && expected.label[row] === NO_LABEL) continue;
    comparisons++;
    const byClose = Math.log(close[row + lookaheadMinutes]! / close[row]!);
    const onEdge = [thresholdLong, thresholdShort].some((edge) => Math.abs(byClose - edge) < ROUNDING);
    const byThresholds = byClose > thresholdLong ? 2 : byClose < thresholdShort ? 0 : 1;
    const same =
      Math.abs(futureReturn[row]! - byClose) < ROUNDING &&
      (onEdge || label[row] === byThresholds) &&
      labelEndMs[row] === expected.labelEndMs[row];
    if (same) continue;
    problems.push(
      `label at ${isoMinute(minuteMs[row]!)} is ${label[row]} for a return of ${futureReturn[row]}, the closes ${lookaheadMinutes} minutes apart say ${byThresholds} and ${byClose}`,
    );
  }
  return checkOf('labels from closes', comparisons, {
    problems,
    passed: `${comparisons.toLocaleString('en')} labels, recomputed from closes ${lookaheadMinutes} minutes apart, are the stored ones`,
  });
}

/** No feature of a minute explains this share of the next minute's return on any market. */
const MOST_EXPLAINED = 0.5;

/**
 * No feature holds the next bar: returns are those of the closes up to the bar, to the bit, and no column runs along with
 * the return of the bar after it.
 */
export function nextBarCheck({
  bars,
  segments,
  unit,
}: Pick<LabelledRows, 'bars' | 'segments' | 'unit'>): Check {
  const { minuteMs, close, featureNames, features } = bars;
  const width = featureNames.length;
  const at = (row: number, k: number): number => features[row * width + k]!;
  const problems: string[] = [];
  let comparisons = 0;
  for (const { start, end } of segments) {
    for (let row = start + 1; row < end; row++) {
      comparisons++;
      const expected = Math.log(close[row]! / close[row - 1]!);
      if (Object.is(at(row, unit.returnFeature), expected)) continue;
      problems.push(
        `${featureNames[unit.returnFeature]} at ${isoMinute(minuteMs[row]!)} is ${at(row, unit.returnFeature)}, the closes up to it say ${expected}`,
      );
    }
  }
  for (const [k, name] of featureNames.entries()) {
    const explained = squaredCorrelation(
      segments,
      (row) => at(row, k),
      (row) => at(row + 1, unit.returnFeature),
    );
    comparisons++;
    if (explained > MOST_EXPLAINED) {
      problems.push(
        `${name} explains ${(100 * explained).toFixed(0)} % of the next ${unit.name}’s return: it was computed with it`,
      );
    }
  }
  return checkOf('no feature of the next bar', comparisons, {
    problems,
    passed: `${comparisons.toLocaleString('en')} comparisons: returns are those of the closes up to the bar, and none of ${width} features runs along with the next return`,
  });
}

/** Over all rows of the segments that have a successor; 0 where either side does not vary. */
function squaredCorrelation(
  segments: readonly Segment[],
  x: (row: number) => number,
  y: (row: number) => number,
): number {
  let [n, meanX, meanY, xx, yy, xy] = [0, 0, 0, 0, 0, 0];
  for (const { start, end } of segments) {
    for (let row = start; row + 1 < end; row++) {
      n++;
      const deltaX = x(row) - meanX;
      const deltaY = y(row) - meanY;
      meanX += deltaX / n;
      meanY += deltaY / n;
      xx += deltaX * (x(row) - meanX);
      yy += deltaY * (y(row) - meanY);
      xy += deltaX * (y(row) - meanY);
    }
  }
  return xx > 0 && yy > 0 ? xy ** 2 / (xx * yy) : 0;
}

/** What learned, and what judged it or stopped it. */
export interface SplitPair {
  readonly name: string;
  /** Positions in the spans. */
  readonly learned: Int32Array;
  readonly judged: Int32Array;
}

/** Whatever learned knew no label that ends after the first row that judges it, less the embargo. */
export function purgeCheck(pairs: readonly SplitPair[], spans: LabelSpans, embargoMs: number): Check {
  const problems: string[] = [];
  let comparisons = 0;
  for (const { name, learned, judged } of pairs) {
    const boundaryMs = judged.reduce((first, row) => Math.min(first, spans.timeMs[row]!), Infinity);
    const late = learned.filter((row) => spans.labelEndMs[row]! + embargoMs > boundaryMs);
    comparisons += learned.length;
    if (late.length === 0) continue;
    problems.push(
      `${name}: ${late.length.toLocaleString('en')} labels that were learned from end after ${isoMinute(boundaryMs)}, where judging begins`,
    );
  }
  return checkOf('purged splits', comparisons, {
    problems,
    passed: `${comparisons.toLocaleString('en')} label ends in ${pairs.length} splits lie before what they are judged on`,
  });
}
