/** The null tests of an audited model: which learners, on which views of which rows. */
import { CLASS_COUNT } from '../../domain/core/index.ts';
import { metaFeatureNames, metaFeatures } from '../../domain/features/index.ts';
import { boostingFromXgboostJson } from '../../learning/boosting/index.ts';
import { recentBars } from './baselines.ts';
import type { CheckedArtifact } from './checks.ts';
import { finiteColumns, nullBoosting, type NullFindings, nullsNotMade, nullsOn } from './null-runs.ts';
import type { NullInput } from './nulls.ts';
import { type OutOfFoldRows, readOutOfFold } from './out-of-fold-file.ts';
import { barRows, thinned, triplesOf } from './test-rows.ts';

/** The cheap learners on null labels: the auditor on out-of-fold predictions, boosting and logistic beside it. */
export async function nullTestsOf(artifact: CheckedArtifact, testBase: Float64Array): Promise<NullFindings> {
  const { stored, data, plan, config, signal } = artifact;
  const kept = readOutOfFold(stored);
  if (kept === null)
    return nullsNotMade('the artifact was audited before it kept its out-of-fold predictions: audit again');
  const places = thinned(Int32Array.from(kept.positions.keys()), config.evaluation.nullRows);
  const learned = places.map((i) => kept.positions[i]!);
  const known = triplesOf(kept.probabilities, places);
  return await nullsOn({
    data,
    first: plan.outOfFold[0]!,
    learned,
    judged: plan.development.after,
    lookaheadRows: data.labels.definition.lookaheadMinutes,
    inputs: () => inputsOf(artifact, { positions: learned, probabilities: known }, testBase),
    config,
    signal,
  });
}

function inputsOf(
  { stored, data, plan, config }: CheckedArtifact,
  learned: OutOfFoldRows,
  testBase: Float64Array,
): readonly NullInput[] {
  const { auditor, base } = config;
  const test = plan.development.after;
  const metaOf = ({ positions, probabilities }: OutOfFoldRows): Float64Array =>
    metaFeatures({
      probabilities,
      features: data.bars.features,
      featureNames: data.bars.featureNames,
      rows: barRows(data, positions),
      sequenceLength: base.sequenceLength,
      set: auditor.features,
    });
  const meta = {
    featureNames: metaFeatureNames(data.bars.featureNames, auditor.features),
    learned: metaOf(learned),
    judged: metaOf({ positions: test, probabilities: testBase }),
  };
  const recent = recentBars(data, base.sequenceLength);
  const trees = boostingFromXgboostJson(Buffer.from(stored.files['auditor.json']!).toString('utf8')).trees
    .length;
  const { maxDepth, minChildWeight } = auditor;
  return [
    {
      name: 'auditor',
      ...meta,
      learner: { ...nullBoosting(config, trees / CLASS_COUNT), maxDepth, minChildWeight },
    },
    {
      name: 'boosting on bars',
      featureNames: recent.featureNames,
      learned: recent.columns(learned.positions),
      judged: recent.columns(test),
      learner: nullBoosting(config),
    },
    { name: 'logistic', ...finiteColumns(meta), learner: 'logistic' },
  ];
}
