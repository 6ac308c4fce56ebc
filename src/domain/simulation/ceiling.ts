/**
 * The best macro-F1 that probabilities can give on some rows. A macro-averaged F1 is a sum of ratios, so its optimum is
 * not the likeliest class: it is `argmax_c (scale_c p_c − offset_c)`, with, at the optimum, scale_c = 1/(truth_c + predicted_c)
 * and offset_c = scale_c F1_c / 2. Sources: Lipton, Elkan & Narayanaswamy 2014, "Optimal thresholding of
 * classifiers to maximize F1 measure"; Narasimhan et al. 2015, "Consistent multiclass algorithms for complex
 * performance measures".
 */
import { CLASS_COUNT, CLASS_WEIGHTS, invariant } from '../core/index.ts';
import { macroF1 } from '../math/index.ts';

type PerClass = readonly [number, number, number];

/** Decides `argmax_c (scales[c] p_c − offsets[c])`. */
export interface DecisionRule {
  readonly scales: PerClass;
  readonly offsets: PerClass;
}

export interface Ceiling {
  /** Rows that have both a label and an oracle. */
  readonly rows: number;
  /** Shares of SELL, NEUTRAL, BUY among them. */
  readonly classShares: PerClass;
  /** Of the best rule, chosen with hindsight on these very rows. */
  readonly macroF1: number;
  readonly rule: DecisionRule;
  /** Of `argmax w_c p_c` with the class weights [2, 1, 2]. */
  readonly macroF1WithClassWeights: number;
  /** Mean −ln p of the class that came. */
  readonly logLoss: number;
}

/** Steps of the search: a grid of scales, then the fixed point, then a pattern search. */
const GRID = [0.7, 1, 1.4, 2, 2.8, 4, 5.6, 8];
const FIXED_POINT_ROUNDS = 8;
const PATTERN_ROUNDS = 6;

/**
 * @param labels `[rows]` classes; negative where there is none
 * @param oracle `[rows × 3]` probabilities; NaN where there are none
 */
export function ceilingFor(options: {
  readonly labels: ArrayLike<number>;
  readonly oracle: Float64Array;
}): Ceiling {
  const rows = usableRows(options.labels, options.oracle);
  invariant(rows.labels.length > 0, 'no row has both a label and an oracle');
  const counts: [number, number, number] = [0, 0, 0];
  let logLoss = 0;
  for (let row = 0; row < rows.labels.length; row++) {
    const label = rows.labels[row]!;
    counts[label as 0 | 1 | 2]++;
    logLoss -= Math.log(Math.max(rows.probabilities[row * CLASS_COUNT + label]!, Number.MIN_VALUE));
  }
  const weighted: DecisionRule = { scales: CLASS_WEIGHTS, offsets: [0, 0, 0] };
  const best = searchRule(rows, counts);
  return {
    rows: rows.labels.length,
    classShares: divide(counts, rows.labels.length),
    macroF1: best.score,
    rule: best.rule,
    macroF1WithClassWeights: scoreRule(rows, weighted).score,
    logLoss: logLoss / rows.labels.length,
  };
}

interface Rows {
  readonly labels: Uint8Array;
  readonly probabilities: Float64Array;
}

interface ScoredRule {
  readonly rule: DecisionRule;
  readonly score: number;
  /** `[3 × 3]` row = truth. */
  readonly confusion: Int32Array;
}

function usableRows(labels: ArrayLike<number>, oracle: Float64Array): Rows {
  invariant(oracle.length === labels.length * CLASS_COUNT, 'oracle and labels differ in length');
  const kept: number[] = [];
  for (let row = 0; row < labels.length; row++) {
    if (labels[row]! >= 0 && !Number.isNaN(oracle[row * CLASS_COUNT]!)) kept.push(row);
  }
  const probabilities = new Float64Array(kept.length * CLASS_COUNT);
  kept.forEach((row, i) => {
    probabilities.set(oracle.subarray(row * CLASS_COUNT, (row + 1) * CLASS_COUNT), i * CLASS_COUNT);
  });
  return { labels: Uint8Array.from(kept, (row) => labels[row]!), probabilities };
}

function scoreRule({ labels, probabilities }: Rows, rule: DecisionRule): ScoredRule {
  const [sellScale, neutralScale, buyScale] = rule.scales;
  const [sellOffset, neutralOffset, buyOffset] = rule.offsets;
  const confusion = new Int32Array(CLASS_COUNT * CLASS_COUNT);
  for (let row = 0; row < labels.length; row++) {
    const sell = sellScale * probabilities[row * 3]! - sellOffset;
    const neutral = neutralScale * probabilities[row * 3 + 1]! - neutralOffset;
    const buy = buyScale * probabilities[row * 3 + 2]! - buyOffset;
    const directional = sell >= buy ? 0 : 2;
    const decision = neutral >= Math.max(sell, buy) ? 1 : directional;
    confusion[labels[row]! * 3 + decision]!++;
  }
  return { rule, score: macroF1(confusion, CLASS_COUNT), confusion };
}

function searchRule(rows: Rows, truth: PerClass): ScoredRule {
  let best = scoreRule(rows, { scales: [1, 1, 1], offsets: [0, 0, 0] });
  const consider = (rule: DecisionRule): ScoredRule => {
    const scored = scoreRule(rows, rule);
    if (scored.score > best.score) best = scored;
    return scored;
  };
  for (const sell of GRID) {
    for (const buy of GRID) consider({ scales: [sell, 1, buy], offsets: [0, 0, 0] });
  }
  let current = best;
  for (let round = 0; round < FIXED_POINT_ROUNDS; round++) {
    current = consider(stationaryRule(current.confusion, truth));
  }
  let step = 0.1;
  for (let round = 0; round < PATTERN_ROUNDS; round++, step /= 2) {
    for (const index of [0, 2]) {
      for (const sign of [-1, 1]) {
        const { scales, offsets } = best.rule;
        consider({ scales: withAt(scales, index, scales[index]! * (1 + sign * step)), offsets });
        consider({ scales, offsets: withAt(offsets, index, offsets[index]! + sign * step * 0.2) });
      }
    }
  }
  return best;
}

/** The rule that is optimal if the counts of its own decisions are those of `confusion`, scaled to neutral = 1. */
function stationaryRule(confusion: Int32Array, truth: PerClass): DecisionRule {
  const scaleOf = (c: number): number => {
    const predicted = confusion[c]! + confusion[3 + c]! + confusion[6 + c]!;
    return 1 / Math.max(1, truth[c]! + predicted);
  };
  const scales: PerClass = [scaleOf(0), scaleOf(1), scaleOf(2)];
  // F1 = 2 hits / (truth + predicted), so F1 / 2 = hits · scale.
  const offsetOf = (c: 0 | 1 | 2): number => scales[c] * scales[c] * confusion[c * 4]!;
  return {
    scales: divide(scales, scales[1]),
    offsets: divide([offsetOf(0), offsetOf(1), offsetOf(2)], scales[1]),
  };
}

const divide = ([a, b, c]: PerClass, by: number): PerClass => [a / by, b / by, c / by];

function withAt(values: PerClass, index: number, value: number): PerClass {
  const [a, b, c] = values;
  return [index === 0 ? value : a, index === 1 ? value : b, index === 2 ? value : c];
}
