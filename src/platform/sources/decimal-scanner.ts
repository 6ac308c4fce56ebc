/** A quoted decimal, straight from bytes to a multiple of a step: `toSteps` of the market core without the string. */
import type { DecimalStep } from '../../domain/market/index.ts';

const QUOTE = 34;
const POINT = 46;
const ZERO = 48;
const TEN_TO_THE = Float64Array.from({ length: 16 }, (_, k) => 10 ** k);

/** So many digits fit 32-bit arithmetic, and so many a double. */
const SHORT_DIGITS = 9;
const LONG_DIGITS = 15;

export class DecimalScanner {
  /** The number of steps, after a successful scan. */
  steps = 0;
  readonly #decimals: number;
  readonly #units: number;

  constructor({ decimals, units }: DecimalStep) {
    this.#decimals = decimals;
    this.#units = units;
  }

  /**
   * Reads from behind the opening quote; returns the index behind the closing one, or −1 when what lies between is no
   * plain decimal, not a multiple of the step, or too long to be sure. It never reads beyond a newline.
   */
  scan(bytes: Uint8Array, start: number): number {
    let at = start;
    let mantissa = 0;
    let digit = 0;
    while ((digit = (bytes[at]! - ZERO) >>> 0) <= 9) {
      mantissa = (Math.imul(mantissa, 10) + digit) | 0;
      at++;
    }
    let digits = at - start;
    let zeros = 0;
    let missing = this.#decimals;
    if (bytes[at] === POINT) {
      const fraction = at + 1;
      const end = fraction + missing;
      at = fraction;
      while (at < end && (digit = (bytes[at]! - ZERO) >>> 0) <= 9) {
        mantissa = (Math.imul(mantissa, 10) + digit) | 0;
        at++;
      }
      digits += at - fraction;
      missing = end - at;
      for (; bytes[at] === ZERO; at++) zeros++;
    }
    if (bytes[at] !== QUOTE || digits + zeros === 0) return -1;
    let steps = digits <= SHORT_DIGITS ? mantissa : longMantissa(bytes, start, digits);
    if (missing > 0) steps *= TEN_TO_THE[missing]!;
    if (!(steps <= Number.MAX_SAFE_INTEGER)) return -1;
    if (this.#units !== 1) {
      if (steps % this.#units !== 0) return -1;
      steps /= this.#units;
    }
    this.steps = steps;
    return at + 1;
  }
}

/** The first `digits` digits as one integer, whatever point lies between them; NaN when a double cannot hold it. */
function longMantissa(bytes: Uint8Array, start: number, digits: number): number {
  if (digits > LONG_DIGITS) return Number.NaN;
  let mantissa = 0;
  for (let at = start, left = digits; left > 0; at++) {
    if (bytes[at] === POINT) continue;
    mantissa = mantissa * 10 + (bytes[at]! - ZERO);
    left--;
  }
  return mantissa;
}
