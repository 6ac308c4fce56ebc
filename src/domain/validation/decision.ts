/** From probabilities to classes: one rule for the model, the auditor and every baseline. */
import { CLASS_WEIGHTS, invariant } from '../core/index.ts';

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
