/** Did prediction sets hold the truth as often as promised, and what were the signals that did not abstain worth? */
import { bootstrapSums } from '../../domain/validation/index.ts';
import type { Resampling } from '../../domain/validation/index.ts';
import { predictionSetsOver } from '../../trading/engine/index.ts';
import type { SetRule } from '../../trading/engine/index.ts';
import type { PredictionSetScore } from '../report/index.ts';
import { boundsOf } from './score.ts';
import { barRows, labelsAt } from './test-rows.ts';
import type { JudgedRows } from './test-rows.ts';

/** @param probabilities `[test × 3]`, calibrated */
export function predictionSetScore(
  { data, test }: JudgedRows,
  probabilities: Float64Array,
  { rule, resampling }: { readonly rule: SetRule; readonly resampling: Resampling },
): PredictionSetScore {
  const labels = labelsAt(data, test);
  const sets = predictionSetsOver(data.bars, barRows(data, test), probabilities, rule);
  const covers = sets.map(({ members }, i) => (members[labels[i]!]! ? 1 : 0));
  const speaks = sets.map(({ abstains }) => (abstains ? 0 : 1));
  const right = sets.map(({ abstains }, i) => (abstains ? 0 : covers[i]!));
  const [covered, spoken, precision] = bootstrapSums([covers, speaks, right], resampling, [
    (sums) => sums[0]! / labels.length,
    (sums) => sums[1]! / labels.length,
    (sums) => sums[2]! / sums[1]!,
  ]);
  const sizes = [0, 1, 2, 3].map(
    (size) => sets.filter(({ members }) => members.filter(Boolean).length === size).length,
  );
  return {
    promised: rule.conformal.coverage,
    covered: covered!.estimate,
    coveredInterval: boundsOf(covered!),
    sizes,
    signals: speaks.filter((speak) => speak === 1).length,
    signalShare: spoken!.estimate,
    precision: precision!.estimate,
    precisionInterval: boundsOf(precision!),
  };
}
