/** Null tests of the cheap learners on a model's own rows, or why there are none. */
import type { Config } from '../config.ts';
import type { LabelledRows } from '../labelled-rows.ts';
import type { Check, NullTest } from '../report/index.ts';
import { BASELINE_BOOSTING } from './baselines.ts';
import { enoughForNulls } from './null-labels.ts';
import { type NullInput, nullTests } from './nulls.ts';
import { labelsAt } from './test-rows.ts';

export interface NullFindings {
  readonly nulls: readonly NullTest[];
  /** Why no null tests were made, if so. */
  readonly checks: readonly Check[];
}

export const nullsNotMade = (detail: string): NullFindings => ({
  nulls: [],
  checks: [{ name: 'null tests', outcome: 'not made', detail, comparisons: 0 }],
});

interface NullRun {
  readonly data: LabelledRows;
  /** Positions: the first that anything was learned from, those that the learners learn from, those that judge. */
  readonly first: number;
  readonly learned: Int32Array;
  readonly judged: Int32Array;
  readonly lookaheadRows: number;
  /** Asked for when there are rows enough. */
  readonly inputs: () => readonly NullInput[];
  readonly config: Config;
  readonly signal: AbortSignal;
}

export async function nullsOn(run: NullRun): Promise<NullFindings> {
  const { data, first, learned, judged, lookaheadRows, inputs, config, signal } = run;
  const span = Int32Array.from({ length: judged.at(-1)! - first + 1 }, (_, i) => first + i);
  if (!enoughForNulls(span.length, lookaheadRows)) {
    return nullsNotMade(
      `${span.length} rows are too few to permute labels of ${lookaheadRows} ${data.unit.name}s in blocks`,
    );
  }
  const nulls = await nullTests(
    {
      labels: labelsAt(data, span),
      learned: learned.map((position) => position - first),
      judged: judged.map((position) => position - first),
      lookaheadRows,
    },
    inputs(),
    { draws: config.evaluation.nullDraws, seed: config.seed, signal },
  );
  return { nulls, checks: [] };
}

/** The baseline's trees, so few that a page with all its draws is made in minutes. */
export const nullBoosting = ({ evaluation }: Config, mostRounds = BASELINE_BOOSTING.rounds!) => ({
  ...BASELINE_BOOSTING,
  rounds: Math.max(1, Math.min(mostRounds, evaluation.nullRounds)),
  earlyStoppingRounds: 0,
});

/** A short window has no long averages; a linear model cannot take what is missing. */
export function finiteColumns<T extends Pick<NullInput, 'featureNames' | 'learned' | 'judged'>>({
  featureNames,
  learned,
  judged,
}: T) {
  const width = featureNames.length;
  const holds = (table: Float64Array, k: number): boolean =>
    table.every((value, i) => i % width !== k || Number.isFinite(value));
  const kept = new Set([...featureNames.keys()].filter((k) => holds(learned, k) && holds(judged, k)));
  const of = (table: Float64Array): Float64Array => table.filter((_, i) => kept.has(i % width));
  return {
    featureNames: featureNames.filter((_, k) => kept.has(k)),
    learned: of(learned),
    judged: of(judged),
  };
}
