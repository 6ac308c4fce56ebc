/** Does a model tell rises from falls? Macro-F1 alone cannot say: who knows when markets move scores without it. */
import { BUY, CLASS_COUNT, SELL } from '../../domain/core/index.ts';

/**
 * Statistic for `bootstrapInterval`: area under the ROC curve of `p(BUY) / (p(BUY) + p(SELL))` among the drawn rows whose
 * label is SELL or BUY, ties counted half. NaN when either class was not drawn.
 * Source: Hanley & McNeil, The Meaning and Use of the Area under a ROC Curve (1982).
 *
 * @param labels `[rows]`
 * @param probabilities `[rows × 3]`
 */
export function directionAuc(
  labels: ArrayLike<number>,
  probabilities: Float64Array,
): (rows: Int32Array) => number {
  const total = labels.length;
  const score = Float64Array.from({ length: total }, (_, row) => {
    const buy = probabilities[row * CLASS_COUNT + BUY]!;
    const sell = probabilities[row * CLASS_COUNT + SELL]!;
    return buy + sell > 0 ? buy / (buy + sell) : 0.5;
  });
  const moved = Int32Array.from({ length: total }, (_, row) => row)
    .filter((row) => labels[row] === BUY || labels[row] === SELL)
    .sort((a, b) => score[a]! - score[b]!);
  const drawn = new Int32Array(total);
  return (rows) => {
    drawn.fill(0);
    for (const row of rows) drawn[row]! += 1;
    let sells = 0;
    let buys = 0;
    let wins = 0;
    for (let i = 0; i < moved.length;) {
      let sellsHere = 0;
      let buysHere = 0;
      const at = score[moved[i]!]!;
      for (; i < moved.length && score[moved[i]!] === at; i++) {
        if (labels[moved[i]!] === BUY) buysHere += drawn[moved[i]!]!;
        else sellsHere += drawn[moved[i]!]!;
      }
      wins += buysHere * (sells + sellsHere / 2);
      sells += sellsHere;
      buys += buysHere;
    }
    return wins / (sells * buys);
  };
}
