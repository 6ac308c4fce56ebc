/** The named checks of an artifact on its own bars, labels, folds and scaler. */
import { CLASS_COUNT, DIRECTIONS, MINUTE_MS } from '../../domain/core/index.ts';
import { metaFeatureNames, metaFeatures, usableSegments, windowEnds } from '../../domain/features/index.ts';
import type { BarTable } from '../../domain/features/index.ts';
import { describeBaseModel, tcnLstmNetwork } from '../../learning/models/index.ts';
import { describeNetwork, readWeights, SCALER_DEVIATION, SCALER_MEAN } from '../../learning/neural/index.ts';
import type { Scaling } from '../../learning/neural/index.ts';
import type { StoredModel } from '../../platform/storage/index.ts';
import type { AuditPlan } from '../audit/audit-plan.ts';
import type { Config } from '../config.ts';
import type { LabelledBars } from '../labelled-bars.ts';
import type { CalibratedModel } from '../live/index.ts';
import type { Check } from '../report/index.ts';
import { labelCheck, nextBarCheck, purgeCheck, scalerCheck } from './leaks.ts';
import type { SplitPair } from './leaks.ts';
import { barHistory, lookAheadProbe, type View } from './probe.ts';
import { barRows } from './test-rows.ts';

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
  const { bars, labels } = data;
  const embargoMs = config.validation.embargoMinutes * MINUTE_MS;
  const probe = await lookAheadProbe(barHistory(bars), barViews(artifact), {
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
      trainRows: barRows(data, plan.shipped),
    }),
    labelCheck(bars, labels),
    nextBarCheck(data),
    purgeCheck(splitPairs(plan), data.spans, embargoMs),
    recordedFolds(artifact),
  ];
}

/** Everything between a bar and a decision. */
function barViews({ model, config }: CheckedArtifact): readonly View<BarTable>[] {
  const { sequenceLength } = config.base;
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
      columns: [...DIRECTIONS, ...DIRECTIONS].map(
        (name, i) => `${i < CLASS_COUNT ? 'base' : 'audited'} ${name}`,
      ),
      compute: async ({ features }, rows) => {
        const { base, probabilities } = await model.scoreRows(features, rows);
        const both = new Float64Array(rows.length * 2 * CLASS_COUNT);
        const of = (table: Float64Array, i: number): Float64Array =>
          table.subarray(i * CLASS_COUNT, (i + 1) * CLASS_COUNT);
        rows.forEach((_, i) => {
          both.set(of(base, i), 2 * i * CLASS_COUNT);
          both.set(of(probabilities, i), (2 * i + 1) * CLASS_COUNT);
        });
        return both;
      },
    },
    {
      name: 'features of the auditor',
      columns: metaFeatureNames(featureNames, config.auditor.features),
      compute: async ({ features }, rows) => {
        const { base } = await model.scoreRows(features, rows);
        const set = config.auditor.features;
        return metaFeatures({ probabilities: base, features, featureNames, rows, sequenceLength, set });
      },
    },
  ];
}

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
