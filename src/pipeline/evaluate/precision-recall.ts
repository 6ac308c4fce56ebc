/** How precise a class's signals are when only the surest are taken. */
import { CLASS_COUNT, DIRECTIONS } from '../../domain/core/index.ts';
import type { PrecisionRecallCurve } from '../report/index.ts';

/** Points that a curve keeps. */
const POINTS = 60;

/**
 * One curve a class over all thresholds on its probability. The area is `Σ (recallᵢ − recallᵢ₋₁) · precisionᵢ`, as
 * scikit-learn's `average_precision_score`: no interpolation, which would flatter.
 * Source: Davis & Goadrich, The Relationship Between Precision-Recall and ROC Curves (2006).
 *
 * @param probabilities `[rows × 3]`
 */
export function precisionRecallCurves(
  labels: ArrayLike<number>,
  probabilities: Float64Array,
): readonly PrecisionRecallCurve[] {
  return DIRECTIONS.map((direction, k) => {
    const score = (row: number): number => probabilities[row * CLASS_COUNT + k]!;
    const order = Int32Array.from({ length: labels.length }, (_, row) => row).sort(
      (a, b) => score(b) - score(a),
    );
    const positives = order.reduce((sum, row) => sum + (labels[row] === k ? 1 : 0), 0);
    const all: { recall: number; precision: number }[] = [];
    let hits = 0;
    let area = 0;
    const reached = positives > 0 ? order.length : 0;
    for (let i = 0; i < reached;) {
      const before = hits;
      const at = score(order[i]!);
      // Equal probabilities cannot be told apart: they are taken together.
      for (; i < order.length && score(order[i]!) === at; i++) if (labels[order[i]!] === k) hits++;
      const point = { recall: hits / positives, precision: hits / i };
      area += ((hits - before) / positives) * point.precision;
      all.push(point);
    }
    return {
      direction,
      averagePrecision: positives > 0 ? area : Number.NaN,
      prevalence: positives / labels.length,
      points: thinned(all),
    };
  });
}

function thinned<T>(all: readonly T[]): readonly T[] {
  if (all.length <= POINTS) return all;
  return Array.from({ length: POINTS }, (_, i) => all[Math.round((i * (all.length - 1)) / (POINTS - 1))]!);
}
