/** The models of an artifact over the test rows. */
import { CLASS_COUNT } from '../../domain/core/index.ts';
import { confusionMatrix, macroF1 } from '../../domain/math/index.ts';
import {
  correctForClassWeights,
  logLoss,
  matthewsCorrelation,
  topLabelCalibration,
} from '../../domain/validation/index.ts';
import type { CalibratedProbabilities, SeedJudge } from '../live/index.ts';
import type { SeedGain, SeedScore } from '../report/index.ts';
import { directionAuc } from './direction.ts';
import { decisionsOf } from './score.ts';
import type { Judge, Truth } from './score.ts';
import { meanOfDraws } from './student.ts';
import { barRows } from './test-rows.ts';
import type { JudgedRows } from './test-rows.ts';

/** One seed's models, and what they say of the test rows. */
export interface ScoredSeed extends SeedJudge {
  readonly scored: CalibratedProbabilities;
}

export async function scoreSeeds(
  seeds: readonly SeedJudge[],
  { data, test }: JudgedRows,
): Promise<readonly ScoredSeed[]> {
  const rows = barRows(data, test);
  const scored: ScoredSeed[] = [];
  for (const each of seeds) {
    scored.push({ ...each, scored: await each.model.scoreRows(data.bars.features, rows) });
  }
  return scored;
}

const UNWEIGHTED = [1, 1, 1] as const;

/** The audited model first: calibrated, as it was before; then its base model alone, and the softmax that this comes from. */
export function modelJudges(seed: ScoredSeed): readonly [Judge, ...Judge[]] {
  const { scored, model } = seed;
  const { audited, base } = model.calibration;
  const uncalibrated = correctForClassWeights(scored.audited, audited.classWeights);
  return [
    auditedJudge(seed),
    {
      id: 'uncalibrated',
      name: 'Audited model before calibration',
      probabilities: uncalibrated,
      decision: audited.decision,
    },
    {
      id: 'base',
      name: 'Base model alone, calibrated',
      probabilities: scored.calibratedBase,
      decision: base.decision,
    },
    // Its softmax has the class weights inside.
    { id: 'network', name: 'Network as trained', probabilities: scored.base, decision: UNWEIGHTED },
  ];
}

export const auditedJudge = ({ scored, model }: ScoredSeed): Judge => ({
  id: 'audited',
  name: 'Audited model',
  probabilities: scored.probabilities,
  decision: model.calibration.audited.decision,
});

/** One seed's model over the test rows. */
export interface SeedVerdict {
  readonly seed: number;
  readonly judge: Judge;
  /** What the model is made of, judged by itself. */
  readonly parts?: readonly Judge[];
}

export function seedScore({ seed, judge }: SeedVerdict, { labels, moves }: Truth): SeedScore {
  const confusion = confusionMatrix(labels, decisionsOf(judge), CLASS_COUNT);
  const all = Int32Array.from(labels.keys());
  return {
    seed,
    macroF1: macroF1(confusion, CLASS_COUNT),
    mcc: matthewsCorrelation(confusion, CLASS_COUNT),
    logLoss: logLoss(labels, judge.probabilities),
    directionAuc: directionAuc(moves, judge.probabilities)(all),
  };
}

/** Each figure of the model less that of each of its parts, over the seeds. */
export function seedGains(seeds: readonly SeedVerdict[], labels: Int8Array): readonly SeedGain[] {
  const parts = seeds[0]?.parts ?? [];
  if (seeds.length < 2) return [];
  const figuresOf = (judge: Judge): Readonly<Record<SeedGain['figure'], number>> => ({
    'macro-F1': macroF1(confusionMatrix(labels, decisionsOf(judge), CLASS_COUNT), CLASS_COUNT),
    'log loss': logLoss(labels, judge.probabilities),
    ECE: topLabelCalibration(labels, judge.probabilities).ece,
  });
  const own = seeds.map(({ judge }) => figuresOf(judge));
  return parts.flatMap(({ name }, k) => {
    const theirs = seeds.map((seed) => figuresOf(seed.parts![k]!));
    return (['macro-F1', 'log loss', 'ECE'] as const).map((figure): SeedGain => {
      const differences = own.map((mine, i) => mine[figure] - theirs[i]![figure]);
      const { mean, lower, upper } = meanOfDraws(differences);
      const isBetter = (difference: number): boolean =>
        figure === 'macro-F1' ? difference > 0 : difference < 0;
      const better = differences.filter(isBetter).length;
      return { against: name, figure, mean, interval: [lower, upper], better };
    });
  });
}
