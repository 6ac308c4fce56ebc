/**
 * Exact decimals: prices and sizes as integer multiples of a step such as 0.1, 0.5 or 1e-7.
 * A step is `units / 10^decimals`, so that text becomes an integer without any float arithmetic, and the way back is
 * one division of two exactly representable integers, which IEEE 754 rounds to the double nearest to the decimal.
 */
import { DataError } from '../core/index.ts';

export interface DecimalStep {
  /** Plain decimal notation without trailing zeros, such as `0.0001`. */
  readonly text: string;
  /** The nearest double. */
  readonly value: number;
  /** The step is `units / 10^decimals`. */
  readonly units: number;
  readonly decimals: number;
}

/** 10^15 is the largest scale at which a unit still fits an exact integer. */
export const MAX_DECIMALS = 15;
const POWERS_OF_TEN = Float64Array.from({ length: MAX_DECIMALS + 1 }, (_, k) => 10 ** k);

const POINT = 46;
const ZERO = 48;

const PLAIN_DECIMAL = /^\d+(?:\.\d*)?$|^\.\d+$/;
const STEP_NOTATION = /^(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d{1,2}))?$/;

/**
 * Reads a tick or lot size: `0.1`, `0.5`, `1e-7`, `10`.
 * @throws DataError when the text is not a positive decimal or finer than 1e-15.
 */
export function parseDecimalStep(text: string): DecimalStep {
  const match = STEP_NOTATION.exec(text.trim());
  const fraction = (match?.[2] ?? '').replace(/0+$/, '');
  const exponent = Number(match?.[3] ?? '0');
  const shift = fraction.length - exponent;
  const units = Number(`${match?.[1] ?? '0'}${fraction}`) * 10 ** Math.max(0, -shift);
  const decimals = Math.max(0, shift);
  if (match === null || !(units > 0) || !Number.isSafeInteger(units) || decimals > MAX_DECIMALS) {
    throw new DataError(`"${text}" is not a usable step; give a positive decimal such as 0.01 or 1e-7`, {
      code: 'STEP_INVALID',
      context: { text },
    });
  }
  return normalisedStep(units, decimals);
}

/** The step 10^-decimals. */
export function stepOfDecimals(decimals: number): DecimalStep {
  return normalisedStep(1, decimals);
}

function normalisedStep(units: number, decimals: number): DecimalStep {
  let wholeUnits = units;
  let scale = decimals;
  while (scale > 0 && wholeUnits % 10 === 0) {
    wholeUnits /= 10;
    scale -= 1;
  }
  const value = wholeUnits / POWERS_OF_TEN[scale]!;
  return { text: value.toFixed(scale), value, units: wholeUnits, decimals: scale };
}

/**
 * The integer `n` with `text = n × step`, or NaN when the text is not a plain decimal, not a multiple of the step, or
 * beyond 2^53 units; {@link offStepReason} tells which. Trailing zeros are of no consequence.
 */
export function toSteps(text: string, step: DecimalStep): number {
  const { decimals, units } = step;
  let mantissa = 0;
  let digits = 0;
  let fraction = -1;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === POINT && fraction < 0) {
      fraction = 0;
      continue;
    }
    const digit = code - ZERO;
    if (digit < 0 || digit > 9) return Number.NaN;
    digits++;
    if (fraction === decimals) {
      if (digit !== 0) return Number.NaN;
      continue;
    }
    if (fraction >= 0) fraction++;
    mantissa = mantissa * 10 + digit;
  }
  if (digits === 0) return Number.NaN;
  mantissa *= POWERS_OF_TEN[decimals - Math.max(0, fraction)]!;
  if (mantissa > Number.MAX_SAFE_INTEGER) return Number.NaN;
  if (units === 1) return mantissa;
  return mantissa % units === 0 ? mantissa / units : Number.NaN;
}

/** Why {@link toSteps} gave NaN: the text is no number, or it is one that the step does not divide. */
export function offStepReason(text: string): 'malformed' | 'off-step' {
  return PLAIN_DECIMAL.test(text) ? 'off-step' : 'malformed';
}

/** The double nearest to `steps × step`. */
export function fromSteps(steps: number, step: DecimalStep): number {
  return (steps * step.units) / POWERS_OF_TEN[step.decimals]!;
}

/** Digits behind the point up to the last one that is not zero: `1.2300` has 2. NaN when the text is not a decimal. */
export function significantDecimals(text: string): number {
  if (!PLAIN_DECIMAL.test(text)) return Number.NaN;
  const point = text.indexOf('.');
  if (point < 0) return 0;
  let end = text.length;
  while (end > point + 1 && text.charCodeAt(end - 1) === ZERO) end--;
  return end - point - 1;
}
