/**
 * Student's t for the mean of a few draws. Source: Abramowitz & Stegun, Handbook of Mathematical Functions (1964),
 * 26.7.3 and 26.7.4: closed forms for whole degrees of freedom.
 */

/** Probability that |T| is at most `t`. */
function withinProbability(t: number, degrees: number): number {
  const angle = Math.atan(t / Math.sqrt(degrees));
  const cosine = Math.cos(angle);
  const odd = degrees % 2 === 1;
  let term = odd ? cosine : 1;
  let sum = degrees === 1 ? 0 : term;
  for (let k = odd ? 3 : 2; k <= degrees - 2; k += 2) {
    term *= ((k - 1) / k) * cosine ** 2;
    sum += term;
  }
  return odd ? (2 / Math.PI) * (angle + Math.sin(angle) * sum) : Math.sin(angle) * sum;
}

/** Probability that T is above `t`. */
export function studentUpperTail(t: number, degrees: number): number {
  const half = withinProbability(Math.abs(t), degrees) / 2;
  return t >= 0 ? 0.5 - half : 0.5 + half;
}

/** The `t` that |T| exceeds with probability `1 − level`, by bisection. */
export function studentBound(level: number, degrees: number): number {
  let low = 0;
  let high = 1;
  while (withinProbability(high, degrees) < level) high *= 2;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (withinProbability(middle, degrees) < level) low = middle;
    else high = middle;
  }
  return high;
}

export interface MeanOfDraws {
  readonly mean: number;
  readonly lower: number;
  readonly upper: number;
  /** One-sided: of a mean so far above zero by chance. */
  readonly pValue: number;
}

/** Mean of independent draws with its 95 % interval; two draws or more. Draws that do not vary give a point. */
export function meanOfDraws(draws: readonly number[]): MeanOfDraws {
  const n = draws.length;
  const mean = draws.reduce((a, b) => a + b, 0) / n;
  const error = Math.sqrt(draws.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (n - 1) / n);
  const reach = error * studentBound(0.95, n - 1);
  const pValue = error > 0 ? studentUpperTail(mean / error, n - 1) : mean > 0 ? 0 : 1;
  return { mean, lower: mean - reach, upper: mean + reach, pValue };
}
