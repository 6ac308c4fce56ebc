/** A probability below this counts as this much, so that its logarithm is finite. */
const FLOOR = 1e-12;

export function logProbabilities(probabilities: Float64Array): Float64Array {
  return probabilities.map((p) => Math.log(Math.max(p, FLOOR)));
}
