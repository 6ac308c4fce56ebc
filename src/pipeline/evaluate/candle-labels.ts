/** Labels of candles held against the closes, and against histories that end. */
import { isoMinute, NO_LABEL, Random } from '../../domain/core/index.ts';
import type { CandleLabels } from '../../domain/labels/index.ts';
import type { CandleLabelConfig } from '../candle-models/config.ts';
import { labelSeries } from '../candle-models/label-series.ts';
import { type CandleSeries, cutTable } from '../candle-scoring/index.ts';
import type { Check } from '../report/index.ts';
import { checkOf } from './leaks.ts';

/** A price ratio and a sum of returns differ by rounding alone. */
const ROUNDING = 1e-9;

interface LabelPlan {
  readonly rule: CandleLabelConfig;
  /** Histories that end at random candles. */
  readonly cuts: number;
  readonly seed: number;
}

/**
 * Where a label is of the return over the horizon: every one is what the closes say, and known when the last of them is. Of
 * every rule: labels of a history that ends are the same as far as they were known by then, and not there otherwise.
 */
export function candleLabelCheck(series: CandleSeries, labels: CandleLabels, plan: LabelPlan): Check {
  const byClose =
    plan.rule.kind === 'trade' ? { problems: [], comparisons: 0 } : againstCloses(series, labels, plan.rule);
  const byTime = againstCuts(series, labels, plan);
  const comparisons = byClose.comparisons + byTime.comparisons;
  const { horizonCandles } = plan.rule;
  return checkOf('labels from closes', comparisons, {
    problems: [...byClose.problems, ...byTime.problems],
    passed:
      plan.rule.kind === 'trade'
        ? `${comparisons.toLocaleString('en')} labels of trades are known when they say, in ${plan.cuts} histories that end at random candles`
        : `${byClose.comparisons.toLocaleString('en')} labels, recomputed from closes ${horizonCandles} candles apart, are those used; ${byTime.comparisons.toLocaleString('en')} are known when they say, in ${plan.cuts} histories that end at random candles`,
  });
}

interface Comparison {
  readonly problems: readonly string[];
  readonly comparisons: number;
}

function againstCloses(
  { candles: { openTimeMs, close }, intervalMs }: CandleSeries,
  { label, labelEndMs }: CandleLabels,
  rule: CandleLabelConfig,
): Comparison {
  const { horizonCandles } = rule;
  const edgeAt = edges({ close }, rule);
  const problems: string[] = [];
  let comparisons = 0;
  for (let row = 0; row < label.length; row++) {
    if (label[row] === NO_LABEL) continue;
    comparisons++;
    const last = row + horizonCandles;
    const ahead = Math.log(close[last]! / close[row]!);
    const edge = edgeAt(row);
    const says = ahead > edge ? 2 : ahead < -edge ? 0 : 1;
    const isOnEdge = Math.abs(Math.abs(ahead) - edge) < ROUNDING;
    const endMs = openTimeMs[row]! + (horizonCandles + 1) * intervalMs;
    const isThere = openTimeMs[last] === openTimeMs[row]! + horizonCandles * intervalMs;
    if (isThere && (isOnEdge || label[row] === says) && labelEndMs[row] === endMs) continue;
    problems.push(
      `label at ${isoMinute(openTimeMs[row]!)} is ${label[row]}, known at ${isoMinute(labelEndMs[row]!)}; the closes ${horizonCandles} candles apart say ${says} for a return of ${ahead}`,
    );
  }
  return { problems, comparisons };
}

/** The return beyond which a row is BUY or SELL; sums of squares by prefix, unlike the labels themselves. */
function edges(
  { close }: { readonly close: Float64Array },
  { kind, threshold, deviations, volatilityCandles, horizonCandles }: CandleLabelConfig,
): (row: number) => number {
  if (kind === 'threshold') return () => threshold;
  const squares = new Float64Array(close.length);
  for (let row = 1; row < close.length; row++) {
    squares[row] = squares[row - 1]! + Math.log(close[row]! / close[row - 1]!) ** 2;
  }
  return (row) =>
    deviations *
    Math.sqrt(((squares[row]! - squares[row - volatilityCandles]!) / volatilityCandles) * horizonCandles);
}

function againstCuts(
  series: CandleSeries,
  labels: CandleLabels,
  { rule, cuts, seed }: LabelPlan,
): Comparison {
  const { candles, intervalMs } = series;
  const random = Random.fromLabel(seed, 'label-cuts');
  const compared = 4 * rule.horizonCandles;
  const reach = compared + rule.volatilityCandles + 1;
  const problems: string[] = [];
  let comparisons = 0;
  for (let cut = 0; cut < cuts && candles.rows > reach; cut++) {
    const end = reach + random.integer(candles.rows - reach);
    const start = end - reach;
    const past = labelSeries({ ...series, candles: cutTable(candles, { start, end }) }, rule);
    const endMs = candles.openTimeMs[end - 1]! + intervalMs;
    for (let row = end - compared; row < end; row++) {
      comparisons++;
      const isKnown = labels.label[row] !== NO_LABEL && labels.labelEndMs[row]! <= endMs;
      const expected = isKnown ? labels.label[row]! : NO_LABEL;
      const found = past.label[row - start]!;
      if (found === expected) continue;
      problems.push(
        `label at ${isoMinute(candles.openTimeMs[row]!)} is ${found} in a history that ends at ${isoMinute(endMs)}, where it should be ${expected}`,
      );
    }
  }
  return { problems, comparisons };
}
