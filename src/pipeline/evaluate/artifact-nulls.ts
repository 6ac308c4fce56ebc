/** The null tests of an artifact: which learners, on which views of which rows. */
import { CLASS_COUNT } from '../../domain/core/index.ts';
import { metaFeatureNames, metaFeatures } from '../../domain/features/index.ts';
import { boostingFromXgboostJson } from '../../learning/boosting/index.ts';
import type { Check, NullTest } from '../report/index.ts';
import { BASELINE_BOOSTING, recentBars } from './baselines.ts';
import type { CheckedArtifact } from './checks.ts';
import { enoughForNulls } from './null-labels.ts';
import { nullTests } from './nulls.ts';
import type { NullInput } from './nulls.ts';
import { readOutOfFold } from './out-of-fold-file.ts';
import { barRows, labelsAt, thinned, triplesOf } from './test-rows.ts';

/** The cheap learners on null labels: the auditor on out-of-fold predictions, boosting and logistic beside it. */
export async function nullTestsOf(
  { stored, data, plan, config, signal }: CheckedArtifact,
  testBase: Float64Array,
): Promise<{ readonly nulls: readonly NullTest[]; readonly checks: readonly Check[] }> {
  const notMade = (detail: string): Check => ({
    name: 'null tests',
    outcome: 'not made',
    detail,
    comparisons: 0,
  });
  const { outOfFold, development } = plan;
  const test = development.after;
  const first = outOfFold[0]!;
  const span = Int32Array.from({ length: test.at(-1)! - first + 1 }, (_, i) => first + i);
  const { lookaheadMinutes } = data.labels.definition;
  const kept = readOutOfFold(stored);
  if (kept === null)
    return {
      nulls: [],
      checks: [notMade('the artifact was audited before it kept its out-of-fold predictions: audit again')],
    };
  if (!enoughForNulls(span.length, lookaheadMinutes))
    return {
      nulls: [],
      checks: [
        notMade(`${span.length} rows are too few to permute labels of ${lookaheadMinutes} minutes in blocks`),
      ],
    };

  const { evaluation, auditor, base, seed } = config;
  const places = thinned(Int32Array.from(kept.positions.keys()), evaluation.nullRows);
  const learned = places.map((i) => kept.positions[i]!);
  const metaOf = (positions: Int32Array, probabilities: Float64Array): Float64Array =>
    metaFeatures({
      probabilities,
      features: data.bars.features,
      featureNames: data.bars.featureNames,
      rows: barRows(data, positions),
      sequenceLength: base.sequenceLength,
    });
  const known = triplesOf(kept.probabilities, places);
  const meta = {
    featureNames: metaFeatureNames(data.bars.featureNames),
    learned: metaOf(learned, known),
    judged: metaOf(test, testBase),
  };
  const recent = recentBars(data, base.sequenceLength);
  const rounds = (most: number): number => Math.max(1, Math.min(most, evaluation.nullRounds));
  const trees = boostingFromXgboostJson(Buffer.from(stored.files['auditor.json']!).toString('utf8')).trees
    .length;
  const inputs: readonly NullInput[] = [
    {
      name: 'auditor',
      ...meta,
      learner: {
        ...BASELINE_BOOSTING,
        maxDepth: auditor.maxDepth,
        minChildWeight: auditor.minChildWeight,
        rounds: rounds(trees / CLASS_COUNT),
        earlyStoppingRounds: 0,
      },
    },
    {
      name: 'boosting on bars',
      featureNames: recent.featureNames,
      learned: recent.columns(learned),
      judged: recent.columns(test),
      learner: { ...BASELINE_BOOSTING, rounds: rounds(BASELINE_BOOSTING.rounds!), earlyStoppingRounds: 0 },
    },
    { name: 'logistic', ...finiteColumns(meta), learner: 'logistic' },
  ];
  const nulls = await nullTests(
    {
      labels: labelsAt(data, span),
      learned: learned.map((position) => position - first),
      judged: test.map((position) => position - first),
      lookaheadRows: lookaheadMinutes,
    },
    inputs,
    { draws: evaluation.nullDraws, seed, signal },
  );
  return { nulls, checks: [] };
}

/** A short window has no long averages; a linear model cannot take what is missing. */
function finiteColumns<T extends Pick<NullInput, 'featureNames' | 'learned' | 'judged'>>({
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
