/**
 * The fit behind multinomial logistic regression: Newton's method with a halving line search. The objective is convex
 * and has a few dozen unknowns, so that this is deterministic, and exact to rounding after about ten steps.
 */
import { invariant } from '../../domain/core/index.ts';
import { softmaxInPlace, solvePositiveDefinite } from '../../domain/math/index.ts';

const MAX_STEPS = 100;
/** Newton's method has arrived when a step promises to lower the objective by less than this share of it. */
const TOLERANCE = 1e-14;
/** Keeps the Hessian definite along the direction in which all intercepts move together, which changes nothing. */
const INTERCEPT_RIDGE = 1e-9;

export interface MultinomialProblem {
  /** `[rows × width]`, the last column 1. */
  readonly inputs: Float64Array;
  readonly rows: number;
  readonly width: number;
  readonly targets: Int32Array;
  readonly classes: number;
  readonly weights: Float64Array;
  readonly inverseRegularisation: number;
}

/** Coefficients `[classes × width]` of least objective. */
export function minimise(problem: MultinomialProblem): Float64Array {
  const size = problem.classes * problem.width;
  const gradient = new Float64Array(size);
  const hessian = new Float64Array(size * size);
  let coefficients = new Float64Array(size);
  let objective = objectiveAt(problem, coefficients);
  for (let step = 0; step < MAX_STEPS; step++) {
    derivativesAt(problem, coefficients, gradient, hessian);
    const direction = gradient.slice();
    invariant(solvePositiveDefinite(hessian, direction), 'the logistic Hessian is not positive definite');
    const promised = gradient.reduce((sum, g, i) => sum + g * direction[i]!, 0) / 2;
    if (promised <= TOLERANCE * objective) break;
    let length = 1;
    let next = coefficients.map((c, i) => c - direction[i]!);
    let nextObjective = objectiveAt(problem, next);
    while (!(nextObjective < objective) && length > 1e-10) {
      length /= 2;
      const shortened = length;
      next = coefficients.map((c, i) => c - shortened * direction[i]!);
      nextObjective = objectiveAt(problem, next);
    }
    if (!(nextObjective < objective)) break;
    coefficients = next;
    objective = nextObjective;
  }
  return coefficients;
}

function objectiveAt(problem: MultinomialProblem, coefficients: Float64Array): number {
  const { inputs, rows, width, targets, classes, weights, inverseRegularisation } = problem;
  const scores = new Float64Array(classes);
  let loss = 0;
  for (let row = 0; row < rows; row++) {
    scoresInto(scores, 0, { inputs, row, width, coefficients, classes });
    const largest = scores.reduce((a, b) => Math.max(a, b));
    let sum = 0;
    for (let k = 0; k < classes; k++) sum += Math.exp(scores[k]! - largest);
    loss += weights[row]! * (largest + Math.log(sum) - scores[targets[row]!]!);
  }
  let penalty = 0;
  coefficients.forEach((c, i) => {
    penalty += i % width === width - 1 ? INTERCEPT_RIDGE * c * c : c * c;
  });
  return inverseRegularisation * loss + penalty / 2;
}

/** Overwrites `gradient` `[size]` and the lower triangle of `hessian` `[size × size]`. */
function derivativesAt(
  problem: MultinomialProblem,
  coefficients: Float64Array,
  gradient: Float64Array,
  hessian: Float64Array,
): void {
  const { inputs, rows, width, targets, classes, weights, inverseRegularisation } = problem;
  const size = classes * width;
  hessian.fill(0);
  for (let i = 0; i < size; i++) {
    const ridge = i % width === width - 1 ? INTERCEPT_RIDGE : 1;
    gradient[i] = ridge * coefficients[i]!;
    hessian[i * size + i] = ridge;
  }
  const p = new Float64Array(classes);
  for (let row = 0; row < rows; row++) {
    scoresInto(p, 0, { inputs, row, width, coefficients, classes });
    softmaxInPlace(p, 0, classes);
    const weight = inverseRegularisation * weights[row]!;
    const x = row * width;
    for (let k = 0; k < classes; k++) {
      const error = weight * (p[k]! - (targets[row] === k ? 1 : 0));
      for (let i = 0; i < width; i++) gradient[k * width + i]! += error * inputs[x + i]!;
      for (let l = 0; l <= k; l++) {
        const curvature = weight * p[k]! * ((k === l ? 1 : 0) - p[l]!);
        for (let i = 0; i < width; i++) {
          const factor = curvature * inputs[x + i]!;
          const target = (k * width + i) * size + l * width;
          const end = k === l ? i + 1 : width;
          for (let j = 0; j < end; j++) hessian[target + j]! += factor * inputs[x + j]!;
        }
      }
    }
  }
}

interface LinearRow {
  readonly inputs: Float64Array;
  readonly row: number;
  readonly width: number;
  readonly coefficients: Float64Array;
  readonly classes: number;
}

/** Writes the scores of one row into `target` from `offset` on. */
export function scoresInto(
  target: Float64Array,
  offset: number,
  { inputs, row, width, coefficients, classes }: LinearRow,
): void {
  for (let k = 0; k < classes; k++) {
    let score = 0;
    for (let i = 0; i < width; i++) score += coefficients[k * width + i]! * inputs[row * width + i]!;
    target[offset + k] = score;
  }
}
