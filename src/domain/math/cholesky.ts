/** Solution of symmetric positive definite systems, for Newton steps of small models. */

/**
 * Solves `A x = b` by Cholesky factorisation `A = L Lᵀ`.
 *
 * @param matrix `[n × n]` row-major, symmetric; its lower triangle is overwritten by `L`
 * @param vector `[n]`, overwritten by the solution
 * @returns false when `matrix` is not positive definite; both arrays are then unusable
 */
export function solvePositiveDefinite(matrix: Float64Array, vector: Float64Array): boolean {
  const n = vector.length;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * n + j]!;
      for (let k = 0; k < j; k++) sum -= matrix[i * n + k]! * matrix[j * n + k]!;
      if (i !== j) matrix[i * n + j] = sum / matrix[j * n + j]!;
      else if (sum > 0) matrix[i * n + i] = Math.sqrt(sum);
      else return false;
    }
  }
  for (let i = 0; i < n; i++) {
    let sum = vector[i]!;
    for (let k = 0; k < i; k++) sum -= matrix[i * n + k]! * vector[k]!;
    vector[i] = sum / matrix[i * n + i]!;
  }
  for (let i = n - 1; i >= 0; i--) {
    let sum = vector[i]!;
    for (let k = i + 1; k < n; k++) sum -= matrix[k * n + i]! * vector[k]!;
    vector[i] = sum / matrix[i * n + i]!;
  }
  return true;
}
