/**
 * A rising step curve for each class, one against the rest, renormalised afterwards: no shape is assumed, which needs
 * many rows.
 * Sources: Zadrozny & Elkan, Transforming Classifier Scores into Accurate Multiclass Probability Estimates (2002);
 * Barlow et al., Statistical Inference under Order Restrictions (1972) for pooling adjacent violators.
 */
export interface IsotonicCurve {
  /** `[steps]` ascending probabilities, and what each is worth; in between the curve runs straight. */
  readonly from: readonly number[];
  readonly to: readonly number[];
}

export interface IsotonicCalibration {
  readonly method: 'isotonic';
  /** `[classes]` */
  readonly curves: readonly IsotonicCurve[];
}

export function fitIsotonic(probabilities: Float64Array, labels: ArrayLike<number>): IsotonicCalibration {
  const rows = labels.length;
  const classes = probabilities.length / rows;
  return {
    method: 'isotonic',
    curves: Array.from({ length: classes }, (_, k) => {
      const order = Int32Array.from({ length: rows }, (_, row) => row).sort(
        (a, b) => probabilities[a * classes + k]! - probabilities[b * classes + k]! || a - b,
      );
      return risingCurve(
        Float64Array.from(order, (row) => probabilities[row * classes + k]!),
        Float64Array.from(order, (row) => (labels[row] === k ? 1 : 0)),
      );
    }),
  };
}

interface Pool {
  readonly first: number;
  readonly last: number;
  readonly sum: number;
  readonly count: number;
}

/**
 * Least-squares rising curve through points sorted by `x`: neighbours that fall are pooled into their mean. No mean is nearer to
 * certainty than Laplace's rule of succession allows after so many points: `1 / (n + 2)`.
 */
function risingCurve(x: Float64Array, y: Float64Array): IsotonicCurve {
  const pools: Pool[] = [];
  for (let i = 0; i < x.length;) {
    const at = x[i]!;
    let sum = 0;
    let count = 0;
    // Equal probabilities cannot be told apart: they are one point.
    for (; i < x.length && x[i] === at; i++, count++) sum += y[i]!;
    let pool: Pool = { first: at, last: at, sum, count };
    for (let below = pools.at(-1); below !== undefined; below = pools.at(-1)) {
      if (below.sum / below.count < pool.sum / pool.count) break;
      pools.pop();
      pool = {
        first: below.first,
        last: pool.last,
        sum: below.sum + pool.sum,
        count: below.count + pool.count,
      };
    }
    pools.push(pool);
  }
  const ends = pools.map((pool) => (pool.first === pool.last ? [pool.first] : [pool.first, pool.last]));
  const least = 1 / (x.length + 2);
  const valueOf = ({ sum, count }: Pool): number => Math.min(1 - least, Math.max(least, sum / count));
  return { from: ends.flat(), to: pools.flatMap((pool, i) => ends[i]!.map(() => valueOf(pool))) };
}

/** @param probabilities `[rows × classes]`; not changed. A row that every curve sends to 0 keeps its own values. */
export function applyIsotonic(
  { curves }: IsotonicCalibration,
  probabilities: Float64Array,
  classes: number,
): Float64Array {
  const mapped = probabilities.slice();
  for (let start = 0; start < mapped.length; start += classes) {
    let sum = 0;
    for (let k = 0; k < classes; k++) {
      mapped[start + k] = valueAt(curves[k]!, probabilities[start + k]!);
      sum += mapped[start + k]!;
    }
    for (let k = 0; k < classes; k++) {
      mapped[start + k] = sum > 0 ? mapped[start + k]! / sum : probabilities[start + k]!;
    }
  }
  return mapped;
}

/** Linear between the points, constant beyond them. */
function valueAt({ from, to }: IsotonicCurve, x: number): number {
  if (x <= from[0]!) return to[0]!;
  if (x >= from.at(-1)!) return to.at(-1)!;
  let low = 0;
  let high = from.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (from[middle]! <= x) low = middle;
    else high = middle;
  }
  const share = (x - from[low]!) / (from[high]! - from[low]!);
  return to[low]! + share * (to[high]! - to[low]!);
}
