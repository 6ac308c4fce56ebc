/** The named checks and null tests of an artifact on its own bars, labels, folds and scaler. */
import { CLASS_COUNT } from '../../domain/core/index.ts';
import { metaFeatureNames, metaFeatures, usableSegments, windowEnds } from '../../domain/features/index.ts';
import { boostingFromXgboostJson } from '../../learning/boosting/index.ts';
import { describeBaseModel, tcnLstmNetwork } from '../../learning/models/index.ts';
import { describeNetwork, readWeights, SCALER_DEVIATION, SCALER_MEAN } from '../../learning/neural/index.ts';
import type { Scaling } from '../../learning/neural/index.ts';
import type { StoredModel } from '../../platform/storage/index.ts';
import type { AuditPlan } from '../audit/audit-plan.ts';
import type { Config } from '../config.ts';
import type { LabelledBars } from '../labelled-bars.ts';
import type { CalibratedModel } from '../live/index.ts';
import type { Check, NullTest } from '../report/index.ts';
import { BASELINE_BOOSTING, recentBars } from './baselines.ts';
import { labelCheck, nextBarCheck, purgeCheck, scalerCheck } from './leaks.ts';
import type { SplitPair } from './leaks.ts';
import { enoughForNulls } from './null-labels.ts';
import { nullTests } from './nulls.ts';
import type { NullInput } from './nulls.ts';
import { readOutOfFold } from './out-of-fold-file.ts';
import { lookAheadProbe } from './probe.ts';
import type { BarView } from './probe.ts';
import { barRows, labelsAt, thinned } from './test-rows.ts';

export interface CheckedArtifact {
  readonly stored: StoredModel;
  readonly model: CalibratedModel;
  readonly data: LabelledBars;
  readonly plan: AuditPlan;
  readonly config: Config;
  readonly signal: AbortSignal;
}

const ROWS_PER_CUT = 4;

export async function checksOf(artifact: CheckedArtifact): Promise<readonly Check[]> {
  const { stored, data, plan, config } = artifact;
  const { bars, labels, segments } = data;
  const embargoMs = config.validation.embargoMinutes * 60_000;
  const probe = await lookAheadProbe(bars, barViews(artifact), {
    rows: barRows(data, plan.development.after),
    cuts: config.evaluation.probeCuts,
    rowsPerCut: ROWS_PER_CUT,
    seed: config.seed,
  });
  return [
    probe,
    scalerCheck({
      stored: storedScaling(stored.files['model.onnx']!),
      bars,
      trainRows: barRows(data, plan.development.before),
    }),
    labelCheck(bars, labels),
    nextBarCheck(bars, segments),
    purgeCheck(splitPairs(plan), data.spans, embargoMs),
    recordedFolds(artifact),
  ];
}

/** Everything between a bar and a decision. */
function barViews({ model, config }: CheckedArtifact): readonly BarView[] {
  const { sequenceLength } = config.base;
  const classes = ['SELL', 'NEUTRAL', 'BUY'];
  const featureNames = model.featureSet.columns;
  return [
    {
      name: 'returns from closes',
      columns: ['log return'],
      compute: ({ close }, rows) => Float64Array.from(rows, (row) => Math.log(close[row]! / close[row - 1]!)),
    },
    {
      name: 'usable windows',
      columns: ['usable'],
      compute: (bars, rows) => {
        const ends = windowEnds(bars.rows, usableSegments(bars), sequenceLength);
        return Float64Array.from(rows, (row) => ends[row]!);
      },
    },
    {
      name: 'base and audited probabilities',
      columns: [...classes, ...classes].flatMap(
        (name, i) => `${i < CLASS_COUNT ? 'base' : 'audited'} ${name}`,
      ),
      compute: async ({ features }, rows) => {
        const { base, probabilities } = await model.scoreRows(features, rows);
        return Float64Array.from(
          [...rows.keys()].flatMap((i) => [...tripleOf(base, i), ...tripleOf(probabilities, i)]),
        );
      },
    },
    {
      name: 'features of the auditor',
      columns: metaFeatureNames(featureNames),
      compute: async ({ features }, rows) => {
        const { base } = await model.scoreRows(features, rows);
        return metaFeatures({ probabilities: base, features, featureNames, rows, sequenceLength });
      },
    },
  ];
}

const tripleOf = (probabilities: Float64Array, i: number): Float64Array =>
  probabilities.subarray(i * CLASS_COUNT, (i + 1) * CLASS_COUNT);

/** The statistics that the model file carries, 32 bits each. */
export function storedScaling(onnx: Uint8Array): Scaling {
  const { model, featureNames } = describeBaseModel(onnx);
  const layout = describeNetwork(tcnLstmNetwork(model, featureNames.length, CLASS_COUNT));
  const { buffers } = readWeights(onnx, layout);
  const statistic = (name: string): Float64Array => {
    const slot = layout.buffers.slots.find((each) => each.name === name)!;
    return Float64Array.from(buffers.subarray(slot.offset, slot.offset + slot.size));
  };
  return { mean: statistic(SCALER_MEAN), deviation: statistic(SCALER_DEVIATION) };
}

function splitPairs({ folds, auditor, calibration, development }: AuditPlan): readonly SplitPair[] {
  const pair = (name: string, learned: Int32Array, judged: Int32Array): SplitPair => ({
    name,
    learned,
    judged,
  });
  return [
    ...folds.flatMap(({ train, stopping, validation }, k) => [
      pair(`fold ${k + 1}, training before stopping`, train, stopping),
      pair(`fold ${k + 1}, stopping before judging`, stopping, validation),
    ]),
    pair('auditor, training before stopping', auditor.search, auditor.stopping),
    pair('auditor before calibration', auditor.all, calibration.slice),
    pair('calibration before prediction sets', calibration.both, calibration.conformal),
    pair('development before test', development.before, development.after),
  ];
}

interface RecordedFold {
  readonly trainRows: number;
  readonly stoppingRows: number;
  readonly validationRows: number;
}

/** The folds that the audit says it used have exactly the rows of purged ones. */
export function recordedFolds({ stored, plan }: Pick<CheckedArtifact, 'stored' | 'plan'>): Check {
  const name = 'folds as recorded';
  const recorded = (stored.manifest.metrics['folds'] ?? []) as readonly RecordedFold[];
  const different = plan.folds.flatMap(({ train, stopping, validation }, k) => {
    const { trainRows, stoppingRows, validationRows } = recorded[k] ?? {};
    const found = [trainRows, stoppingRows, validationRows].join(', ');
    const expected = [train.length, stopping.length, validation.length].join(', ');
    return found === expected
      ? []
      : [`fold ${k + 1} was trained, stopped and judged on ${found} rows; purged it has ${expected}`];
  });
  const comparisons = 3 * plan.folds.length;
  return different.length === 0 && recorded.length === plan.folds.length
    ? {
        name,
        outcome: 'passed',
        comparisons,
        detail: `training, stopping and judged rows of ${plan.folds.length} folds are those of purged splits`,
      }
    : {
        name,
        outcome: 'failed',
        comparisons,
        detail: different[0] ?? `${recorded.length} folds are recorded, the plan has ${plan.folds.length}`,
      };
}

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
  const known = Float64Array.from([...places].flatMap((i) => [...tripleOf(kept.probabilities, i)]));
  const meta = {
    featureNames: metaFeatureNames(data.bars.featureNames),
    learned: metaOf(learned, known),
    judged: metaOf(test, testBase),
  };
  const recent = recentBars(data, base.sequenceLength);
  const rounds = (most: number): number => Math.min(most, evaluation.nullRounds);
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
