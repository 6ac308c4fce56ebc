/** What the numbers of a configuration must be, so that all mistakes are found at once and said in one manner. */
import type { ConfigProblem } from './errors.ts';

export interface NumberRule {
  readonly holds: (value: number) => boolean;
  /** Completes "must be". */
  readonly message: string;
}

export const POSITIVE_INTEGER: NumberRule = {
  holds: (v) => Number.isInteger(v) && v >= 1,
  message: 'a whole number above 0',
};
export const INTEGER: NumberRule = { holds: Number.isInteger, message: 'a whole number' };
export const POSITIVE: NumberRule = {
  holds: (v) => Number.isFinite(v) && v > 0,
  message: 'a number above 0',
};
export const NOT_NEGATIVE: NumberRule = {
  holds: (v) => Number.isFinite(v) && v >= 0,
  message: 'a number from 0 on',
};
export const RATE: NumberRule = { holds: (v) => v >= 0 && v < 1, message: 'a number from 0 to below 1' };

/** Fields of `values`, found at `path`, that break their rule. */
export function numberProblems<Name extends string>(
  path: string,
  values: NoInfer<Readonly<Record<Name, number>>>,
  rules: Readonly<Record<Name, NumberRule>>,
): ConfigProblem[] {
  return (Object.entries<NumberRule>(rules) as [Name, NumberRule][])
    .filter(([name, rule]) => !rule.holds(values[name]))
    .map(([name, rule]) => ({
      path: `${path}.${name}`,
      message: `must be ${rule.message}, is ${values[name]}`,
    }));
}
