/** Does a model tell rises from falls? Macro-F1 alone cannot say: who knows when markets move scores without it. */
import {
  BUY,
  CLASS_COUNT,
  directionOfReturn,
  type DirectionThresholds,
  SELL,
} from '../../domain/core/index.ts';

/**
 * `[rows]` SELL where the price fell by more than the nearer of the label's thresholds, BUY where it rose by as much. Labels
 * themselves will not do: with a far BUY and a near SELL threshold a move of either side is likelier a BUY when markets are wild,
 * and whoever knows volatility would seem to know the side. Labels without thresholds of their own are symmetric already.
 */
export function symmetricMoves(
  futureReturn: Float64Array,
  labels: Int8Array,
  { thresholdShort, thresholdLong }: Partial<DirectionThresholds>,
): Int8Array {
  if (thresholdShort === undefined || thresholdLong === undefined) return labels;
  const nearer = Math.min(-thresholdShort, thresholdLong);
  const thresholds = { thresholdShort: -nearer, thresholdLong: nearer };
  return Int8Array.from(futureReturn, (move) => directionOfReturn(move, thresholds));
}

/**
 * Statistic for `bootstrapInterval`: area under the ROC curve of `p(BUY) / (p(BUY) + p(SELL))` among the drawn rows after which
 * the price moved, ties counted half. NaN when either side was not drawn.
 * Source: Hanley & McNeil, The Meaning and Use of the Area under a ROC Curve (1982).
 *
 * @param moves `[rows]` SELL, NEUTRAL, BUY, see {@link symmetricMoves}
 * @param probabilities `[rows × 3]`
 */
export function directionAuc(
  moves: ArrayLike<number>,
  probabilities: Float64Array,
): (rows: Int32Array) => number {
  const total = moves.length;
  const score = Float64Array.from({ length: total }, (_, row) => {
    const buy = probabilities[row * CLASS_COUNT + BUY]!;
    const sell = probabilities[row * CLASS_COUNT + SELL]!;
    return buy + sell > 0 ? buy / (buy + sell) : 0.5;
  });
  const moved = Int32Array.from({ length: total }, (_, row) => row)
    .filter((row) => moves[row] === BUY || moves[row] === SELL)
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
        if (moves[moved[i]!] === BUY) buysHere += drawn[moved[i]!]!;
        else sellsHere += drawn[moved[i]!]!;
      }
      wins += buysHere * (sells + sellsHere / 2);
      sells += sellsHere;
      buys += buysHere;
    }
    return wins / (sells * buys);
  };
}
