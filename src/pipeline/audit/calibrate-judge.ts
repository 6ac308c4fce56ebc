/** Calibrators and prediction sets, on the out-of-fold rows that neither auditor nor early stopping has seen. */
import { CLASS_COUNT } from '../../domain/core/index.ts';
import {
  averageUniqueness,
  calibrateConformal,
  classificationReport,
  correctForClassWeights,
  decide,
  type DecisionWeights,
  macroF1Weights,
} from '../../domain/validation/index.ts';
import type { BoostedTrees } from '../../learning/boosting/index.ts';
import {
  calibrate,
  type CalibrationChoice,
  chooseCalibrator,
  type ScoredLabels,
} from '../../learning/calibration/index.ts';
import { predictAuditor } from '../../learning/models/index.ts';
import type { Config } from '../config.ts';
import type { LabelledBars } from '../labelled-bars.ts';
import { calibrated, type CalibrationFile, type ConformalFile } from '../live/index.ts';
import { type CalibrationRows, labelsAt } from './audit-plan.ts';
import { type OutOfFold, rowsOf } from './train-auditor.ts';

/**
 * How far the outcomes of one lookahead, which are nearly one outcome, move the level together. The guarantee of
 * adaptive sets asks for a rate above 0; a large one makes the level swing, because an outcome is known late.
 */
const RATE_PER_LOOKAHEAD = 0.02;

export interface ProbabilityScore {
  readonly rows: number;
  readonly macroF1: number;
  readonly mcc: number;
  readonly logLoss: number;
}

export interface CalibratedJudge {
  readonly calibration: CalibrationFile;
  readonly conformal: ConformalFile;
  /** Before calibration: the base model on every out-of-fold row, and both on the calibration slice. */
  readonly scores: {
    readonly outOfFold: { readonly base: ProbabilityScore };
    readonly calibrationSlice: { readonly base: ProbabilityScore; readonly audited: ProbabilityScore };
  };
}

/** What is calibrated. */
interface FittedJudge {
  readonly config: Config;
  readonly auditor: BoostedTrees;
  /** Of the shipped network. */
  readonly network: CalibrationFile['network'];
}

/** @throws DataError when a part has too few rows for the coverage */
export function calibrateJudge(
  { config, auditor, network }: FittedJudge,
  data: LabelledBars,
  { outOfFold, rows }: { readonly outOfFold: OutOfFold; readonly rows: CalibrationRows },
): CalibratedJudge {
  const { positions } = outOfFold;
  const baseOf = (chosen: Int32Array): Float64Array => rowsOf(positions, outOfFold.probabilities, chosen);
  const auditedOf = (chosen: Int32Array): Float64Array =>
    predictAuditor(auditor, rowsOf(positions, outOfFold.meta, chosen));
  const { classWeights } = config.auditor;
  const choose = (
    probabilitiesOf: (chosen: Int32Array) => Float64Array,
  ): CalibrationChoice & { readonly decision: DecisionWeights } => {
    const scored = (chosen: Int32Array): ScoredLabels => ({
      probabilities: probabilitiesOf(chosen),
      labels: labelsAt(data, chosen),
    });
    const judge = { ...scored(rows.judge), independent: independentOutcomes(data, rows.judge) };
    const choice = chooseCalibrator(scored(rows.fit), judge, scored(rows.both));
    const slice = calibrate(choice.calibrator, probabilitiesOf(rows.slice), CLASS_COUNT);
    return { ...choice, decision: macroF1Weights(slice) };
  };
  const unweighted = (chosen: Int32Array): Float64Array =>
    correctForClassWeights(auditedOf(chosen), classWeights);
  const audited = { classWeights, ...choose(unweighted) } as CalibrationFile['audited'];
  const base = choose(baseOf) as CalibrationFile['base'];
  const { thresholdShort, thresholdLong, lookaheadMinutes } = data.labels.definition;
  const { state } = calibrateConformal(
    calibrated(audited, auditedOf(rows.conformal)),
    labelsAt(data, rows.conformal),
    { coverage: config.validation.coverage, rate: RATE_PER_LOOKAHEAD / lookaheadMinutes },
  );
  const period = (chosen: Int32Array) => ({
    fromMs: data.spans.timeMs[chosen[0]!]!,
    toMs: data.spans.timeMs[chosen.at(-1)!]!,
    rows: chosen.length,
  });
  const score = (
    chosen: Int32Array,
    probabilities: Float64Array,
    { decision }: { readonly decision: DecisionWeights },
  ): ProbabilityScore => scoreOf(labelsAt(data, chosen), probabilities, decision);
  return {
    calibration: {
      format: 2,
      seed: config.seed,
      network,
      audited,
      base,
      fit: period(rows.fit),
      judge: period(rows.judge),
    },
    conformal: {
      format: 1,
      ...state,
      scores: [...state.scores],
      rows: period(rows.conformal),
      outcome: { thresholdShort, thresholdLong, lookaheadMinutes },
    },
    scores: {
      outOfFold: { base: score(positions, outOfFold.probabilities, base) },
      calibrationSlice: {
        base: score(rows.slice, baseOf(rows.slice), base),
        audited: score(rows.slice, unweighted(rows.slice), audited),
      },
    },
  };
}

/** Labels overlap in time: they count for as much of it as they have for themselves. */
export function independentOutcomes({ spans }: LabelledBars, positions: Int32Array): number {
  const at = (values: Float64Array): Float64Array => Float64Array.from(positions, (i) => values[i]!);
  const own = averageUniqueness({ timeMs: at(spans.timeMs), labelEndMs: at(spans.labelEndMs) });
  return own.reduce((a, b) => a + b, 0);
}

function scoreOf(
  labels: Int8Array,
  probabilities: Float64Array,
  decision: DecisionWeights,
): ProbabilityScore {
  const predictions = decide(probabilities, decision);
  const { rows, macroF1, mcc, logLoss } = classificationReport({ labels, probabilities, predictions });
  return { rows, macroF1, mcc, logLoss };
}
