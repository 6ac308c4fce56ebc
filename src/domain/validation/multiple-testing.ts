/** Several questions to one set of data: which answers are still surprising when all are counted. */
import { ConfigError, type ConfigProblem } from '../core/index.ts';

/**
 * Holm's step-down correction: the i-th smallest of m p-values is multiplied by m − i + 1, and none is below a smaller
 * one's. Rejecting where the result is at most α keeps the probability of any false rejection at α, however the tests
 * depend on each other.
 * Source: Holm, A Simple Sequentially Rejective Multiple Test Procedure (1979).
 *
 * @param familySize tests of the family; default as many as there are p-values. Those that are not given count as if each
 *   were the last to be rejected, so that the result is never below what all together would give.
 * @returns adjusted p-values, at most 1, in the order given
 * @throws ConfigError for a p-value outside [0, 1] or a family smaller than what is given
 */
export function holmAdjusted(pValues: readonly number[], familySize: number = pValues.length): Float64Array {
  const problems: ConfigProblem[] = pValues.flatMap((p, i) =>
    p >= 0 && p <= 1 ? [] : [{ path: `multipleTesting.pValues[${i}]`, message: `${p} is no probability` }],
  );
  if (!(Number.isSafeInteger(familySize) && familySize >= pValues.length)) {
    problems.push({
      path: 'multipleTesting.familySize',
      message: `${familySize} is no number of tests from ${pValues.length} on`,
    });
  }
  if (problems.length > 0) throw new ConfigError(problems);
  const order = [...pValues.keys()].toSorted((a, b) => pValues[a]! - pValues[b]!);
  const adjusted = new Float64Array(pValues.length);
  let least = 0;
  for (const [rank, test] of order.entries()) {
    least = Math.max(least, Math.min(1, (familySize - rank) * pValues[test]!));
    adjusted[test] = least;
  }
  return adjusted;
}
