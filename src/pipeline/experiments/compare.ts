/** Treatment against control on the same days: intervals, p-values, and what is left of them after the correction. */
import {
  bootstrapInterval,
  holmAdjusted,
  type PairedDifference,
  pairedDifference,
} from '../../domain/validation/index.ts';
import type { DifferenceOutcome, ReportedInterval, TestedDifference } from '../report/index.ts';
import type { ExperimentDefinition, TestedMetric } from './definitions.ts';
import { allDays, meanOf, metricOf, pooled, type SeedDays } from './figures.ts';

/** `[seeds][symbols]` */
export type SeedTables = readonly (readonly SeedDays[])[];

export interface CompareOptions {
  readonly treatment: SeedTables;
  readonly control: SeedTables;
  readonly symbols: readonly string[];
  readonly familySize: number;
  readonly blockDays: number;
  readonly replicates: number;
  readonly seed: number;
}

/** Corrected p-values below it are taken for effects; intervals hold 1 − it. */
const SIGNIFICANCE = 0.05;
/** With fewer independent pieces of evidence an interval of a bootstrap is not to be relied on. */
const LEAST_BLOCKS = 10;

export function compare(
  { metrics, sides }: ExperimentDefinition,
  options: CompareOptions,
): readonly TestedDifference[] {
  const { symbols, familySize } = options;
  const scopes = [
    ...(symbols.length > 1 ? [{ scope: 'all symbols', isPooled: true, chosen: null }] : []),
    ...symbols.map((scope, chosen) => ({ scope, isPooled: symbols.length === 1, chosen })),
  ];
  const tests = metrics.flatMap((metric) =>
    scopes.map(({ chosen, scope, isPooled }) => ({
      scope,
      isPooled,
      metric,
      found: measure(metric, chosen, options),
    })),
  );
  const adjusted = holmAdjusted(
    tests.map(({ found }) => found.difference.pValue),
    familySize,
  );
  return tests.map(({ scope, isPooled, metric, found }, i) => {
    const { difference, treatment, control, seeds } = found;
    const margin =
      metric.margin.kind === 'relative'
        ? metric.margin.share * Math.abs(control.estimate)
        : metric.margin.value;
    const adjustedPValue = adjusted[i]!;
    return {
      metric: metric.metric,
      scope,
      isPooled,
      better: metric.better,
      treatment,
      control,
      margin,
      estimate: difference.estimate,
      lower: difference.lower,
      upper: difference.upper,
      pValue: difference.pValue,
      adjustedPValue,
      outcome: outcomeOf(difference, { margin, adjustedPValue, better: metric.better, sides }),
      seeds,
    };
  });
}

function measure(
  { metric }: TestedMetric,
  chosen: number | null,
  { treatment, control, blockDays, replicates, seed }: CompareOptions,
) {
  const scoped = (tables: SeedTables): readonly SeedDays[] =>
    tables.map((symbols) => (chosen === null ? pooled(symbols) : symbols[chosen]!));
  const [ours, theirs] = [scoped(treatment), scoped(control)];
  const days = ours[0]!.net.length;
  const resampling = { expectedBlockRows: blockDays, replicates, seed, level: 1 - SIGNIFICANCE };
  const mean = (tables: readonly SeedDays[], drawn: Int32Array): number =>
    meanOf(tables.map((table) => metricOf(metric, table, drawn)));
  const interval = (tables: readonly SeedDays[]): ReportedInterval =>
    boundsOf(bootstrapInterval(days, resampling, (drawn) => mean(tables, drawn)));
  const every = allDays(days);
  return {
    difference: pairedDifference(days, resampling, (drawn) => mean(ours, drawn) - mean(theirs, drawn)),
    treatment: interval(ours),
    control: interval(theirs),
    seeds: ours.map((table, i) => metricOf(metric, table, every) - metricOf(metric, theirs[i]!, every)),
  };
}

const boundsOf = ({ estimate, lower, upper }: ReportedInterval): ReportedInterval => ({
  estimate,
  lower,
  upper,
});

interface Judged {
  readonly margin: number;
  readonly adjustedPValue: number;
  readonly better: 'higher' | 'lower';
  readonly sides: 'one' | 'two';
}

/** See {@link DifferenceOutcome}. */
export function outcomeOf(
  difference: Pick<PairedDifference, 'estimate' | 'lower' | 'upper' | 'effectiveBlocks'>,
  { margin, adjustedPValue, better, sides }: Judged,
): DifferenceOutcome {
  const sign = better === 'higher' ? 1 : -1;
  const gain = sign * difference.estimate;
  const reach = [sign * difference.lower, sign * difference.upper];
  const most = Math.max(...(sides === 'one' ? reach : reach.map(Math.abs)));
  const isSure = adjustedPValue < SIGNIFICANCE && difference.effectiveBlocks >= LEAST_BLOCKS;
  if (isSure && gain > 0) return gain >= margin ? 'criterion met' : 'effect below the criterion';
  if (isSure) return 'opposite effect';
  const holdsZero = difference.lower <= 0 && difference.upper >= 0;
  const isNarrow = difference.effectiveBlocks >= LEAST_BLOCKS && most < margin;
  return holdsZero && isNarrow ? 'no effect found' : 'cannot be concluded';
}
