/** What a model must beat: fitted on the same development rows, judged on the same test rows. */
import { CLASS_COUNT, CLASS_WEIGHTS } from '../../domain/core/index.ts';
import { fillRecentMeans } from '../../domain/features/index.ts';
import { macroF1Weights, type PurgedSplit, purgedTail } from '../../domain/validation/index.ts';
import {
  predictClassPrior,
  predictLogistic,
  trainClassPrior,
  trainLogistic,
} from '../../learning/baselines/index.ts';
import { predictBoosting, trainBoosting } from '../../learning/boosting/index.ts';
import type { BoostingParameters } from '../../learning/boosting/index.ts';
import type { LabelledRows } from '../labelled-rows.ts';
import { persistenceJudge } from './persistence.ts';
import type { Judge } from './score.ts';
import { barRows, labelsAt, lastBars, thinned } from './test-rows.ts';
import type { JudgedRows } from './test-rows.ts';

export interface BaselinePlan {
  readonly embargoMs: number;
  /** Latest share of the development rows, on which the boosting is stopped and the decision rules are chosen. */
  readonly stopShare: number;
  /** Most development rows that the boosting learns from, evenly spread. */
  readonly mostRows: number;
  readonly sequenceLength: number;
  readonly seed: number;
  readonly signal: AbortSignal;
}

/** Shallow trees on a few columns; their number is decided on the purged tail of the development rows. */
export const BASELINE_BOOSTING: Partial<BoostingParameters> = {
  objective: 'multi:softprob',
  classes: CLASS_COUNT,
  rounds: 120,
  maxDepth: 4,
  eta: 0.1,
  minChildWeight: 20,
  earlyStoppingRounds: 10,
};

export async function baselineJudges(rows: JudgedRows, plan: BaselinePlan): Promise<readonly Judge[]> {
  const { data, development, test } = rows;
  const labels = labelsAt(data, development);
  const { featureNames } = data.bars;
  const logistic = trainLogistic({
    features: lastBars(data, development),
    featureNames,
    labels,
    classes: CLASS_COUNT,
  });
  const prior = trainClassPrior(labels, CLASS_COUNT);
  const { embargoMs, stopShare } = plan;
  const split = purgedTail({ spans: data.spans, rows: development, share: stopShare, embargoMs });
  return [
    await boostingJudge(rows, plan, split),
    {
      id: 'logistic',
      name: `Logistic regression, last ${rowName(data)}`,
      probabilities: predictLogistic(logistic, lastBars(data, test)),
      decision: macroF1Weights(predictLogistic(logistic, lastBars(data, split.after))),
    },
    persistenceJudge(rows),
    {
      id: 'prior',
      name: 'Class prior',
      probabilities: predictClassPrior(prior, test.length),
      decision: CLASS_WEIGHTS,
    },
  ];
}

async function boostingJudge(
  { data, test }: JudgedRows,
  { mostRows, sequenceLength, seed, signal }: BaselinePlan,
  split: PurgedSplit,
): Promise<Judge> {
  const { featureNames, columns } = recentBars(data, sequenceLength);
  const rowsOf = (positions: Int32Array) => ({
    features: columns(positions),
    labels: labelsAt(data, positions),
  });
  const trees = await trainBoosting({
    featureNames,
    ...rowsOf(thinned(split.before, mostRows)),
    validation: rowsOf(thinned(split.after, mostRows)),
    parameters: BASELINE_BOOSTING,
    seed,
    signal,
  });
  return {
    id: 'boosting',
    name: `Boosted trees on recent ${rowName(data)}s`,
    probabilities: predictBoosting(trees, columns(test)),
    decision: macroF1Weights(predictBoosting(trees, columns(split.after))),
  };
}

const rowName = ({ unit }: LabelledRows): string => (unit.name === 'minute' ? 'bar' : unit.name);

/** Bars over which the means reach, the last one included. */
const REACHES = [1, 5, 15, 60] as const;

interface RecentBars {
  readonly featureNames: readonly string[];
  /** `[positions × featureNames.length]` */
  readonly columns: (positions: Int32Array) => Float64Array;
}

/** The last bar, and the means of the last 5, 15 and 60 where the model's window is so long. */
export function recentBars(data: LabelledRows, sequenceLength: number): RecentBars {
  const { featureNames: names, features } = data.bars;
  const width = names.length;
  const reaches = REACHES.filter((reach) => reach <= sequenceLength);
  return {
    featureNames: reaches.flatMap((reach) =>
      names.map((name) => (reach === 1 ? name : `${name}_mean_${reach}`)),
    ),
    columns: (positions) => {
      const rows = barRows(data, positions);
      const table = new Float64Array(rows.length * reaches.length * width);
      rows.forEach((row, i) => {
        for (const [r, reach] of reaches.entries()) {
          const start = (i * reaches.length + r) * width;
          fillRecentMeans(table.subarray(start, start + width), features, { row, reach });
        }
      });
      return table;
    },
  };
}
