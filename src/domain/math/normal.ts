/**
 * The normal distribution. `erfc` follows W. J. Cody, "Rational Chebyshev approximations for the error function",
 * Mathematics of Computation 23 (1969), with the coefficients of his CALERF: relative error near 1e-16.
 */

const ERF_NUMERATOR = [
  3.1611237438705655, 113.86415415105016, 377.485237685302, 3209.3775891384694, 0.18577770618460315,
] as const;
const ERF_DENOMINATOR = [
  23.601290952344122, 244.02463793444417, 1282.6165260773723, 2844.236833439171,
] as const;
const MIDDLE_NUMERATOR = [
  0.5641884969886701, 8.883149794388377, 66.11919063714163, 298.6351381974001, 881.952221241769,
  1712.0476126340707, 2051.0783778260716, 1230.3393547979972, 2.1531153547440383e-8,
] as const;
const MIDDLE_DENOMINATOR = [
  15.744926110709835, 117.6939508913125, 537.1811018620099, 1621.3895745666903, 3290.7992357334597,
  4362.619090143247, 3439.3676741437216, 1230.3393548037495,
] as const;
const TAIL_NUMERATOR = [
  0.30532663496123236, 0.36034489994980445, 0.12578172611122926, 0.016083785148742275, 0.0006587491615298378,
  0.016315387137302097,
] as const;
const TAIL_DENOMINATOR = [
  2.568520192289822, 1.8729528499234673, 0.5279051029514285, 0.06051834131244132, 0.0023352049762686918,
] as const;
const INVERSE_SQRT_PI = 0.5641895835477563;
/** Beyond this erfc underflows. */
const LARGEST = 26.543;

/** Numerator with its leading coefficient last, denominator with an implied leading 1, as CALERF stores them. */
function rational(numerator: readonly number[], denominator: readonly number[], x: number): number {
  const last = denominator.length;
  let top = numerator[last]! * x;
  let bottom = x;
  for (let i = 0; i < last - 1; i++) {
    top = (top + numerator[i]!) * x;
    bottom = (bottom + denominator[i]!) * x;
  }
  return (top + numerator[last - 1]!) / (bottom + denominator[last - 1]!);
}

/** exp(−y²) without the rounding error of y² (Cody's split at sixteenths). */
function expMinusSquare(y: number): number {
  const head = Math.trunc(y * 16) / 16;
  return Math.exp(-head * head) * Math.exp(-(y - head) * (y + head));
}

/** Complementary error function, `2/√π ∫_x^∞ exp(−t²) dt`. */
export function erfc(x: number): number {
  const y = Math.abs(x);
  if (Number.isNaN(x)) return Number.NaN;
  if (y <= 0.46875) return 1 - x * rational(ERF_NUMERATOR, ERF_DENOMINATOR, y * y);
  let tail = 0;
  if (y <= 4) tail = expMinusSquare(y) * rational(MIDDLE_NUMERATOR, MIDDLE_DENOMINATOR, y);
  else if (y < LARGEST) {
    const inverseSquare = 1 / (y * y);
    const correction = inverseSquare * rational(TAIL_NUMERATOR, TAIL_DENOMINATOR, inverseSquare);
    tail = (expMinusSquare(y) * (INVERSE_SQRT_PI - correction)) / y;
  }
  return x < 0 ? 2 - tail : tail;
}

/** Φ(x): the probability that a standard normal is at most `x`. */
export function normalCdf(x: number): number {
  return 0.5 * erfc(-x * Math.SQRT1_2);
}
