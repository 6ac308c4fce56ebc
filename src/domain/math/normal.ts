/**
 * The normal distribution. `erfc` follows W. J. Cody, "Rational Chebyshev approximations for the error function",
 * Mathematics of Computation 23 (1969), with the coefficients of his CALERF: relative error near 1e-16.
 */

const ERF_NUMERATOR = [
  3.1611237438705656, 113.864154151050156, 377.485237685302021, 3209.37758913846947, 0.185777706184603153,
] as const;
const ERF_DENOMINATOR = [
  23.6012909523441209, 244.024637934444173, 1282.61652607737228, 2844.23683343917062,
] as const;
const MIDDLE_NUMERATOR = [
  0.564188496988670089, 8.88314979438837594, 66.1191906371416295, 298.635138197400131, 881.95222124176909,
  1712.04761263407058, 2051.07837782607147, 1230.33935479799725, 2.15311535474403846e-8,
] as const;
const MIDDLE_DENOMINATOR = [
  15.7449261107098347, 117.693950891312499, 537.181101862009858, 1621.38957456669019, 3290.79923573345963,
  4362.61909014324716, 3439.36767414372164, 1230.33935480374942,
] as const;
const TAIL_NUMERATOR = [
  0.305326634961232344, 0.360344899949804439, 0.125781726111229246, 0.0160837851487422766,
  0.000658749161529837803, 0.0163153871373020978,
] as const;
const TAIL_DENOMINATOR = [
  2.56852019228982242, 1.87295284992346725, 0.527905102951428412, 0.0605183413124413191,
  0.00233520497626869185,
] as const;
const INVERSE_SQRT_PI = 0.56418958354775628695;
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
