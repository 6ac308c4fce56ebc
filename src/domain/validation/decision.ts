/** From probabilities to classes: one rule for the model, the auditor and every baseline. */
import { CLASS_COUNT, CLASS_WEIGHTS, invariant } from '../core/index.ts';
import { macroF1 } from '../math/index.ts';

/** Weights of SELL, NEUTRAL, BUY in a decision. */
export type DecisionWeights = readonly [sell: number, neutral: number, buy: number];

/**
 * The class of greatest weight × probability, the lowest on a tie. With the weights as the cost of missing a class
 * this is the decision of least expected cost.
 *
 * @param probabilities `[rows × weights.length]`, row-major
 * @returns `[rows]`
 */
export function decide(probabilities: Float64Array, weights: readonly number[] = CLASS_WEIGHTS): Int8Array {
  const classes = weights.length;
  const decisions = new Int8Array(rowsOf(probabilities, classes));
  for (let row = 0; row < decisions.length; row++) {
    let best = 0;
    let bestScore = -Infinity;
    for (let k = 0; k < classes; k++) {
      const score = weights[k]! * probabilities[row * classes + k]!;
      if (score > bestScore) {
        best = k;
        bestScore = score;
      }
    }
    decisions[row] = best;
  }
  return decisions;
}

/** Weights that are tried for SELL and BUY beside 1 for NEUTRAL: ½ to 16, four an octave. */
const TRIED_WEIGHTS = Float64Array.from({ length: 21 }, (_, i) => 2 ** ((i - 4) / 4));
/** More rows make the choice no better. */
const MOST_ROWS = 4_000;

/**
 * The weights of {@link decide} with the greatest macro-F1 that is to be expected if the probabilities are true: the
 * confusion matrix of a rule is then Σ p. No label is needed, so that no luck is learned; probabilities that are not true give
 * a rule that is not the best.
 * Source: Koyejo, Natarajan, Ravikumar & Dhillon, Consistent Binary Classification with Generalized Performance Metrics
 * (2014): for such measures a threshold on the true probability is optimal; here for three classes, on a grid.
 *
 * @param probabilities `[rows × 3]`, at least one row, of rows that the model has not learned
 */
export function macroF1Weights(probabilities: Float64Array): DecisionWeights {
  const rows = rowsOf(probabilities, CLASS_COUNT);
  invariant(rows > 0, 'a decision rule is chosen on rows');
  const used = Math.min(rows, MOST_ROWS);
  const sample = new Float64Array(used * CLASS_COUNT);
  for (let i = 0; i < used; i++) {
    const row = Math.floor((i * rows) / used);
    sample.set(probabilities.subarray(row * CLASS_COUNT, (row + 1) * CLASS_COUNT), i * CLASS_COUNT);
  }
  let best: DecisionWeights = CLASS_WEIGHTS;
  let bestScore = expectedMacroF1(sample, best);
  for (const sell of TRIED_WEIGHTS) {
    for (const buy of TRIED_WEIGHTS) {
      const score = expectedMacroF1(sample, [sell, 1, buy]);
      if (score > bestScore) [best, bestScore] = [[sell, 1, buy], score];
    }
  }
  return best;
}

function expectedMacroF1(probabilities: Float64Array, weights: DecisionWeights): number {
  const expected = new Float64Array(CLASS_COUNT * CLASS_COUNT);
  for (const [row, decision] of decide(probabilities, weights).entries()) {
    for (let truth = 0; truth < CLASS_COUNT; truth++) {
      expected[truth * CLASS_COUNT + decision]! += probabilities[row * CLASS_COUNT + truth]!;
    }
  }
  return macroF1(expected, CLASS_COUNT);
}

/**
 * Takes class weights back out of the probabilities of a model that was trained under them: a weighted cross-entropy
 * is least at `p_k w_k / Σ p w`, so the probabilities of the data are `q_k / w_k`, renormalised.
 * Source: Elkan, The Foundations of Cost-Sensitive Learning (2001), theorem 2.
 *
 * @param probabilities `[rows × weights.length]`, row-major; not changed
 * @returns `[rows × weights.length]`
 */
export function correctForClassWeights(
  probabilities: Float64Array,
  weights: readonly number[] = CLASS_WEIGHTS,
): Float64Array {
  const classes = weights.length;
  const corrected = new Float64Array(probabilities.length);
  for (let row = 0; row < rowsOf(probabilities, classes); row++) {
    const start = row * classes;
    let sum = 0;
    for (let k = 0; k < classes; k++) {
      corrected[start + k] = probabilities[start + k]! / weights[k]!;
      sum += corrected[start + k]!;
    }
    for (let k = 0; k < classes; k++) corrected[start + k]! /= sum;
  }
  return corrected;
}

function rowsOf(probabilities: Float64Array, classes: number): number {
  const rows = probabilities.length / classes;
  invariant(Number.isInteger(rows), 'probabilities come in whole rows of one a class', {
    length: probabilities.length,
    classes,
  });
  return rows;
}
